#include "contract/bus_contract.hpp"
#include "memory/bus_factory.hpp"
#include "support/memory_store.hpp"

namespace delivery::tests {
namespace {

class in_process_broker final : public bus_broker {
public:
    std::unique_ptr<ports::bus> open(executor /*where*/, ports::clock& clock) override {
        return memory::make_bus(clock, *store_, {});
    }

    std::vector<dead_letter> dead_letters() override {
        std::vector<dead_letter> result;
        for (const auto& [id, letter] : database_.dead_letters) {
            result.push_back({.body = letter.body, .reason = letter.reason});
        }
        return result;
    }

    bool inject(const std::string& /*body*/) override { return false; }
    [[nodiscard]] bool is_shared() const override { return false; }

private:
    memory_database database_{[] { return real_clock().now(); }};
    std::unique_ptr<ports::store> store_ = make_memory_store(database_);
};

INSTANTIATE_TEST_SUITE_P(memory, bus_contract,
                         testing::Values(bus_adapter{"memory",
                                                     [] { return std::make_unique<in_process_broker>(); }}),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace delivery::tests
