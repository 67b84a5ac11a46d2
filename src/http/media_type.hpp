#pragma once

#include <string_view>

namespace delivery::http {

/// Whether a Content-Type stands for JSON in UTF-8: application/json or application/…+json, without a charset
/// or with utf-8.
[[nodiscard]] bool is_json_media_type(std::string_view content_type);

}  // namespace delivery::http
