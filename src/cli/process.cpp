#include "cli/process.hpp"

#include "cli/exit_status.hpp"
#include "cli/version.hpp"

namespace delivery::cli {
namespace {

runtime::logger_options logger_options_of(const runtime::configuration& settings,
                                          const std::string& role_name) {
    return {.level = settings.log_level,
            .structured = settings.structured_logs,
            .service = settings.app_name,
            .role = role_name};
}

}  // namespace

process::process(const runtime::configuration& configuration, runtime::role_set roles,
                 const std::string& role_name, std::size_t reactor_count)
    : settings(configuration),
      logger(runtime::make_logger(logger_options_of(settings, role_name))),
      metrics(roles, {.version = std::string(version), .revision = {}}, [this] { return logger->dropped(); }),
      stop(*logger),
      reactors(reactor_count, *logger, [this](const std::string& what) {
          logger->error("a bug ends this process", {{"error", std::string_view(what)}});
          stop.request(exit_failed);
      }) {}

}  // namespace delivery::cli
