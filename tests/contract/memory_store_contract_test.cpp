#include <regex>

#include "contract/store_contract.hpp"
#include "domain/timestamp.hpp"
#include "support/memory_store.hpp"

// The store that other tests use in place of a real one is held to the same contract.
namespace delivery::tests {
namespace {

domain::timestamp system_now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

class memory_store_database final : public store_database {
public:
    std::unique_ptr<ports::store> open(executor /*where*/) override { return make_memory_store(database_); }

    /// Understands the few forms that the suite uses.
    void execute(const std::string& sql) override {
        static const std::regex update(
            "UPDATE orders SET (created_at|updated_at|redriven_at) = '(.*)' WHERE id = '(.*)'");
        static const std::regex removal("DELETE FROM (orders|order_events) WHERE (?:id|order_id) = '(.*)'");
        static const std::regex move("UPDATE order_events SET version = 2 WHERE order_id = '(.*)'");
        std::smatch part;
        if (std::regex_match(sql, part, update)) {
            auto& [order, redriven_at] = database_.orders.at(domain::uuid::parse(part[3].str()).value());
            const auto moment = domain::parse_rfc3339(part[2].str()).value();
            if (part[1] == "created_at") order.created_at = moment;
            if (part[1] == "updated_at") order.updated_at = moment;
            if (part[1] == "redriven_at") redriven_at = moment;
        } else if (std::regex_match(sql, part, removal)) {
            const auto id = domain::uuid::parse(part[2].str()).value();
            if (part[1] == "orders") {
                database_.orders.erase(id);
            } else {
                database_.events.erase(id);
            }
        } else if (std::regex_match(sql, part, move)) {
            auto& history = database_.events.at(domain::uuid::parse(part[1].str()).value());
            auto event = history.extract(1);
            event.key() = 2;
            history.insert(std::move(event));
        } else {
            throw std::runtime_error("not understood: " + sql);
        }
    }

    [[nodiscard]] std::string literal(const domain::uuid& id) const override {
        return "'" + id.to_string() + "'";
    }
    [[nodiscard]] std::string literal(domain::timestamp time) const override {
        return "'" + domain::to_rfc3339(time) + "'";
    }

private:
    memory_database database_{system_now};
};

INSTANTIATE_TEST_SUITE_P(memory, store_contract,
                         testing::Values(store_adapter{
                             .name = "memory",
                             .make_database = [] { return std::make_unique<memory_store_database>(); }}),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace delivery::tests
