#pragma once

#include <random>
#include <span>
#include <string>

namespace delivery::fuzz {

/// One to four random changes of one of these texts: bytes changed, added, removed or repeated, a piece of
/// another text put in. The same generator gives the same texts.
std::string mutate(std::span<const std::string> texts, std::mt19937_64& random);

}  // namespace delivery::fuzz
