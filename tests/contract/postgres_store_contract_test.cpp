#include <fmt/format.h>

#include "contract/store_contract.hpp"
#include "postgres/migrator.hpp"
#include "postgres/store_factory.hpp"
#include "support/fakes.hpp"
#include "support/servers.hpp"
#include "support/sql.hpp"

namespace delivery::tests {
namespace {

class postgres_contract_database final : public store_database {
public:
    postgres_contract_database() : url_(shared_postgres().fresh_database()) {
        postgres::migrator(url_).up(std::nullopt);
    }

    std::unique_ptr<ports::store> open(executor where) override {
        return postgres::make_store(std::move(where), {.url = url_}, logger_);
    }

    void execute(const std::string& sql) override { open_postgres(url_)->query(sql); }

    [[nodiscard]] std::string literal(const domain::uuid& id) const override {
        return "'" + id.to_string() + "'";
    }
    [[nodiscard]] std::string literal(domain::timestamp time) const override {
        return "'" + domain::to_rfc3339(time) + "'";
    }

private:
    std::string url_;
    null_logger logger_;
};

INSTANTIATE_TEST_SUITE_P(postgres, store_contract,
                         testing::Values(store_adapter{
                             .name = "postgres", .make_database = [] {
                                 return std::make_unique<postgres_contract_database>();
                             }}));

}  // namespace
}  // namespace delivery::tests
