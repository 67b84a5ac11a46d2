#include "support/child.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "support/eventually.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

// Between fork and exec only what is safe after fork in a program with threads.
[[noreturn]] void become(const char* folder, int output, int errors, char* const* command,
                         char* const* environment) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    if (nothing >= 0 && ::chdir(folder) == 0 && ::dup2(nothing, 0) == 0 && ::dup2(output, 1) == 1 &&
        ::dup2(errors, 2) == 2) {
        ::execve(command[0], command, environment);
    }
    ::_exit(127);
}

int open_for_output(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) throw std::system_error(errno, std::generic_category(), path.string());
    return file;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

}  // namespace

child::child(const child_options& options) {
    auto command = options.command;
    std::vector<std::string> environment;
    for (const auto& [name, value] : options.environment) environment.push_back(name + "=" + value);
    const auto command_pointers = pointers(command);
    const auto environment_pointers = pointers(environment);
    const int output = open_for_output(options.output_file);
    const int errors = open_for_output(options.error_file);
    pid_ = ::fork();
    if (pid_ == 0) {
        become(options.folder.c_str(), output, errors, command_pointers.data(), environment_pointers.data());
    }
    const int reason = errno;
    ::close(output);
    ::close(errors);
    if (pid_ < 0) throw std::system_error(reason, std::generic_category(), "fork");
}

child::~child() {
    signal(SIGKILL);
    wait(std::chrono::seconds(10));
}

void child::signal(int number) const {
    if (!ended_) ::kill(pid_, number);
}

std::optional<exit_status> child::wait(std::chrono::milliseconds limit) {
    eventually(limit, [this] { return !is_running(); }, std::chrono::milliseconds(2));
    return ended_;
}

bool child::is_running() {
    if (ended_) return false;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
    ended_ = WIFSIGNALED(status) ? exit_status{.code = -1, .signal = WTERMSIG(status)}
                                 : exit_status{.code = WEXITSTATUS(status), .signal = 0};
    return false;
}

command_result run_command(std::vector<std::string> command, std::chrono::milliseconds limit,
                           const std::map<std::string, std::string>& more_environment) {
    const temp_folder folder;
    child_options options{.command = std::move(command),
                          .environment = more_environment,
                          .folder = folder.path(),
                          .output_file = folder / "output",
                          .error_file = folder / "errors"};
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const auto equals = text.find('=');
        if (equals != std::string::npos)
            options.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    child process(options);
    const auto status = process.wait(limit);
    if (!status) throw std::runtime_error(options.command.front() + " takes too long");
    return {
        .status = *status, .output = read_file(options.output_file), .errors = read_file(options.error_file)};
}

}  // namespace delivery::tests
