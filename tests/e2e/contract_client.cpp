#include "contract_client.hpp"

#include <gtest/gtest.h>

#include <set>

namespace delivery::tests {

http_answer contract_client::request(std::string_view method, std::string_view target, std::string_view body,
                                     const http_headers& headers) {
    return checked(http_request(port_, method, target, body, headers), method, target);
}

http_answer contract_client::send_raw(std::string_view bytes, std::string_view method, std::string_view target) {
    http_connection connection(port_);
    connection.send(bytes);
    return checked(connection.read_answer(), method, target);
}

// HEAD and OPTIONS are every path's, and not among the contract's operations.
http_answer contract_client::checked(http_answer answer, std::string_view method, std::string_view target) {
    if (method != "HEAD" && method != "OPTIONS") {
        const http_exchange exchange{.method = std::string(method),
                                     .target = std::string(target),
                                     .status = answer.status,
                                     .headers = answer.headers,
                                     .body = answer.body};
        for (const auto& fault : contract_.faults(exchange)) {
            ADD_FAILURE() << method << " " << target << " → " << answer.status << ": " << fault << "\n" << answer.body;
        }
    }
    return answer;
}

}  // namespace delivery::tests
