#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "ports/logger.hpp"
#include "ports/store.hpp"

namespace delivery::postgres {

struct options {
    /// A postgresql:// URL or a libpq conninfo string, several hosts included.
    std::string url;
    /// Every call ends by then, waiting for a connection and connecting included.
    std::chrono::milliseconds deadline{5000};
    std::size_t connections_max = 3;
};

/// Whether libpq can make sense of a URL; says nothing about whether anyone is there.
[[nodiscard]] bool is_url(const std::string& url);

/// A store on PostgreSQL that lives on `where`. It connects when it is first used, and again whenever it
/// must. The logger must outlive it.
std::unique_ptr<ports::store> make_store(executor where, const options& how, ports::logger& logger);

}  // namespace delivery::postgres
