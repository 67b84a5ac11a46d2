#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "postgres/libpq.hpp"
#include "postgres/parameters.hpp"

namespace delivery::postgres {

/// What has to happen to the socket before the session can go on.
enum class io_need { nothing, read, write, read_or_write };

struct result_deleter {
    decltype(&PQclear) clear = &PQclear;
    void operator()(PGresult* result) const { clear(result); }
};
using result_ptr = std::unique_ptr<PGresult, result_deleter>;

/// What the server, or libpq in its place, says about a command that failed.
struct server_error {
    std::string sqlstate;  ///< Empty where libpq made the error itself.
    std::string message;   ///< The primary message. May quote data in SQLSTATE classes 22 and 23.
    std::string constraint;
};

/// What became of a command.
struct command_end {
    result_ptr result;  ///< Of the last statement that succeeded.
    std::optional<server_error> error;
    bool lost = false;  ///< The connection broke before the server said that it was done.
};

/// Thrown where the connection cannot go on: a connect that failed, or libpq behaving as it never should.
class session_error : public std::exception {
public:
    explicit session_error(std::string what) : what_(std::move(what)) {}
    [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }

private:
    std::string what_;
};

using connect_parameters = std::vector<std::pair<std::string, std::string>>;

/// Drives libpq without doing any I/O of its own: every call says what to wait for before the next one. It
/// never blocks, provided that no name has to be resolved.
class session {
public:
    explicit session(const libpq_functions& libpq = {});
    ~session();
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    /// Begins to connect. Go on with `continue_connect` after each wait until nothing is needed; the socket
    /// may be another after each call. Throws session_error.
    io_need connect(const connect_parameters& parameters);
    io_need continue_connect();

    /// Begins a command. Go on with `continue_command` after each wait until nothing is needed, then take the
    /// end.
    io_need prepare(const std::string& name, const char* sql);
    io_need execute(const std::string& name, const parameters& values);
    /// One or several statements in one implicit transaction, with results as text.
    io_need run_script(const char* sql);
    io_need continue_command(bool is_readable);
    command_end take_end();

    [[nodiscard]] int socket() const { return libpq_.socket(connection_); }
    /// Whether the next command can be sent: connected, nothing under way, no transaction open.
    [[nodiscard]] bool is_idle() const;
    /// The connection ends here. Its socket must not be watched any more.
    void finish();

private:
    io_need sent(int is_sent);
    io_need flush();
    io_need read_results();
    io_need drain_lost();
    void keep(PGresult* result);
    [[nodiscard]] std::string last_error() const;

    libpq_functions libpq_;
    PGconn* connection_ = nullptr;
    command_end end_;
    bool is_flushing_ = false;
    bool is_running_ = false;
};

}  // namespace delivery::postgres
