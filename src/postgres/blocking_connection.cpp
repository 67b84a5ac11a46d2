#include "postgres/blocking_connection.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace delivery::postgres {
namespace {

std::string one_line(const char* text) {
    std::string line = text != nullptr ? text : "";
    std::ranges::replace(line, '\n', ' ');
    while (line.ends_with(' ')) line.pop_back();
    return line;
}

// Keywords after the URL are read in sequence, so what the URL says itself must not be said again.
PGconn* open(const std::string& url) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
        PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
    if (!parsed) throw migration_error("the database's URL cannot be read");
    std::vector<const char*> names{"dbname"};
    std::vector<const char*> values{url.c_str()};
    const auto add_default = [&](const std::string& name, const char* value) {
        for (const auto* option = parsed.get(); option->keyword != nullptr; ++option) {
            if (option->keyword == name && option->val == nullptr) {
                names.push_back(option->keyword);
                values.push_back(value);
            }
        }
    };
    add_default("connect_timeout", "10");
    add_default("application_name", "delivery migrate");
    add_default("target_session_attrs", "read-write");
    names.push_back(nullptr);
    values.push_back(nullptr);
    constexpr int expand_dbname = 1;
    return PQconnectdbParams(names.data(), values.data(), expand_dbname);
}

}  // namespace

blocking_connection::blocking_connection(const std::string& url) : connection_(open(url), &PQfinish) {
    if (is_alive()) return;
    throw migration_error(
        fmt::format("cannot connect to PostgreSQL: {}", one_line(PQerrorMessage(connection_.get()))));
}

bool blocking_connection::is_alive() const { return PQstatus(connection_.get()) == CONNECTION_OK; }

std::vector<blocking_connection::row> blocking_connection::run(const std::string& sql) {
    return read(PQexec(connection_.get(), sql.c_str()));
}

std::vector<blocking_connection::row> blocking_connection::run(const char* sql,
                                                               const std::vector<std::string>& values) {
    std::vector<const char*> texts;
    for (const auto& value : values) texts.push_back(value.c_str());
    return read(PQexecParams(connection_.get(), sql, static_cast<int>(texts.size()), nullptr, texts.data(),
                             nullptr, nullptr, 0));
}

std::vector<blocking_connection::row> blocking_connection::read(PGresult* raw) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(raw, &PQclear);
    const auto status = PQresultStatus(raw);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
        const auto* code = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
        const auto reason = one_line(PQerrorMessage(connection_.get()));
        if (code != nullptr && std::string_view(code) == "55P03") throw lock_not_available(reason);
        throw migration_error(reason);
    }
    std::vector<row> rows(static_cast<std::size_t>(PQntuples(raw)));
    for (int i = 0; i < PQntuples(raw); ++i) {
        for (int j = 0; j < PQnfields(raw); ++j)
            rows[static_cast<std::size_t>(i)].emplace_back(PQgetvalue(raw, i, j));
    }
    return rows;
}

bool takes_connections(const std::string& url) {
    // What the URL says itself comes later, and holds.
    const char* const names[] = {"connect_timeout", "dbname", nullptr};
    const char* const values[] = {"3", url.c_str(), nullptr};
    constexpr int expand_dbname = 1;
    return PQpingParams(names, values, expand_dbname) == PQPING_OK;
}

}  // namespace delivery::postgres
