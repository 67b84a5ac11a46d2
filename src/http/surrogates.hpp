#pragma once

#include <string>
#include <string_view>

namespace delivery::http {

/// A JSON text with every \uXXXX escape of a lone UTF-16 surrogate replaced by the three bytes that would
/// encode it, which are not valid UTF-8. Pairs and everything else stay as they are. Boost.JSON refuses such
/// an escape as malformed; spelt out, it can be read and reported as the fault of one field.
std::string spell_out_lone_surrogates(std::string_view json_text);

}  // namespace delivery::http
