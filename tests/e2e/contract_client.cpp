#include "contract_client.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace delivery::tests {

http_answer contract_client::request(std::string_view method, std::string_view target, std::string_view body,
                                     const http_headers& headers) {
    return checked(http_request(port_, method, target, body, headers), method, target);
}

http_answer contract_client::send_raw(std::string_view bytes, std::string_view method,
                                      std::string_view target) {
    http_connection connection(port_);
    connection.send(bytes);
    return checked(connection.read_answer(), method, target);
}

std::vector<std::string> contract_client::read_pages(std::string target) {
    std::vector<std::string> ids;
    while (!target.empty()) {
        const auto answer = request("GET", target);
        EXPECT_EQ(answer.status, 200) << answer.body;
        const auto page = answer.json().as_object();
        for (const auto& order : page.at("data").as_array()) ids.push_back(text_at(order, "id"));
        const bool has_more = page.at("has_more").as_bool();
        EXPECT_EQ(has_more, page.at("next_cursor").is_string());
        EXPECT_EQ(has_more, answer.has_header("Link"));
        const auto link = answer.header("Link");
        target = has_more ? link.substr(1, link.find('>') - 1) : "";
    }
    return ids;
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
            ADD_FAILURE() << method << " " << target << " → " << answer.status << ": " << fault << "\n"
                          << answer.body;
        }
    }
    return answer;
}

}  // namespace delivery::tests
