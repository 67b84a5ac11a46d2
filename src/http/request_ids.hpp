#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "domain/uuid.hpp"

namespace delivery::http {

/// Whether a client's X-Request-Id is taken over: 1 to 128 letters, digits, dots, hyphens and underscores,
/// which do no harm in a header, a log or a shell.
[[nodiscard]] bool is_sane_request_id(std::string_view text);

/// Makes the ids of requests and traces. Not safe for use by several threads: each has its own.
class id_maker {
public:
    id_maker();
    /// The same seed gives the same ids, for tests.
    explicit id_maker(std::uint64_t seed);

    std::string request_id(domain::timestamp now);

    /// A traceparent for what this request causes: the client's trace with a new parent id where the client
    /// sent a well-formed one, else a new trace. Source:
    /// https://www.w3.org/TR/trace-context/#mutating-the-traceparent-field
    std::string traceparent(std::string_view received);

private:
    std::uint64_t nonzero();

    domain::uuid_generator uuids_;
    std::mt19937_64 random_;
};

}  // namespace delivery::http
