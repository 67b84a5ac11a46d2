#include "cli/database.hpp"

#include "cli/exit_status.hpp"
#include "postgres/migrator.hpp"
#include "postgres/store_factory.hpp"
#include "sqlite/database.hpp"
#include "sqlite/migrator.hpp"

namespace delivery::cli {
namespace {

class sqlite_file final : public database {
public:
    sqlite_file(const std::string& path, access wanted, ports::logger& logger, ports::clock& clock)
        : shared_(open(path, wanted, logger, clock)) {}

    std::unique_ptr<ports::store> make_store(executor where) override {
        return sqlite::make_store(where, shared_);
    }

private:
    static std::shared_ptr<sqlite::database> open(const std::string& path, access wanted,
                                                  ports::logger& logger, ports::clock& clock) {
        sqlite::options options;
        options.path = path;
        try {
            return wanted == access::write ? sqlite::open_database(options, logger, clock)
                                           : sqlite::open_reader(options, logger, clock);
        } catch (const sqlite::open_error& error) {
            throw usage_error(std::string("DATABASE_URL cannot be used: ") + error.what());
        }
    }

    std::shared_ptr<sqlite::database> shared_;
};

class postgres_server final : public database {
public:
    postgres_server(std::string url, ports::logger& logger) : logger_(logger) {
        options_.url = std::move(url);
        options_.connections_max = connections_per_store;
    }

    std::unique_ptr<ports::store> make_store(executor where) override {
        return postgres::make_store(std::move(where), options_, logger_);
    }

private:
    postgres::options options_;
    ports::logger& logger_;
};

/// Both migrators answer alike and fail each in its own way.
template <typename Migrator>
class migrated_schema final : public schema {
public:
    explicit migrated_schema(const std::string& target) : migrator_(target) {}

    core::schema_status status() override {
        return guarded([this] { return migrator_.status(); });
    }

    std::vector<core::migration> up(std::optional<int> to) override {
        return guarded([this, to] { return migrator_.up(to); });
    }

    std::vector<core::migration> down(std::optional<int> to) override {
        return guarded([this, to] { return migrator_.down(to); });
    }

private:
    template <typename Work>
    static auto guarded(Work work) {
        try {
            return work();
        } catch (const sqlite::open_error& error) {
            throw usage_error(std::string("DATABASE_URL cannot be used: ") + error.what());
        }
    }

    Migrator migrator_;
};

}  // namespace

std::unique_ptr<database> open_database(const runtime::configuration& settings, access wanted,
                                        ports::logger& logger, ports::clock& clock) {
    if (const auto* file = std::get_if<runtime::sqlite_database>(&settings.database)) {
        return std::make_unique<sqlite_file>(file->path, wanted, logger, clock);
    }
    return std::make_unique<postgres_server>(std::get<runtime::postgres_database>(settings.database).url,
                                             logger);
}

std::unique_ptr<schema> open_schema(const runtime::configuration& settings) {
    if (const auto* file = std::get_if<runtime::sqlite_database>(&settings.database)) {
        return std::make_unique<migrated_schema<sqlite::migrator>>(file->path);
    }
    const auto& server = std::get<runtime::postgres_database>(settings.database);
    return std::make_unique<migrated_schema<postgres::migrator>>(server.url);
}

}  // namespace delivery::cli
