#pragma once

#include <string>
#include <string_view>

#include "contract_client.hpp"

namespace delivery::tests {

std::string repeated(std::string_view text, std::size_t times);

/// A JSON order with these two members, as text and unescaped.
std::string order_body(std::string_view customer_name, std::string_view address = "Rua 1");

/// Posts orders with names and addresses that a store, a parser or a printer might trip over, and expects
/// each to come back as it was sent.
void expect_texts_to_come_back(contract_client& client);

}  // namespace delivery::tests
