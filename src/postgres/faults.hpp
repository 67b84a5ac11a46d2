#pragma once

#include <string_view>

#include "ports/store_error.hpp"
#include "postgres/session.hpp"

namespace delivery::postgres {

/// What a command's failure means for the caller of the store.
ports::store_fault fault_of(const command_end& end, bool writes);

/// The failure as the store throws it: operation, SQLSTATE and constraint; the server's message only where it
/// cannot quote a customer's data.
ports::store_error make_error(const command_end& end, bool writes, std::string_view operation);

/// Whether the server has forgotten a prepared statement, or may be unable to use it on a schema that has
/// changed: nothing was done, and then it works once it is prepared anew. Only the message says that it is
/// the schema, and it comes in the server's language.
bool must_prepare_again(const server_error& error);

/// Whether the connection leads to a server that cannot write (any more), and another connection may lead
/// elsewhere.
bool is_wrong_server(const server_error& error);

}  // namespace delivery::postgres
