#include "cli/doctor.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "cli/database.hpp"
#include "cli/exit_status.hpp"
#include "core/diagnosis.hpp"
#include "http/json_text.hpp"
#include "ports/finding.hpp"
#include "postgres/examination.hpp"
#include "rabbitmq/examination.hpp"
#include "runtime/file_limits.hpp"
#include "runtime/log_escape.hpp"
#include "sqlite/examination.hpp"

namespace delivery::cli {
namespace {

using ports::finding;
using ports::findings;
using enum ports::finding::grade;

void append(findings& all, findings more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

findings examine_database(const runtime::configuration& settings) {
    if (const auto* file = std::get_if<runtime::sqlite_database>(&settings.database))
        return sqlite::examine(file->path);
    return postgres::examine(std::get<runtime::postgres_database>(settings.database).url,
                             settings.threads * connections_per_store);
}

findings examine_bus(const runtime::configuration& settings) {
    if (!settings.uses_rabbitmq()) return {{.check = "broker", .what = "none: the bus is in the process"}};
    auto endpoint = rabbitmq::parse_url(settings.rabbitmq_url);
    if (!endpoint) throw usage_error("RABBITMQ_URL cannot be used: " + endpoint.error());
    rabbitmq::options options;
    options.endpoint = std::move(*endpoint);
    options.service = settings.app_name;
    options.role = "doctor";
    return rabbitmq::examine(options);
}

std::string_view name_of(finding::grade result) {
    switch (result) {
        case fine: return "ok";
        case warning: return "warning";
        case failed: return "failed";
    }
    return "failed";
}

void print_text(const finding& one) {
    fmt::print("{:<8} {:<12} {}\n", name_of(one.result), one.check, runtime::readable(one.what));
    if (!one.remedy.empty()) fmt::print("{:<8} {:<12} do: {}\n", "", "", one.remedy);
}

void print_json(const finding& one) {
    fmt::print("{{\"check\":\"{}\",\"result\":\"{}\",\"what\":{},\"remedy\":{}}}\n", one.check,
               name_of(one.result), http::to_json_string(one.what), http::to_json_string(one.remedy));
}

}  // namespace

int run_doctor(const invocation& what) {
    auto all = examine_database(what.settings);
    append(all, examine_bus(what.settings));
    all.push_back(core::judge_open_files(runtime::raise_file_limit(), what.settings.limits.connections));
    for (const auto& one : all) {
        if (what.as_json) {
            print_json(one);
        } else {
            print_text(one);
        }
    }
    const bool can_work = std::ranges::find(all, failed, &finding::result) == all.end();
    return can_work ? exit_done : exit_failed;
}

}  // namespace delivery::cli
