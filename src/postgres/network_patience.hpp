#pragma once

#include <array>
#include <utility>

namespace delivery::postgres {

/// Connection settings with which a server that vanished from the network is noticed after a minute, be it in
/// the middle of sending or of waiting for an answer that takes hours. They hold where a URL says nothing
/// else.
inline constexpr std::array<std::pair<const char*, const char*>, 4> network_patience{
    {{"keepalives_idle", "30"},
     {"keepalives_interval", "10"},
     {"keepalives_count", "3"},
     {"tcp_user_timeout", "60000"}}};

}  // namespace delivery::postgres
