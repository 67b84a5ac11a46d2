#pragma once

#include <libpq-fe.h>

namespace delivery::postgres {

/// The part of libpq that the session drives, as a table, so that tests can put a script in its place.
struct libpq_functions {
    decltype(&PQconnectStartParams) connect_start = &PQconnectStartParams;
    decltype(&PQconnectPoll) connect_poll = &PQconnectPoll;
    decltype(&PQfinish) finish = &PQfinish;
    decltype(&PQstatus) status = &PQstatus;
    decltype(&PQtransactionStatus) transaction_status = &PQtransactionStatus;
    decltype(&PQsocket) socket = &PQsocket;
    decltype(&PQsetnonblocking) set_nonblocking = &PQsetnonblocking;
    decltype(&PQerrorMessage) error_message = &PQerrorMessage;
    decltype(&PQsendQuery) send_query = &PQsendQuery;
    decltype(&PQsendPrepare) send_prepare = &PQsendPrepare;
    decltype(&PQsendQueryPrepared) send_execute = &PQsendQueryPrepared;
    decltype(&PQflush) flush = &PQflush;
    decltype(&PQconsumeInput) consume_input = &PQconsumeInput;
    decltype(&PQisBusy) is_busy = &PQisBusy;
    decltype(&PQgetResult) get_result = &PQgetResult;
    decltype(&PQresultStatus) result_status = &PQresultStatus;
    decltype(&PQresultErrorField) error_field = &PQresultErrorField;
    decltype(&PQclear) clear = &PQclear;
};

}  // namespace delivery::postgres
