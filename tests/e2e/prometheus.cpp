#include "prometheus.hpp"

#include <algorithm>
#include <filesystem>
#include <regex>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "support/eventually.hpp"
#include "support/http_client.hpp"
#include "support/service.hpp"

namespace delivery::tests {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return encoded;
}

std::string address_of(int port) { return fmt::format("\"127.0.0.1:{}\"", port); }

}  // namespace

prometheus::prometheus(const std::map<std::string, std::vector<int>>& ports_of_job, alert_delay delay)
    : port_(free_port()) {
    write_rules(delay);
    write_configuration(ports_of_job);
    server_.emplace(child_options{
        .command = {"/usr/bin/prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                    fmt::format("--web.listen-address=127.0.0.1:{}", port_)},
        .environment = {},
        .folder = folder_.path(),
        .output_file = folder_ / "output",
        .error_file = folder_ / "errors"});
    if (!eventually(20s, [this] { return query("up").has_value(); })) {
        throw std::runtime_error("Prometheus does not answer: " + read_file(folder_ / "errors"));
    }
}

void prometheus::write_rules(alert_delay delay) const {
    static const std::regex any_delay("(\n *for: )[0-9a-z]+");
    std::filesystem::create_directory(folder_ / "rules");
    for (const auto& file :
         std::filesystem::directory_iterator(DELIVERY_SOURCE_DIR "/deploy/prometheus/rules")) {
        auto text = read_file(file);
        if (delay == alert_delay::one_second) text = std::regex_replace(text, any_delay, "$011s");
        write_file(folder_ / "rules" / file.path().filename(), text);
    }
}

void prometheus::write_configuration(const std::map<std::string, std::vector<int>>& ports_of_job) const {
    std::string configuration =
        "global: {scrape_interval: 500ms, evaluation_interval: 500ms}\n"
        "rule_files: [\"rules/*.yml\"]\nscrape_configs:\n";
    for (const auto& [job, ports] : ports_of_job) {
        std::vector<std::string> targets;
        for (const int port : ports) targets.push_back(address_of(port));
        configuration += fmt::format("  - {{job_name: {}, static_configs: [{{targets: [{}]}}]}}\n", job,
                                     fmt::join(targets, ", "));
    }
    write_file(folder_ / "prometheus.yml", configuration);
}

std::optional<json::array> prometheus::query(const std::string& expression) const {
    const auto answer = try_http_request(port_, "GET", "/api/v1/query?query=" + percent_encoded(expression));
    if (!answer || answer->status != 200) return std::nullopt;
    return answer->json().at("data").at("result").as_array();
}

bool prometheus::has_data(const std::string& expression) const {
    const auto results = query(expression);
    return results && std::ranges::any_of(*results, [](const json::value& one) {
               return one.at("value").at(1).as_string() != "NaN";
           });
}

std::vector<json::value> prometheus::rules() const {
    std::vector<json::value> found;
    const auto answer = http_request(port_, "GET", "/api/v1/rules").json();
    for (const auto& group : answer.at("data").at("groups").as_array()) {
        for (const auto& rule : group.at("rules").as_array()) found.push_back(rule);
    }
    return found;
}

std::vector<active_alert> prometheus::active_alerts() const {
    std::vector<active_alert> found;
    const auto answer = http_request(port_, "GET", "/api/v1/alerts").json();
    for (const auto& alert : answer.at("data").at("alerts").as_array()) {
        const auto& annotations = alert.at("annotations");
        found.push_back({.name = text_at(alert.at("labels"), "alertname"),
                         .summary = text_at(annotations, "summary"),
                         .runbook_url = text_at(annotations, "runbook_url"),
                         .is_firing = text_at(alert, "state") == "firing"});
    }
    return found;
}

std::set<std::string> prometheus::fired_within(std::chrono::milliseconds length) const {
    const auto results = query(fmt::format(
        R"(count by (alertname) (count_over_time(ALERTS{{alertstate="firing"}}[{}ms])))", length.count()));
    if (!results) throw std::runtime_error("Prometheus does not say what has fired");
    std::set<std::string> names;
    for (const auto& one : *results) names.insert(text_at(one.at("metric"), "alertname"));
    return names;
}

std::string prometheus::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

}  // namespace delivery::tests
