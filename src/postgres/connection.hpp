#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "ports/awaitable.hpp"
#include "postgres/rows.hpp"
#include "postgres/session.hpp"
#include "postgres/statement.hpp"

namespace delivery::postgres {

using deadline = std::chrono::steady_clock::time_point;

/// One connection to the server. One call at a time, on the executor that it was made for; every call ends by
/// its deadline. Throws store_error; after any failure that is not a plain answer of the server it is of no
/// use any more.
class connection : public std::enable_shared_from_this<connection> {
public:
    explicit connection(const executor& where, const libpq_functions& libpq = {});
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// `parameters` must not need a name to be resolved: hosts carry their hostaddr.
    awaitable<void> connect(connect_parameters parameters, deadline until);

    /// Prepares the statement where this connection has not yet, and executes it.
    awaitable<rows> execute(const statement& what, const parameters& values, deadline until);

    /// Runs several statements in one implicit transaction; answers the last one's rows, as text.
    awaitable<rows> run_script(const statement& what, deadline until);

    /// Whether it can be used again: idle, and the server has said nothing since (such as farewell).
    [[nodiscard]] bool is_usable() const;

private:
    class deadline_guard;

    awaitable<void> prepare(const statement& what, const std::string& name, deadline until);
    awaitable<void> finish_connecting(io_need need);
    template <typename Begin>
    awaitable<command_end> run_command(Begin begin);
    awaitable<bool> wait(io_need need);
    void watch();
    void unwatch();
    void give_up();
    std::string name_of(const statement& what) const;

    executor where_;
    session session_;
    boost::asio::posix::stream_descriptor descriptor_;  ///< Of libpq's socket; closed here.
    boost::asio::steady_timer timer_;
    std::uint64_t call_ = 0;
    bool is_late_ = false;
    bool is_broken_ = false;
    /// The names under which statements are prepared here. A new generation gets new names.
    std::unordered_map<const char*, std::string> prepared_;
    int generation_ = 0;
};

}  // namespace delivery::postgres
