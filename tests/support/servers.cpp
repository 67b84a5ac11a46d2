#include "support/servers.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "support/child.hpp"
#include "support/sql.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {
namespace {

constexpr std::chrono::minutes patience{3};

std::string services(const std::string& command, const std::filesystem::path& folder,
                     const std::vector<std::string>& more = {}) {
    // In a session of its own, so that a Ctrl-C meant for us does not leave servers half started or half
    // gone.
    std::vector<std::string> arguments{
        "/usr/bin/setsid", "--wait",
        "/bin/bash",       std::string(DELIVERY_SOURCE_DIR) + "/scripts/services.sh",
        command,           "--dir",
        folder.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = run_command(arguments, patience);
    if (result.status.code != 0) throw std::runtime_error("services.sh " + command + ": " + result.errors);
    return result.output;
}

// The value of "export NAME=value" in what services.sh prints.
std::string exported(const std::string& output, const std::string& name) {
    const auto prefix = "export " + name + "=";
    const auto begin = output.find(prefix);
    if (begin == std::string::npos) throw std::runtime_error("services.sh does not name " + name);
    const auto from = begin + prefix.size();
    return output.substr(from, output.find('\n', from) - from);
}

// The URL with everything from the path on replaced.
std::string with_path(const std::string& url, const std::string& path) {
    return url.substr(0, url.find('/', url.find("://") + 3)) + "/" + path;
}

// Names that no other process on the same servers makes.
std::string fresh_name() {
    static std::atomic<int> count{0};
    return "test_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
}

// What compose says about the servers that it runs for the tests (docker-compose-test.yml); else nothing.
std::string given(const std::string& name) {
    const char* value = std::getenv(("DELIVERY_TEST_" + name).c_str());
    return value != nullptr ? value : "";
}

// PUT to the management API of a RabbitMQ that we were given, and whose Erlang is out of reach.
void put(const std::string& path, const std::string& body) {
    const auto result = run_command(
        {"/usr/bin/curl", "--silent", "--show-error", "--fail", "--request", "PUT", "--header",
         "Content-Type: application/json", "--data", body, given("RABBITMQ_MANAGEMENT_URL") + "/api/" + path},
        patience);
    if (result.status.code != 0) throw std::runtime_error("PUT " + path + ": " + result.errors);
}

void put_permissions(const std::string& vhost, const std::string& user, const std::string& names) {
    put("permissions/" + vhost + "/" + user,
        R"({"configure":")" + names + R"(","write":")" + names + R"(","read":")" + names + R"("})");
}

std::filesystem::path run_folder() {
    const char* folder = std::getenv("DELIVERY_TEST_SERVERS");
    return folder != nullptr ? folder : "";
}

}  // namespace

server::server(std::string service, const std::string& variable, std::filesystem::path shared_folder)
    : service_(std::move(service)), folder_(std::move(shared_folder)), is_shared_(!folder_.empty()) {
    if (is_shared_) {
        url_ = given(variable);
        if (url_.empty()) url_ = exported(services("env", folder_), variable);
    } else {
        folder_ = make_temp_folder();
        start_own(variable);
    }
}

server::server(std::string service, const std::string& variable, std::filesystem::path folder,
               const std::vector<std::string>& arguments)
    : service_(std::move(service)), folder_(std::move(folder)) {
    start_own(variable, arguments);
}

void server::start_own(const std::string& variable, const std::vector<std::string>& arguments) {
    std::vector<std::string> all{"--" + service_, "--watch", std::to_string(::getpid())};
    all.insert(all.end(), arguments.begin(), arguments.end());
    try {
        url_ = exported(services("up", folder_, all), variable);
    } catch (const std::exception&) {
        services("down", folder_);
        throw;
    }
}

server::~server() {
    if (is_shared_) return;
    try {
        services("down", folder_);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}: its watchdog takes it down once this process is gone\n", error.what());
    }
}

void server::act(const std::string& verb) {
    if (is_shared_) throw std::logic_error("other tests use this server: " + verb + " one of your own");
    services(verb + "-" + service_, folder_);
}

void server::kill() { act("kill"); }
void server::stop() { act("stop"); }
void server::start() { act("start"); }

pid_t server::pid() const { return std::stoi(services("pid-" + service_, folder_)); }

int server::port() const {
    const auto host = url_.find('@');
    return std::stoi(url_.substr(url_.find(':', host) + 1));
}

postgres_server::postgres_server(std::filesystem::path shared_folder)
    : server("postgres", "DATABASE_URL", std::move(shared_folder)) {}

postgres_server::postgres_server(std::filesystem::path folder, const std::vector<std::string>& arguments)
    : server("postgres", "DATABASE_URL", std::move(folder), arguments) {}

