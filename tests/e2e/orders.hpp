#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace delivery::tests {

/// Posts an order and answers its id; throws unless it is acknowledged.
std::string post_order(int port, std::string_view customer_name = "João Silva",
                       std::string_view address = "Rua Exemplo, 123");

/// The order's status; empty where it cannot be had.
std::string status_of(int port, const std::string& id);

bool await_status(int port, const std::string& id, std::string_view status,
                  std::chrono::milliseconds limit = std::chrono::seconds(20));

/// Waits until every order is DELIVERED, at most for `limit` in all; answers the ids of those that are not.
std::vector<std::string> undelivered(int port, const std::vector<std::string>& ids,
                                     std::chrono::milliseconds limit);

/// What is wrong with the histories of delivered orders, one line a fault: each must be RECEIVED, IN_TRANSIT,
/// DELIVERED, once each, with ids of their own and times that do not go backwards, the first of which is
/// created_at.
std::vector<std::string> history_faults(int port, const std::vector<std::string>& ids);

}  // namespace delivery::tests
