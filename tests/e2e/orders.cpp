#include "orders.hpp"

#include <boost/json.hpp>

#include <array>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>

#include "support/eventually.hpp"
#include "support/http_client.hpp"

namespace delivery::tests {
namespace {

namespace json = boost::json;

// One connection for many questions, made again when it fails.
class patient_client {
public:
    explicit patient_client(int port) : port_(port) {}

    http_answer get(const std::string& target) {
        for (int attempt = 0;; ++attempt) {
            try {
                if (!connection_) connection_ = std::make_unique<http_connection>(port_);
                return connection_->request("GET", target);
            } catch (const std::exception&) {
                connection_.reset();
                if (attempt == 2) throw;
            }
        }
    }

private:
    int port_;
    std::unique_ptr<http_connection> connection_;
};

std::string status_of(patient_client& client, const std::string& id) {
    const auto answer = client.get("/orders/" + id);
    return answer.status == 200 ? text_at(answer.json(), "status") : std::string();
}

std::string find_fault(patient_client& client, const std::string& id) {
    static constexpr std::array statuses{"RECEIVED", "IN_TRANSIT", "DELIVERED"};
    const auto order = client.get("/orders/" + id);
    const auto answer = client.get("/orders/" + id + "/events");
    if (order.status != 200 || answer.status != 200) return "is not there";
    const auto events = answer.json().as_array();
    if (events.size() != statuses.size())
        return "has " + std::to_string(events.size()) + " events: " + answer.body;
    std::set<std::string> ids;
    std::string previous;
    for (std::size_t index = 0; index < statuses.size(); ++index) {
        const auto& event = events[index];
        const auto time = text_at(event, "timestamp");
        const bool is_right = text_at(event, "status") == statuses[index] && text_at(event, "order_id") == id;
        if (!is_right || time < previous) return answer.body;
        previous = time;
        ids.insert(text_at(event, "id"));
    }
    if (ids.size() != statuses.size()) return "repeats an event id: " + answer.body;
    return order.json().at("created_at") == events[0].at("timestamp")
               ? ""
               : "has another created_at: " + order.body;
}

}  // namespace

std::string post_order(int port, std::string_view customer_name, std::string_view address) {
    const json::value body{{"customer_name", customer_name}, {"address", address}};
    const auto answer = http_request(port, "POST", "/orders", json::serialize(body));
    if (answer.status != 201) throw std::runtime_error("POST /orders: " + answer.body);
    return text_at(answer.json(), "id");
}

std::string status_of(int port, const std::string& id) {
    try {
        patient_client client(port);
        return status_of(client, id);
    } catch (const std::exception&) {
        return {};
    }
}

bool await_status(int port, const std::string& id, std::string_view status, std::chrono::milliseconds limit) {
    return eventually(limit, [&] { return status_of(port, id) == status; });
}

std::vector<std::string> undelivered(int port, const std::vector<std::string>& ids,
                                     std::chrono::milliseconds limit) {
    auto remaining = ids;
    patient_client client(port);
    eventually(
        limit,
        [&] {
            std::erase_if(remaining,
                          [&](const std::string& id) { return status_of(client, id) == "DELIVERED"; });
            return remaining.empty();
        },
        std::chrono::milliseconds(100));
    return remaining;
}

std::vector<std::string> history_faults(int port, const std::vector<std::string>& ids) {
    std::vector<std::string> faults;
    patient_client client(port);
    for (const auto& id : ids) {
        const auto fault = find_fault(client, id);
        if (!fault.empty()) faults.push_back(id + " " + fault);
    }
    return faults;
}

}  // namespace delivery::tests
