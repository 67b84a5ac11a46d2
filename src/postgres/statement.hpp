#pragma once

#include <string_view>

namespace delivery::postgres {

/// A statement that is prepared once a connection and then executed as one transaction.
struct statement {
    std::string_view name;  ///< The store's operation, for errors.
    const char* sql;
    bool writes = true;  ///< Whether losing the answer leaves the outcome unknown.
};

}  // namespace delivery::postgres
