#pragma once

#include <map>
#include <ostream>
#include <set>
#include <string>
#include <string_view>

namespace delivery::tests {

/// A metric as Prometheus' text format describes it.
struct metric_family {
    std::string type;
    std::set<std::string> labels;  ///< The names that any of its samples has, "le" left out.

    friend bool operator==(const metric_family&, const metric_family&) = default;
    friend std::ostream& operator<<(std::ostream& to, const metric_family& family);
};

using metric_families = std::map<std::string, metric_family>;

/// Those that have a sample; without a "# TYPE" line before it, the type is empty.
metric_families parse_families(std::string_view text);

/// What metrics.golden.txt, beside this file, says that any of these roles exports. Throws where it cannot
/// be read.
metric_families golden_families(const std::set<std::string>& roles);

/// The sum of a metric's samples, over all its labels.
double metric_sum(std::string_view text, std::string_view name);

}  // namespace delivery::tests
