#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "../deployment.hpp"
#include "../orders.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"

namespace delivery::tests {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

const std::filesystem::path source_folder{DELIVERY_SOURCE_DIR};

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return encoded;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
    return text;
}

/// Debian's Prometheus with our rules, scraping each role every half second.
class prometheus {
public:
    explicit prometheus(const std::map<std::string, int>& port_of_job) {
        std::string configuration =
            "global: {scrape_interval: 500ms, evaluation_interval: 500ms}\nrule_files: [\"" +
            (source_folder / "deploy/prometheus/rules/*.yml").string() + "\"]\nscrape_configs:\n";
        for (const auto& [job, port] : port_of_job) {
            configuration += fmt::format(
                "  - {{job_name: {}, static_configs: [{{targets: [\"127.0.0.1:{}\"]}}]}}\n", job, port);
        }
        write_file(folder_ / "prometheus.yml", configuration);
        server_.emplace(child_options{
            .command = {"/usr/bin/prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                        fmt::format("--web.listen-address=127.0.0.1:{}", port_)},
            .environment = {},
            .folder = folder_.path(),
            .output_file = folder_ / "output",
            .error_file = folder_ / "errors"});
    }

    /// The results of a query; nothing where Prometheus does not answer.
    std::optional<json::array> query(const std::string& expression) {
        const auto answer =
            try_http_request(port_, "GET", "/api/v1/query?query=" + percent_encoded(expression));
        if (!answer || answer->status != 200) return std::nullopt;
        return answer->json().at("data").at("result").as_array();
    }

    /// Whether the query has a value that is a number.
    bool has_data(const std::string& expression) {
        const auto results = query(expression);
        return results && std::ranges::any_of(*results, [](const json::value& one) {
                   return one.at("value").at(1).as_string() != "NaN";
               });
    }

    [[nodiscard]] std::vector<json::value> rules() const {
        std::vector<json::value> found;
        const auto answer = http_request(port_, "GET", "/api/v1/rules").json();
        for (const auto& group : answer.at("data").at("groups").as_array()) {
            for (const auto& rule : group.at("rules").as_array()) found.push_back(rule);
        }
        return found;
    }

    [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

    [[nodiscard]] std::string errors() const { return read_file(folder_ / "errors"); }

private:
    temp_folder folder_;
    int port_ = free_port();
    std::optional<child> server_;
};

struct question {
    std::string where;
    std::string expression;
};

std::vector<std::filesystem::path> dashboard_files() {
    const std::filesystem::directory_iterator files(source_folder / "deploy/grafana/dashboards");
    return {begin(files), end(files)};
}

/// Every query of every panel of every dashboard.
std::vector<question> all_questions() {
    std::vector<question> found;
    for (const auto& file : dashboard_files()) {
        const auto dashboard = json::parse(read_file(file));
        for (const auto& panel : dashboard.at("panels").as_array()) {
            const auto* targets = panel.as_object().if_contains("targets");
            if (targets == nullptr) continue;
            for (const auto& target : targets->as_array()) {
                found.push_back({file.stem().string() + ": " + text_at(panel, "title"),
                                 replaced(text_at(target, "expr"), "$__rate_interval", "1m")});
            }
        }
    }
    return found;
}

command_result draw(const std::filesystem::path& dashboard, const prometheus& watching) {
    using std::chrono::system_clock;
    const auto now = system_clock::to_time_t(system_clock::now());
    return run_command({"/usr/bin/python3", source_folder / "deploy/grafana/draw", watching.url(), dashboard,
                        std::to_string(now - 60), std::to_string(now)},
                       30s);
}

/// The dashboard's picture has each of its panels, and soon none is without data: what came in the last
/// second is not in it yet.
void expect_picture(const std::filesystem::path& dashboard, const prometheus& watching) {
    command_result drawn;
    EXPECT_TRUE(eventually(20s, [&] {
        drawn = draw(dashboard, watching);
        return drawn.output.find("no data") == std::string::npos;
    })) << dashboard;
    EXPECT_EQ(drawn.status.code, 0) << drawn.errors;
    EXPECT_TRUE(drawn.output.ends_with("</svg>\n"));
    const auto content = json::parse(read_file(dashboard));
    for (const auto& panel : content.at("panels").as_array()) {
        const auto title = text_at(panel, "title");
        EXPECT_NE(drawn.output.find(">" + title + "</text>"), std::string::npos) << title;
    }
}

class dashboards : public testing::Test {
protected:
    dashboards() {
        deployed_.variables["AUDIT_INTERVAL"] = "1s";
        for (const auto* role : {"api", "relay", "worker"}) roles_[role] = deployed_.start(role);
        for (const auto& [role, running] : roles_) {
            running->await_ready();
            ports_[role] = running->port();
        }
    }

    // Some of everything: orders, lists, answers to bad input.
    void make_traffic() {
        const auto id = post_order(ports_["api"]);
        for (const auto* target : {"/orders", "/orders/none", "/nothing", "/readyz"}) {
            http_request(ports_["api"], "GET", target);
        }
        http_request(ports_["api"], "GET", "/orders/" + id + "/events");
    }

    deployment deployed_{shared_postgres(), shared_rabbitmq()};
    std::map<std::string, std::unique_ptr<service>> roles_;
    std::map<std::string, int> ports_;
};

TEST_F(dashboards, every_panel_and_every_rule_has_data_from_a_service_at_work) {
    prometheus watching(ports_);
    ASSERT_TRUE(eventually(20s, [&] { return watching.query("up").has_value(); })) << watching.errors();
    auto questions = all_questions();
    EXPECT_GT(questions.size(), 50U);
    std::size_t alerts = 0;
    for (const auto& rule : watching.rules()) {
        if (text_at(rule, "type") == "recording") {
            questions.push_back({"recording rule", text_at(rule, "name")});
        } else {
            ++alerts;
        }
    }
    EXPECT_GT(alerts, 10U);
    eventually(
        60s,
        [&] {
            make_traffic();
            std::erase_if(questions, [&](const auto& one) { return watching.has_data(one.expression); });
            return questions.empty();
        },
        200ms);
    for (const auto& one : questions) ADD_FAILURE() << one.where << " has no data: " << one.expression;
    for (const auto& rule : watching.rules())
        EXPECT_EQ(text_at(rule, "health"), "ok") << text_at(rule, "name");
    for (const auto& file : dashboard_files()) expect_picture(file, watching);
}

}  // namespace
}  // namespace delivery::tests
