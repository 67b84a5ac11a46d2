#pragma once

#include <vector>

#include "http/router.hpp"

namespace delivery::http {

/// GET /docs and its files, /openapi.json and /openapi.yaml; and / leads to /docs.
std::vector<route> docs_routes();

}  // namespace delivery::http
