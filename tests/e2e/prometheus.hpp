#pragma once

#include <boost/json.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "support/child.hpp"
#include "support/temp_folder.hpp"

namespace delivery::tests {

/// How long what an alert tells of must last before it fires: as its rule says, or a second for every alert.
enum class alert_delay { as_written, one_second };

/// An alert whose expression holds, as Prometheus tells of it.
struct active_alert {
    std::string name;
    std::string summary;
    std::string runbook_url;
    bool is_firing = false;
};

/// Debian's Prometheus with our rules, in a folder of its own, scraping each role every half second. Takes up
/// to ten seconds from its start to its first look at them.
class prometheus {
public:
    /// Waits until it answers; throws with its log where it does not.
    explicit prometheus(const std::map<std::string, std::vector<int>>& ports_of_job,
                        alert_delay delay = alert_delay::as_written);

    /// The results of a query; nothing where Prometheus does not answer.
    [[nodiscard]] std::optional<boost::json::array> query(const std::string& expression) const;

    /// Whether the query has a value that is a number.
    [[nodiscard]] bool has_data(const std::string& expression) const;

    [[nodiscard]] std::vector<boost::json::value> rules() const;

    [[nodiscard]] std::vector<active_alert> active_alerts() const;

    /// The names of all alerts that have fired at any moment of the last `length`.
    [[nodiscard]] std::set<std::string> fired_within(std::chrono::milliseconds length) const;

    [[nodiscard]] std::string url() const;

private:
    void write_rules(alert_delay delay) const;
    void write_configuration(const std::map<std::string, std::vector<int>>& ports_of_job) const;

    temp_folder folder_;
    int port_;
    std::optional<child> server_;
};

}  // namespace delivery::tests
