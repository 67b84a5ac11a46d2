#include "support/sql.hpp"

#include <libpq-fe.h>
#include <sqlite3.h>

#include <stdexcept>

namespace delivery::tests {
namespace {

class postgres_database final : public sql_database {
public:
    explicit postgres_database(const std::string& url) : connection_(PQconnectdb(url.c_str()), &PQfinish) {
        if (PQstatus(connection_.get()) != CONNECTION_OK)
            throw std::runtime_error(PQerrorMessage(connection_.get()));
        PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
    }

    sql_rows query(const std::string& statement) override {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(
            PQexec(connection_.get(), statement.c_str()), &PQclear);
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            throw std::runtime_error(statement + ": " + PQerrorMessage(connection_.get()));
        }
        sql_rows rows(static_cast<std::size_t>(PQntuples(result.get())));
        for (int row = 0; row < PQntuples(result.get()); ++row) {
            for (int column = 0; column < PQnfields(result.get()); ++column) {
                auto& values = rows[static_cast<std::size_t>(row)];
                if (PQgetisnull(result.get(), row, column) != 0) {
                    values.emplace_back();
                } else {
                    values.emplace_back(PQgetvalue(result.get(), row, column));
                }
            }
        }
        return rows;
    }

private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

class sqlite_database final : public sql_database {
public:
    explicit sqlite_database(const std::filesystem::path& file) {
        const int code = sqlite3_open_v2(file.c_str(), &connection_, SQLITE_OPEN_READWRITE, nullptr);
        sqlite3_busy_timeout(connection_, 10'000);
        if (code != SQLITE_OK) throw std::runtime_error(file.string() + ": " + sqlite3_errmsg(connection_));
    }
    ~sqlite_database() override { sqlite3_close(connection_); }
    sqlite_database(const sqlite_database&) = delete;
    sqlite_database& operator=(const sqlite_database&) = delete;

    sql_rows query(const std::string& statement) override {
        sql_rows rows;
        char* error = nullptr;
        if (sqlite3_exec(connection_, statement.c_str(), &add_row, &rows, &error) != SQLITE_OK) {
            const std::string reason = error != nullptr ? error : "unknown";
            sqlite3_free(error);
            throw std::runtime_error(statement + ": " + reason);
        }
        return rows;
    }

private:
    static int add_row(void* rows, int count, char** values, char** /*names*/) {
        auto& row = static_cast<sql_rows*>(rows)->emplace_back();
        for (int column = 0; column < count; ++column) {
            row.push_back(values[column] != nullptr ? std::optional<std::string>(values[column])
                                                    : std::nullopt);
        }
        return 0;
    }

    sqlite3* connection_ = nullptr;
};

}  // namespace

std::string sql_database::value(const std::string& statement) {
    const auto rows = query(statement);
    if (rows.size() != 1 || rows.front().size() != 1) throw std::runtime_error(statement + ": not one value");
    return rows.front().front().value_or("");
}

std::int64_t sql_database::number(const std::string& statement) { return std::stoll(value(statement)); }

std::unique_ptr<sql_database> open_postgres(const std::string& url) {
    return std::make_unique<postgres_database>(url);
}

std::unique_ptr<sql_database> open_sqlite(const std::filesystem::path& file) {
    return std::make_unique<sqlite_database>(file);
}

}  // namespace delivery::tests
