#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace delivery::tests {

/// One exchange with a server, as far as the contract has anything to say about it.
struct http_exchange {
    std::string method;
    std::string target;
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

/// An operation of the contract: "GET", "/orders/{order_id}", {"200", "304", "4XX", …}.
struct contract_operation {
    std::string method;
    std::string path;
    std::vector<std::string> statuses;
};

/// The OpenAPI contract, to hold a server's answers to. Not for use by several threads at once.
class openapi_contract {
public:
    /// The contract as the build made it from api/openapi.yaml.
    static openapi_contract load();

    /// Throws where the text is not JSON.
    explicit openapi_contract(std::string_view json_text);
    openapi_contract(openapi_contract&&) noexcept;
    ~openapi_contract();

    /// Every operation, in the contract's sequence. HEAD and OPTIONS are not listed: every path has them.
    std::vector<contract_operation> operations() const;

    /// In what the answer breaks the contract, one line a fault; empty where it keeps it. Looks at status,
    /// headers, media type and body. A path or a method that the contract lacks must be refused as the
    /// contract says.
    std::vector<std::string> faults(const http_exchange& exchange) const;

    /// The same for the contract's own examples of requests and answers.
    std::vector<std::string> example_faults() const;

private:
    class checker;

    std::unique_ptr<checker> checker_;
};

}  // namespace delivery::tests
