#include "support/service.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>

#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

child_options options_for(const std::filesystem::path& folder, std::vector<std::string> arguments,
                          const environment& variables, const std::string& name) {
    arguments.insert(arguments.begin(), delivery_program());
    child_options options{.command = std::move(arguments),
                          .environment = variables,
                          .folder = folder,
                          .output_file = folder / (name + ".out"),
                          .error_file = folder / (name + ".log")};
    options.environment.emplace("PATH", "/usr/bin:/bin");
    options.environment.emplace("HOME", folder.string());
    for (const char* name_of_sanitizer :
         {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE"}) {
        if (const char* value = std::getenv(name_of_sanitizer))
            options.environment.emplace(name_of_sanitizer, value);
    }
    return options;
}

bool is_free(int port) {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool free =
        probe >= 0 && ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    ::close(probe);
    return free;
}

}  // namespace

std::string delivery_program() {
    const char* given = std::getenv("DELIVERY_BINARY");
    return given != nullptr ? given : DELIVERY_BINARY_DIR "/delivery";
}

int free_port() {
    static std::random_device random;
    static std::set<int> given;
    while (true) {
        const int port = std::uniform_int_distribution<int>(12000, 32000)(random);
        if (is_free(port) && given.insert(port).second) return port;
    }
}

command_result run_delivery(std::vector<std::string> arguments, const environment& variables,
                            std::chrono::milliseconds limit) {
    const temp_folder folder;
    return run_delivery_in(folder.path(), std::move(arguments), variables, limit);
}

command_result run_delivery_in(const std::filesystem::path& folder, std::vector<std::string> arguments,
                               const environment& variables, std::chrono::milliseconds limit) {
    const temp_folder streams;
    auto options = options_for(folder, std::move(arguments), variables, "command");
    options.output_file = streams / "output";
    options.error_file = streams / "errors";
    child process(options);
    const auto status = process.wait(limit);
    if (!status) throw std::runtime_error("delivery takes too long: " + read_file(options.error_file));
    return {
        .status = *status, .output = read_file(options.output_file), .errors = read_file(options.error_file)};
}

service::service(const std::filesystem::path& folder, std::vector<std::string> arguments,
                 environment variables) {
    static std::atomic<int> count{0};
    for (const auto& [name, value] :
         environment{{"APP_HOST", "127.0.0.1"}, {"APP_PORT", "0"}, {"METRICS_PORT", "0"}}) {
        variables.emplace(name, value);
    }
    const auto options =
        options_for(folder, std::move(arguments), variables, "service-" + std::to_string(++count));
    error_file_ = options.error_file;
    output_file_ = options.output_file;
    process_ = std::make_unique<child>(options);
}

std::optional<exit_status> service::wait(std::chrono::milliseconds limit) { return process_->wait(limit); }

std::optional<exit_status> service::terminate(std::chrono::milliseconds limit) {
    signal(SIGTERM);
    return wait(limit);
}

int service::port(std::chrono::milliseconds limit) {
    const auto said = [this] {
        for (const auto& line : log_lines()) {
            const auto* message = line.if_contains("message");
            if (message != nullptr && *message == "listening") port_ = line.at("port").to_number<int>();
        }
        return port_ != 0;
    };
    if (port_ == 0 &&
        !eventually(limit, [&] { return said() || !is_running(); }, std::chrono::milliseconds(3))) {
        throw std::runtime_error("the service does not listen: " + log());
    }
    if (port_ == 0 && !said()) throw std::runtime_error("the service ended: " + log());
    return port_;
}

void service::await_ready(std::chrono::milliseconds limit) {
    const int where = port(limit);
    const bool ready = eventually(limit, [&] {
        const auto answer = try_http_request(where, "GET", "/readyz");
        return answer && answer->status == 200;
    });
    if (!ready) throw std::runtime_error("the service is not ready: " + log());
}

std::string service::log() const { return read_file(error_file_); }
std::string service::output() const { return read_file(output_file_); }

std::vector<boost::json::object> service::log_lines() const {
    std::vector<boost::json::object> lines;
    const auto text = log();
    std::istringstream stream(text.substr(0, text.rfind('\n') + 1));
    for (std::string line; std::getline(stream, line);) {
        try {
            lines.push_back(boost::json::parse(line).as_object());
        } catch (const std::exception&) {
            throw std::runtime_error("not a JSON log line: " + line);
        }
    }
    return lines;
}

}  // namespace delivery::tests
