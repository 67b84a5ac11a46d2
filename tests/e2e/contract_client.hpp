#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/http_client.hpp"
#include "support/openapi_contract.hpp"

namespace delivery::tests {

/// Asks a service, and holds every answer to the OpenAPI contract: what breaks it fails the running test.
class contract_client {
public:
    explicit contract_client(int port) : port_(port), contract_(openapi_contract::load()) {}

    http_answer request(std::string_view method, std::string_view target, std::string_view body = {},
                        const http_headers& headers = {});

    /// The same for bytes that no client would send; the method and target are what the contract is asked
    /// about.
    http_answer send_raw(std::string_view bytes, std::string_view method, std::string_view target);

    /// The ids of all orders from the page at `target` on, in their sequence, following the links.
    std::vector<std::string> read_pages(std::string target);

private:
    http_answer checked(http_answer answer, std::string_view method, std::string_view target);

    int port_;
    openapi_contract contract_;
};

}  // namespace delivery::tests
