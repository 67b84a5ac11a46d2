#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include <boost/json.hpp>

#include "../deployment.hpp"
#include "../orders.hpp"
#include "../prometheus.hpp"
#include "support/eventually.hpp"
#include "support/http_client.hpp"

namespace delivery::tests {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

const std::filesystem::path source_folder{DELIVERY_SOURCE_DIR};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
    return text;
}

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
            ports_[role] = {running->port()};
        }
    }

    // Some of everything: orders, lists, answers to bad input.
    void make_traffic() {
        const int api = roles_["api"]->port();
        const auto id = post_order(api);
        for (const auto* target : {"/orders", "/orders/none", "/nothing", "/readyz"}) {
            http_request(api, "GET", target);
        }
        http_request(api, "GET", "/orders/" + id + "/events");
    }

    deployment deployed_{shared_postgres(), shared_rabbitmq()};
    std::map<std::string, std::unique_ptr<service>> roles_;
    std::map<std::string, std::vector<int>> ports_;
};

TEST_F(dashboards, every_panel_and_every_rule_has_data_from_a_service_at_work) {
    const prometheus watching(ports_);
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
