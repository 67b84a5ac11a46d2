// Input: a message, and the name and text of a field, one a line.

#include <array>

#include <boost/json/parse.hpp>

#include "domain/order_text.hpp"
#include "fuzz/targets.hpp"
#include "http/json_text.hpp"
#include "runtime/log_line.hpp"

namespace delivery::fuzz {
namespace {

/// HTTP writes only texts that it has judged to be UTF-8.
void check_http_string(std::string_view text) {
    if (!domain::is_utf8(text)) return;
    const auto written = http::to_json_string(text);
    require_json(written, "a JSON string");
    require(std::string_view(boost::json::parse(written).as_string()) == text, "a JSON string says the text");
}

}  // namespace

void try_log_line(std::string_view bytes) {
    check_http_string(bytes);
    const auto message = take_line(bytes);
    const auto name = take_line(bytes);
    const std::array<ports::log_field, 2> fields{{{name, bytes}, {"count", std::int64_t{7}}}};
    const runtime::log_entry entry{.time = {}, .message = message, .fields = fields};

    std::string line;
    append_json_line(line, {.service = "delivery", .role = "api"}, entry);
    require_one_line(line, "a log line");
    require_json(line, "a log line");
    const auto object = boost::json::parse(line).as_object();
    require(object.at("level") == "info" && object.at("count") == 7, "a log line keeps its own fields");

    std::string text;
    append_text_line(text, {.service = "delivery", .role = "api"}, entry);
    require_one_line(text, "a readable log line");
}

}  // namespace delivery::fuzz