std::unique_ptr<postgres_server> postgres_server::in(std::filesystem::path folder,
                                                     const std::string& primary_url) {
    std::vector<std::string> arguments;
    if (!primary_url.empty()) arguments = {"--standby-of", primary_url};
    return std::unique_ptr<postgres_server>(new postgres_server(std::move(folder), arguments));
}

std::string postgres_server::fresh_database() {
    const auto name = fresh_name();
    open_postgres(url())->query("CREATE DATABASE " + name);
    return with_path(url(), name);
}

rabbitmq_server::rabbitmq_server(std::filesystem::path shared_folder)
    : server("rabbitmq", "RABBITMQ_URL", std::move(shared_folder)) {}

rabbitmq_server::rabbitmq_server(std::filesystem::path folder, const std::vector<std::string>& arguments)
    : server("rabbitmq", "RABBITMQ_URL", std::move(folder), arguments) {}

std::unique_ptr<rabbitmq_server> rabbitmq_server::in(std::filesystem::path folder) {
    return std::unique_ptr<rabbitmq_server>(
        new rabbitmq_server(std::move(folder), std::vector<std::string>{}));
}

std::string rabbitmq_server::fresh_vhost() {
    const auto name = fresh_name();
    if (is_given()) {
        put("vhosts/" + name, "{}");
        put_permissions(name, "delivery", ".*");
        return with_path(url(), name);
    }
    const auto host = "<<\"" + name + "\">>";
    const auto answer =
        evaluate("rabbit_vhost:add(" + host +
                 ", <<\"tests\">>), ok = rabbit_auth_backend_internal:set_permissions(<<\"delivery\">>, " +
                 host + ", <<\".*\">>, <<\".*\">>, <<\".*\">>, <<\"tests\">>).");
    if (!answer.starts_with("{ok, ok}")) throw std::runtime_error("no virtual host: " + answer);
    return with_path(url(), name);
}

// Limits as shares of the machine's memory: the configured one, and one that any broker has passed.
void rabbitmq_server::set_memory_alarm(bool is_on) {
    const std::string share = is_on ? "0.00001" : "0.2";
    const auto answer = evaluate("vm_memory_monitor:set_vm_memory_high_watermark(" + share + ").");
    if (!answer.starts_with("{ok")) throw std::runtime_error("the broker's memory limit: " + answer);
}

void rabbitmq_server::add_user(const std::string& vhost, const std::string& user, const std::string& password,
                               const std::string& prefix) {
    if (is_given()) {
        put("users/" + user, R"({"password":")" + password + R"(","tags":""})");
        put_permissions(vhost, user, "^" + prefix);
        return;
    }
    const auto who = "<<\"" + user + "\">>";
    const auto names = "<<\"^" + prefix + "\">>, ";
    const auto answer = evaluate("ok = rabbit_auth_backend_internal:add_user(" + who + ", <<\"" + password +
                                 "\">>, <<\"tests\">>), rabbit_auth_backend_internal:set_permissions(" + who +
                                 ", <<\"" + vhost + "\">>, " + names + names + names + "<<\"tests\">>).");
    if (!answer.starts_with("{ok, ok}")) throw std::runtime_error("no user: " + answer);
}

bool rabbitmq_server::is_given() const { return url() == given("RABBITMQ_URL"); }

// Asks the node itself: rabbitmqctl would start an Erlang of its own, which takes a second each time.
std::string rabbitmq_server::evaluate(const std::string& expression) {
    if (is_given()) throw std::logic_error("this server evaluates nothing: ask one of your own");
    std::string amqp_port;
    std::string distribution_port;
    std::string epmd_port;
    std::string node;
    std::ifstream(folder() / "rabbitmq.state") >> amqp_port >> distribution_port >> epmd_port >> node;
    std::filesystem::path base = folder();
    std::ifstream(folder() / "base") >> base;
    const auto script = "printf '%s\\n' \"$COMMAND\" | erl_call -c \"$COOKIE\" -n \"$NODE\" -e";
    const auto result = run_command({"/bin/bash", "-c", script}, patience,
                                    {{"COMMAND", expression},
                                     {"COOKIE", read_file(base / "rabbitmq" / ".erlang.cookie")},
                                     {"NODE", node},
                                     {"ERL_EPMD_PORT", epmd_port}});
    return result.output + result.errors;
}

postgres_server& shared_postgres() {
    static postgres_server server(run_folder());
    return server;
}

rabbitmq_server& shared_rabbitmq() {
    static rabbitmq_server server(run_folder());
    return server;
}

postgres_server& own_postgres() {
    static postgres_server server;
    return server;
}

rabbitmq_server& own_rabbitmq() {
    static rabbitmq_server server;
    return server;
}

}  // namespace delivery::tests
