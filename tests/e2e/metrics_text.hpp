#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace delivery::tests {

/// A metric as Prometheus' text format describes it.
struct metric_family {
    std::string type;
    std::set<std::string> labels;  ///< The names that any of its samples has, "le" left out.
};

std::map<std::string, metric_family> parse_families(std::string_view text);

/// The sum of a metric's samples, over all its labels.
double metric_sum(std::string_view text, std::string_view name);

/// The families whose names begin with "delivery_", one a line: name, type, {labels}. For golden lists.
std::set<std::string> family_lines(std::string_view text);

}  // namespace delivery::tests
