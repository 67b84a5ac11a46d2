#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "postgres/session.hpp"

namespace delivery::postgres {

/// libpq as a script: what each function answers, in order, and in what order the functions are called. A
/// function without an answer left gives its usual one. One script at a time.
class scripted_libpq {
public:
    scripted_libpq();
    ~scripted_libpq();
    scripted_libpq(const scripted_libpq&) = delete;
    scripted_libpq& operator=(const scripted_libpq&) = delete;

    scripted_libpq& answer(const std::string& function, std::vector<int> values);

    /// A result as the server sends it; `fields` are of an error, by PG_DIAG code.
    struct result {
        ExecStatusType status = PGRES_COMMAND_OK;
        std::map<int, std::string> fields;
    };
    /// What get_result gives, one after the other, and then NULL.
    scripted_libpq& results(std::vector<result> given);
    static result error(const std::string& sqlstate, const std::string& message = "message");

    [[nodiscard]] const libpq_functions& functions() const { return functions_; }
    [[nodiscard]] const std::vector<std::string>& calls() const { return calls_; }
    /// Results given and not cleared, connections made and not finished.
    [[nodiscard]] int leaks() const { return open_results_ + open_connections_; }

    int next(const std::string& function, int usual);
    PGresult* next_result();
    void clear(PGresult* cleared);
    [[nodiscard]] const result& result_of(const PGresult* given) const;
    PGconn* connect();
    void finish();

    bool is_lost = false;
    bool is_in_transaction = false;
    bool is_out_of_memory = false;

private:
    libpq_functions functions_;
    std::map<std::string, std::vector<int>> answers_;
    std::vector<result> results_;
    std::size_t next_result_ = 0;
    std::vector<std::string> calls_;
    int open_results_ = 0;
    int open_connections_ = 0;
};

}  // namespace delivery::postgres
