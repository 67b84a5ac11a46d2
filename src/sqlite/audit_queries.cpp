#include "sqlite/audit_queries.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

#include "sqlite/query.hpp"

namespace delivery::sqlite {
namespace {

/// Ids as they are stored: anyone may have written anything there.
using id_texts = std::set<std::string, std::less<>>;

bool is_id(std::string_view text) {
    const auto id = domain::uuid::parse(text);
    return id && id->to_string() == text;
}

/// The next ids of all tables, at most about `limit` of each.
id_texts find_ids(connection& db, std::string_view after, std::size_t limit) {
    constexpr std::array sources{
        "SELECT id FROM orders WHERE id > ?1 ORDER BY id LIMIT ?2",
        "SELECT DISTINCT order_id FROM order_events WHERE order_id > ?1 ORDER BY order_id LIMIT ?2",
        "SELECT DISTINCT order_id FROM outbox WHERE order_id > ?1 ORDER BY order_id LIMIT ?2",
        "SELECT order_id FROM timers WHERE order_id > ?1 ORDER BY order_id LIMIT ?2"};
    id_texts ids;
    for (const auto* sql : sources) {
        query row(db, sql, after, limit);
        while (row.step()) ids.emplace(row.text(0));
    }
    return ids;
}

struct id_range {
    std::string after;
    id_texts ids;
    bool is_last = false;
};

/// The ids of one page. It ends with an id that can be asked for again, or at the end of everything.
id_range find_range(connection& db, std::string after, std::size_t limit) {
    id_range range{.after = after, .ids = {}, .is_last = false};
    do {
        auto found = find_ids(db, after, limit);
        range.is_last = found.size() < limit;
        while (found.size() > limit) found.erase(std::prev(found.end()));
        if (!found.empty()) after = *found.rbegin();
        range.ids.merge(found);
    } while (!range.is_last && std::ranges::none_of(range.ids, is_id));
    while (!range.is_last && !is_id(*range.ids.rbegin())) range.ids.erase(std::prev(range.ids.end()));
    return range;
}

/// Collects the rows of a page by the ids that they name.
class page_reader {
public:
    page_reader(connection& db, const id_range& range, domain::timestamp now)
        : db_(db), range_(range), now_(now) {
        for (const auto& text : range.ids) {
            auto& order = orders_[text];
            order.id = domain::uuid::parse(text).value_or(domain::uuid());
            if (!is_id(text)) order.unreadable.push_back("the id '" + text + "' is not a UUID in lower case");
        }
    }

    std::vector<ports::audited_order> read() {
        if (range_.ids.empty()) return {};
        read_orders();
        read_events();
        read_waits(
            "SELECT order_id, version, max(recorded_at, coalesce("
            "(SELECT redriven_at FROM orders WHERE id = order_id), recorded_at)) "
            "FROM outbox WHERE order_id > ?1 AND order_id <= ?2 ORDER BY order_id, version",
            &ports::audited_order::outbox);
        read_waits(
            "SELECT order_id, version, due_at FROM timers WHERE order_id > ?1 AND order_id <= ?2 "
            "ORDER BY order_id",
            &ports::audited_order::timers);
        std::vector<ports::audited_order> page;
        for (auto& [text, order] : orders_) page.push_back(std::move(order));
        // As ids, which differs from as text where an id is not one.
        std::ranges::sort(page, {}, &ports::audited_order::id);
        return page;
    }

private:
    ports::audited_order* find(std::string_view text) {
        const auto found = orders_.find(text);
        return found == orders_.end() ? nullptr : &found->second;
    }

    static domain::status read_status(const query& row, int column, const std::string& what,
                                      ports::audited_order& owner) {
        const auto status = domain::parse_status(row.text(column));
        if (!status) owner.unreadable.push_back(what + " is '" + std::string(row.text(column)) + "'");
        return status.value_or(domain::status::received);
    }

    static std::int32_t read_version(const query& row, int column, const std::string& what,
                                     ports::audited_order& owner) {
        const auto version = row.integer(column);
        if (std::in_range<std::int32_t>(version)) return static_cast<std::int32_t>(version);
        owner.unreadable.push_back(what + " is " + std::to_string(version));
        return 0;
    }

    void read_orders() {
        query row(db_,
                  "SELECT id, customer_name, address, status, version, created_at, updated_at FROM orders "
                  "WHERE id > ?1 AND id <= ?2 ORDER BY id",
                  range_.after, *range_.ids.rbegin());
        while (row.step()) {
            auto* owner = find(row.text(0));
            if (owner == nullptr) continue;
            owner->order = domain::order{.id = owner->id,
                                         .customer_name = std::string(row.text(1)),
                                         .address = std::string(row.text(2)),
                                         .status = read_status(row, 3, "the order's status", *owner),
                                         .version = read_version(row, 4, "the order's version", *owner),
                                         .created_at = row.time(5),
                                         .updated_at = row.time(6)};
        }
    }

    void read_events() {
        query row(db_,
                  "SELECT order_id, version, id, status, recorded_at FROM order_events "
                  "WHERE order_id > ?1 AND order_id <= ?2 ORDER BY order_id, version",
                  range_.after, *range_.ids.rbegin());
        while (row.step()) {
            auto* owner = find(row.text(0));
            if (owner == nullptr) continue;
            const auto name = "event " + std::string(row.text(1));
            const auto id = domain::uuid::parse(row.text(2));
            if (!id)
                owner->unreadable.push_back("the id of " + name + " is '" + std::string(row.text(2)) + "'");
            owner->events.push_back({.id = id.value_or(domain::uuid()),
                                     .order_id = owner->id,
                                     .version = read_version(row, 1, "the version of an event", *owner),
                                     .status = read_status(row, 3, "the status of " + name, *owner),
                                     .recorded_at = row.time(4)});
        }
    }

    void read_waits(const char* sql, std::vector<ports::audited_wait> ports::audited_order::* where) {
        query row(db_, sql, range_.after, *range_.ids.rbegin());
        while (row.step()) {
            auto* owner = find(row.text(0));
            if (owner == nullptr) continue;
            const auto version = read_version(row, 1, "the version of an outbox row or timer", *owner);
            (owner->*where).push_back({.version = version, .overdue = now_ - row.time(2)});
        }
    }

    connection& db_;
    const id_range& range_;
    domain::timestamp now_;
    std::map<std::string, ports::audited_order, std::less<>> orders_;
};

}  // namespace

ports::audit_page read_audit_page(connection& db, std::optional<domain::uuid> after, std::size_t limit,
                                  domain::timestamp now) {
    const auto range =
        find_range(db, after ? after->to_string() : std::string(), std::max<std::size_t>(limit, 1));
    ports::audit_page page{.orders = page_reader(db, range, now).read(), .next = std::nullopt};
    if (!range.is_last) page.next = domain::uuid::parse(*range.ids.rbegin());
    return page;
}

std::int64_t count_orders(connection& db) {
    query row(db, "SELECT count(*) FROM orders");
    return row.step() ? row.integer(0) : 0;
}

}  // namespace delivery::sqlite
