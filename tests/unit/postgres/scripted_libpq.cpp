#include "unit/postgres/scripted_libpq.hpp"

namespace delivery::postgres {
namespace {

scripted_libpq* script = nullptr;
char connection_mark = 0;

PGconn* mark() { return reinterpret_cast<PGconn*>(&connection_mark); }

}  // namespace

scripted_libpq::scripted_libpq() {
    script = this;
    functions_ = {
        .connect_start = [](const char* const*, const char* const*, int) { return script->connect(); },
        .connect_poll =
            [](PGconn*) { return PostgresPollingStatusType(script->next("connect_poll", PGRES_POLLING_OK)); },
        .finish = [](PGconn*) { script->finish(); },
        .status = [](const PGconn*) { return script->is_lost ? CONNECTION_BAD : CONNECTION_OK; },
        .transaction_status =
            [](const PGconn*) { return script->is_in_transaction ? PQTRANS_INTRANS : PQTRANS_IDLE; },
        .socket = [](const PGconn*) { return script->next("socket", 7); },
        .set_nonblocking = [](PGconn*, int) { return script->next("set_nonblocking", 0); },
        .error_message = [](const PGconn*) -> char* {
            static char text[] = "the message of\nlibpq\n";
            return text;
        },
        .send_query = [](PGconn*, const char*) { return script->next("send", 1); },
        .send_prepare = [](PGconn*, const char*, const char*, int,
                           const Oid*) { return script->next("send", 1); },
        .send_execute = [](PGconn*, const char*, int, const char* const*, const int*, const int*,
                           int) { return script->next("send", 1); },
        .flush = [](PGconn*) { return script->next("flush", 0); },
        .consume_input =
            [](PGconn*) {
                const auto is_fine = script->next("consume_input", 1);
                if (is_fine == 0) script->is_lost = true;
                return is_fine;
            },
        .is_busy = [](PGconn*) { return script->next("is_busy", 0); },
        .get_result = [](PGconn*) { return script->next_result(); },
        .result_status = [](const PGresult* given) { return script->result_of(given).status; },
        .error_field = [](const PGresult* given, int code) -> char* {
            const auto& fields = script->result_of(given).fields;
            const auto field = fields.find(code);
            return field == fields.end() ? nullptr : const_cast<char*>(field->second.c_str());
        },
        .clear = [](PGresult* given) { script->clear(given); },
    };
}

scripted_libpq::~scripted_libpq() { script = nullptr; }

scripted_libpq& scripted_libpq::answer(const std::string& function, std::vector<int> values) {
    answers_[function] = std::move(values);
    return *this;
}

scripted_libpq& scripted_libpq::results(std::vector<result> given) {
    results_ = std::move(given);
    next_result_ = 0;
    return *this;
}

scripted_libpq::result scripted_libpq::error(const std::string& sqlstate, const std::string& message) {
    return {.status = PGRES_FATAL_ERROR,
            .fields = {{PG_DIAG_SQLSTATE, sqlstate}, {PG_DIAG_MESSAGE_PRIMARY, message}}};
}

int scripted_libpq::next(const std::string& function, int usual) {
    calls_.push_back(function);
    auto& left = answers_[function];
    if (left.empty()) return usual;
    const auto given = left.front();
    left.erase(left.begin());
    return given;
}

PGresult* scripted_libpq::next_result() {
    calls_.emplace_back("get_result");
    if (next_result_ == results_.size()) return nullptr;
    ++open_results_;
    return reinterpret_cast<PGresult*>(&results_[next_result_++]);
}

void scripted_libpq::clear(PGresult* cleared) {
    if (cleared != nullptr) --open_results_;
}

const scripted_libpq::result& scripted_libpq::result_of(const PGresult* given) const {
    return *reinterpret_cast<const result*>(given);
}

PGconn* scripted_libpq::connect() {
    calls_.emplace_back("connect_start");
    if (is_out_of_memory) return nullptr;
    ++open_connections_;
    return mark();
}

void scripted_libpq::finish() {
    calls_.emplace_back("finish");
    --open_connections_;
}

}  // namespace delivery::postgres
