#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/clients.hpp"
#include "chaos/deployment.hpp"

namespace delivery::chaos {

/// Ways to break a promise behind the service's back, by which the ledger shows that it can fail.
std::vector<std::string_view> all_sabotages();

/// Does it, as soon as there is an order to do it to. Throws where that does not come about.
void sabotage(std::string_view kind, deployment& where, const client_crowd& clients);

}  // namespace delivery::chaos
