#pragma once

#include <vector>

#include "core/order_service.hpp"
#include "http/router.hpp"

namespace delivery::http {

/// Creating, reading and listing orders, by one reactor's service, which must outlive the routes.
std::vector<route> order_routes(core::order_service& service);

}  // namespace delivery::http
