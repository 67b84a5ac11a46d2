#include "postgres/blocking_connection.hpp"

#include <poll.h>

#include <algorithm>

#include <fmt/format.h>

#include "postgres/network_patience.hpp"

namespace delivery::postgres {
namespace {

std::string one_line(const char* text) {
    std::string line = text != nullptr ? text : "";
    std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\t'; }, ' ');
    while (line.ends_with(' ')) line.pop_back();
    return line;
}

/// lock_not_available or deadlock_detected.
bool tells_of_a_lock(std::string_view sqlstate) { return sqlstate == "55P03" || sqlstate == "40P01"; }

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
    for (const auto& [name, value] : network_patience) add_default(name, value);
    names.push_back(nullptr);
    values.push_back(nullptr);
    constexpr int expand_dbname = 1;
    return PQconnectdbParams(names.data(), values.data(), expand_dbname);
}

}  // namespace

blocking_connection::blocking_connection(const std::string& url,
                                         std::optional<std::chrono::milliseconds> answer_within)
    : connection_(open(url), &PQfinish), answer_within_(answer_within) {
    if (is_alive()) return;
    throw migration_error(
        fmt::format("cannot connect to PostgreSQL: {}", one_line(PQerrorMessage(connection_.get()))));
}

bool blocking_connection::is_alive() const { return PQstatus(connection_.get()) == CONNECTION_OK; }

std::vector<blocking_connection::row> blocking_connection::run(const std::string& sql) {
    if (!answer_within_) return read(PQexec(connection_.get(), sql.c_str()));
    return PQsendQuery(connection_.get(), sql.c_str()) == 1 ? read(await_result()) : read(nullptr);
}

std::vector<blocking_connection::row> blocking_connection::run(const char* sql,
                                                               const std::vector<std::string>& values) {
    std::vector<const char*> texts;
    for (const auto& value : values) texts.push_back(value.c_str());
    const auto count = static_cast<int>(texts.size());
    if (!answer_within_) {
        return read(PQexecParams(connection_.get(), sql, count, nullptr, texts.data(), nullptr, nullptr, 0));
    }
    const bool is_sent =
        PQsendQueryParams(connection_.get(), sql, count, nullptr, texts.data(), nullptr, nullptr, 0) == 1;
    return is_sent ? read(await_result()) : read(nullptr);
}

// The last result, as PQexec has it.
PGresult* blocking_connection::await_result() {
    using std::chrono::steady_clock;
    const auto give_up_at = steady_clock::now() + *answer_within_;
    std::unique_ptr<PGresult, decltype(&PQclear)> last(nullptr, &PQclear);
    for (;;) {
        while (PQisBusy(connection_.get()) == 1) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(give_up_at - steady_clock::now()).count();
            pollfd watched{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
            if (left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) == 0)
                throw migration_error(
                    fmt::format("PostgreSQL did not answer within {} ms", answer_within_->count()));
            if (PQconsumeInput(connection_.get()) == 0) return nullptr;
        }
        auto* next = PQgetResult(connection_.get());
        if (next == nullptr) return last.release();
        last.reset(next);
    }
}

std::vector<blocking_connection::row> blocking_connection::read(PGresult* raw) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(raw, &PQclear);
    const auto status = PQresultStatus(raw);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
        const auto* code = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
        const auto reason = one_line(PQerrorMessage(connection_.get()));
        if (code != nullptr && tells_of_a_lock(code)) throw lock_not_available(reason);
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
