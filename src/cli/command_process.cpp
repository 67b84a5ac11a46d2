#include "cli/command_process.hpp"

#include "cli/exit_status.hpp"
#include "cli/startup.hpp"

namespace delivery::cli {
namespace {

constexpr std::chrono::seconds join_limit{3};

}  // namespace

command_process::command_process(const invocation& what, const std::string& name, ports::log_level level,
                                 access wanted)
    : logger_(runtime::make_logger({.level = level,
                                    .structured = what.settings.structured_logs,
                                    .service = what.settings.app_name,
                                    .role = name})),
      reactors_(1, *logger_, [](const std::string&) {}) {
    if (wanted == access::write) migrate_embedded(what.settings, *logger_);
    database_ = open_database(what.settings, wanted, *logger_, clock);
    store_ = database_->make_store(where());
    if (const auto fault = run(store_->find_fault())) throw work_failed(*fault);
}

void command_process::close() {
    run(store_->close());
    reactors_.join(join_limit);
}

}  // namespace delivery::cli
