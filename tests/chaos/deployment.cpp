#include "chaos/deployment.hpp"

#include <stdexcept>

namespace delivery::chaos {
namespace {

std::string with_port(const std::string& url, int port) {
    const auto colon = url.find(':', url.find('@'));
    return url.substr(0, colon + 1) + std::to_string(port) + url.substr(url.find('/', colon));
}

std::vector<std::unique_ptr<tests::tcp_proxy>> make_proxies(std::size_t count, int port) {
    std::vector<std::unique_ptr<tests::tcp_proxy>> proxies;
    for (std::size_t index = 0; index < count; ++index) {
        proxies.push_back(std::make_unique<tests::tcp_proxy>(port));
    }
    return proxies;
}

}  // namespace

deployment::deployment(const deployment_options& options)
    : folder_(options.folder),
      database_(folder_, options.disk_bytes),
      broker_(tests::rabbitmq_server::in(folder_ / "rabbitmq")),
      to_database_(make_proxies(role_of_process.size(), database_.port())),
      to_broker_(broker_->port()),
      roles_(folder_, database_urls(), migrated_and_proxied_broker_url(), options.faketime_library) {
    for (std::size_t index = 0; index < role_of_process.size(); ++index) {
        if (role_of_process.at(index) == "api")
            to_apis_.push_back(std::make_unique<tests::tcp_proxy>(roles_.port(index)));
    }
}

std::vector<std::string> deployment::database_urls() const {
    std::vector<std::string> urls;
    for (const auto& proxy : to_database_) urls.push_back(with_port(database_.url(), proxy->port()));
    return urls;
}

std::string deployment::migrated_and_proxied_broker_url() {
    const auto migrated = run({"migrate", "up"});
    if (migrated.status.code != 0) throw std::runtime_error("migrate up: " + migrated.errors);
    return with_port(broker_->url(), to_broker_.port());
}

std::vector<int> deployment::api_ports() const {
    std::vector<int> ports;
    for (const auto& proxy : to_apis_) ports.push_back(proxy->port());
    return ports;
}

void deployment::follow_database() {
    for (const auto& proxy : to_database_) {
        proxy->redirect(database_.port());
        proxy->cut_all();
    }
}

tests::command_result deployment::run(std::vector<std::string> arguments) {
    return tests::run_delivery(std::move(arguments),
                               {{"DATABASE_URL", database_.url()}, {"RABBITMQ_URL", broker_->url()}},
                               std::chrono::minutes(10));
}

void deployment::keep_logs() const {
    database_.keep_logs();
    std::error_code ignored;
    std::filesystem::copy_file(folder_ / "rabbitmq" / "rabbitmq.log", folder_ / "rabbitmq.log",
                               std::filesystem::copy_options::overwrite_existing, ignored);
}

}  // namespace delivery::chaos
