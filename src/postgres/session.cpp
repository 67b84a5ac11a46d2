#include "postgres/session.hpp"

#include <algorithm>

namespace delivery::postgres {
namespace {

/// After a loss libpq gives what it had received and then an error. More than this many results is a loop: a
/// server killed at the wrong moment leaves libpq in one (PostgreSQL bug 17948).
constexpr int lost_results_max = 8;

std::string text_or_empty(const char* text) { return text != nullptr ? text : ""; }

io_need need_of(PostgresPollingStatusType polled) {
    return polled == PGRES_POLLING_READING ? io_need::read : io_need::write;
}

}  // namespace

session::session(const libpq_functions& libpq) : libpq_(libpq) {}

session::~session() { finish(); }

void session::finish() {
    end_ = {};
    if (connection_ != nullptr) libpq_.finish(std::exchange(connection_, nullptr));
}

std::string session::last_error() const {
    auto message = text_or_empty(libpq_.error_message(connection_));
    std::ranges::replace(message, '\n', ' ');
    message.erase(std::min(message.size(), message.find_last_not_of(' ') + 1));
    return message.empty() ? "connection lost" : message;
}

io_need session::connect(const connect_parameters& parameters) {
    std::vector<const char*> names;
    std::vector<const char*> values;
    for (const auto& [name, value] : parameters) {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    connection_ = libpq_.connect_start(names.data(), values.data(), 0);
    if (connection_ == nullptr) throw session_error("out of memory");
    if (libpq_.status(connection_) == CONNECTION_BAD) throw session_error(last_error());
    return io_need::write;
}

io_need session::continue_connect() {
    const auto polled = libpq_.connect_poll(connection_);
    if (polled == PGRES_POLLING_FAILED) throw session_error(last_error());
    if (polled != PGRES_POLLING_OK) return need_of(polled);
    if (libpq_.set_nonblocking(connection_, 1) != 0) throw session_error(last_error());
    return io_need::nothing;
}

io_need session::prepare(const std::string& name, const char* sql) {
    return sent(libpq_.send_prepare(connection_, name.c_str(), sql, 0, nullptr));
}

io_need session::execute(const std::string& name, const parameters& values) {
    constexpr int binary_results = 1;
    return sent(libpq_.send_execute(connection_, name.c_str(), values.count(), values.values(),
                                    values.lengths(), values.formats(), binary_results));
}

io_need session::run_script(const char* sql) { return sent(libpq_.send_query(connection_, sql)); }

io_need session::sent(int is_sent) {
    end_ = {};
    is_running_ = true;
    if (is_sent == 0) return drain_lost();
    is_flushing_ = true;
    return flush();
}

// While the server blocks on writing to us, it does not read: both directions have to move.
io_need session::flush() {
    const auto left = libpq_.flush(connection_);
    if (left < 0) return drain_lost();
    if (left > 0) return io_need::read_or_write;
    is_flushing_ = false;
    return read_results();
}

io_need session::continue_command(bool is_readable) {
    if (is_readable && libpq_.consume_input(connection_) == 0) return drain_lost();
    return is_flushing_ ? flush() : read_results();
}

io_need session::read_results() {
    // get_result blocks the thread when there is not a whole result yet.
    while (libpq_.is_busy(connection_) == 0) {
        auto* result = libpq_.get_result(connection_);
        if (result == nullptr) {
            is_running_ = false;
            end_.lost = libpq_.status(connection_) != CONNECTION_OK;
            return io_need::nothing;
        }
        keep(result);
    }
    return io_need::read;
}

// What had arrived before the loss may say why, such as an administrator's shutdown. Nothing blocks any more.
io_need session::drain_lost() {
    end_.lost = true;
    is_running_ = false;
    if (!end_.error) end_.error = server_error{.sqlstate = "", .message = last_error(), .constraint = ""};
    for (int i = 0; i < lost_results_max && libpq_.status(connection_) != CONNECTION_OK; ++i) {
        auto* result = libpq_.get_result(connection_);
        if (result == nullptr) break;
        keep(result);
    }
    return io_need::nothing;
}

void session::keep(PGresult* raw) {
    result_ptr result(raw, result_deleter{libpq_.clear});
    switch (libpq_.result_status(raw)) {
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK: end_.result = std::move(result); return;
        case PGRES_FATAL_ERROR: break;
        default: throw session_error("the server answered with a kind of result that was not asked for");
    }
    // The first error with a SQLSTATE is the cause; those that libpq makes itself follow from it.
    if (end_.error && !end_.error->sqlstate.empty()) return;
    auto error = server_error{.sqlstate = text_or_empty(libpq_.error_field(raw, PG_DIAG_SQLSTATE)),
                              .message = text_or_empty(libpq_.error_field(raw, PG_DIAG_MESSAGE_PRIMARY)),
                              .constraint = text_or_empty(libpq_.error_field(raw, PG_DIAG_CONSTRAINT_NAME))};
    if (error.sqlstate.empty()) {
        error.message = last_error();
        end_.lost = true;
    }
    end_.error = std::move(error);
}

command_end session::take_end() { return std::exchange(end_, {}); }

bool session::is_idle() const {
    return connection_ != nullptr && !is_running_ && libpq_.status(connection_) == CONNECTION_OK &&
           libpq_.transaction_status(connection_) == PQTRANS_IDLE;
}

}  // namespace delivery::postgres
