#include "chaos/evidence.hpp"

#include <boost/json.hpp>

#include <exception>

namespace delivery::chaos {
namespace {

constexpr std::size_t most_strange = 1000;

}  // namespace

bool wire_record::hear(const std::string& body, bool redelivered) {
    ++messages;
    try {
        const auto event = boost::json::parse(body);
        const auto text = [&](const char* name) { return std::string(event.at(name).as_string()); };
        const auto version = event.at("version").to_number<std::size_t>();
        const auto order_id = uuid::parse(text("order_id")).value();
        const auto event_id = uuid::parse(text("event_id")).value();
        if (life_cycle.at(version - 1) != text("status")) throw std::runtime_error("another status");
        auto& heard = orders[order_id].at(version - 1);
        if (heard.times == 0) heard = {.id = event_id, .first_position = messages, .times = 0};
        if (heard.id != event_id) throw std::runtime_error("another event of this version was heard before");
        const bool is_new = heard.times == 0;
        if (is_new || !redelivered) ++heard.times;
        return is_new;
    } catch (const std::exception& reason) {
        if (strange.size() < most_strange) strange.push_back(body + ": " + reason.what());
        return false;
    }
}

}  // namespace delivery::chaos
