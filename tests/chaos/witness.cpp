#include "chaos/witness.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <exception>
#include <span>
#include <stdexcept>

#include <fmt/format.h>

#include "support/http_client.hpp"

namespace delivery::chaos {
namespace {

using tests::text_at;

constexpr std::size_t most_misread = 1000;
// More than a client reads in turns; all are forgotten then.
constexpr std::size_t most_remembered = 20'000;

void require(bool holds, const std::string& otherwise) {
    if (!holds) throw std::runtime_error(otherwise);
}

void require_content(const boost::json::value& order, const posted_order& posted) {
    require(text_at(order, "customer_name") == posted.name, "another name");
    require(text_at(order, "address") == posted.address, "another address");
}

std::size_t version_of(const std::string& status) {
    const auto* const place = std::ranges::find(life_cycle, status);
    require(place != life_cycle.end(), "no status of an order");
    return static_cast<std::size_t>(place - life_cycle.begin()) + 1;
}

// Times are compared as texts: RFC 3339 in UTC with microseconds, they ascend as times do.
std::vector<std::string> legal_history(const acknowledged_order& promised, const boost::json::array& events) {
    require(!events.empty() && events.size() <= life_cycle.size(), "no history of an order");
    std::vector<std::string> history;
    auto before = promised.created_at;
    require(text_at(events.front(), "timestamp") == before, "does not begin when the order was created");
    for (const auto& event : events) {
        require(text_at(event, "order_id") == promised.id.to_string(), "an event of another order");
        require(text_at(event, "status") == life_cycle.at(history.size()), "a wrong step");
        auto time = text_at(event, "timestamp");
        require(time >= before, "goes back in time");
        history.push_back(fmt::format("{} at {}", text_at(event, "id"), time));
        before = std::move(time);
    }
    return history;
}

// One of them may know nothing of it yet.
bool is_one_history(std::span<const std::string> one, std::span<const std::string> other) {
    const auto length = std::min(one.size(), other.size());
    return std::ranges::equal(one.first(length), other.first(length));
}

}  // namespace

std::optional<acknowledged_order> witness::read_created(const posted_order& posted, const std::string& body) {
    try {
        const auto order = boost::json::parse(body);
        const auto id = uuid::parse(text_at(order, "id"));
        require(id.has_value(), "no id");
        require_content(order, posted);
        require(text_at(order, "status") == life_cycle.front(), "not as it was when created");
        return acknowledged_order{.id = *id, .posted = posted, .created_at = text_at(order, "created_at")};
    } catch (const std::exception& reason) {
        note(posted.name, reason.what(), body);
        return std::nullopt;
    }
}

void witness::read_order(const acknowledged_order& promised, const std::string& body, bool may_be_undone) {
    try {
        const auto order = boost::json::parse(body);
        require(text_at(order, "id") == promised.id.to_string(), "another order");
        require_content(order, promised.posted);
        require(text_at(order, "created_at") == promised.created_at, "another time of creation");
        remember(promised.id, version_of(text_at(order, "status")), {}, may_be_undone);
    } catch (const std::exception& reason) {
        note(promised.id.to_string(), reason.what(), body);
    }
}

void witness::read_history(const acknowledged_order& promised, const std::string& body, bool may_be_undone) {
    try {
        auto history = legal_history(promised, boost::json::parse(body).as_array());
        const auto version = history.size();
        remember(promised.id, version, std::move(history), may_be_undone);
    } catch (const std::exception& reason) {
        note(promised.id.to_string(), reason.what(), body);
    }
}

void witness::remember(const uuid& id, std::size_t version, std::vector<std::string> history,
                       bool may_be_undone) {
    if (seen_.size() >= most_remembered) seen_.clear();
    auto& seen = seen_[id];
    require(version >= seen.version, fmt::format("version {} after {}", version, seen.version));
    require(is_one_history(seen.history, history), "another history than was read before");
    if (may_be_undone) return;
    seen.version = version;
    if (history.size() > seen.history.size()) seen.history = std::move(history);
}

void witness::note(std::string_view about, std::string_view reason, const std::string& body) {
    if (misread_.size() < most_misread) misread_.push_back(fmt::format("{}: {}: {}", about, reason, body));
}

}  // namespace delivery::chaos
