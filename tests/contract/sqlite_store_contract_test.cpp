#include "contract/real_clock.hpp"
#include "contract/store_contract.hpp"
#include "sqlite/database.hpp"
#include "sqlite/migrator.hpp"
#include "support/fakes.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

/// A file of one test's own. Its stores share one database, as the reactors of a process do.
class sqlite_store_database final : public store_database {
public:
    sqlite_store_database() {
        sqlite::migrator(path_).up(std::nullopt);
        database_ = sqlite::open_database({.path = path_}, log_, clock_);
    }

    std::unique_ptr<ports::store> open(executor where) override {
        return sqlite::make_store(where, database_);
    }

    void execute(const std::string& sql) override { open_sqlite(path_)->query(sql); }

    [[nodiscard]] std::string literal(const domain::uuid& id) const override {
        return "'" + id.to_string() + "'";
    }
    [[nodiscard]] std::string literal(domain::timestamp time) const override {
        return std::to_string(time.time_since_epoch().count());
    }

private:
    temp_folder folder_;
    std::string path_ = folder_ / "delivery.db";
    null_logger log_;
    real_clock clock_;
    std::shared_ptr<sqlite::database> database_;
};

INSTANTIATE_TEST_SUITE_P(sqlite, store_contract,
                         testing::Values(store_adapter{
                             .name = "sqlite",
                             .make_database = [] { return std::make_unique<sqlite_store_database>(); }}),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace delivery::tests
