#include "support/metrics_text.hpp"

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace delivery::tests {
namespace {

// delivery_x_bucket belongs to the histogram delivery_x.
std::string family_of(const std::string& sample, const std::map<std::string, std::string>& types) {
    for (const std::string ending : {"_bucket", "_sum", "_count"}) {
        if (!sample.ends_with(ending)) continue;
        auto name = sample.substr(0, sample.size() - ending.size());
        const auto found = types.find(name);
        if (found != types.end() && found->second == "histogram") return name;
    }
    return sample;
}

std::set<std::string> split(const std::string& list) {
    std::set<std::string> items;
    std::istringstream stream(list);
    for (std::string item; std::getline(stream, item, ',');) items.insert(item);
    return items;
}

}  // namespace

std::ostream& operator<<(std::ostream& to, const metric_family& family) {
    to << family.type;
    for (const auto& label : family.labels) to << " " << label;
    return to;
}

metric_families parse_families(std::string_view text) {
    static const std::regex type_line(R"(^# TYPE (\S+) (\S+)$)");
    static const std::regex sample_line(R"(^([a-zA-Z_:][\w:]*)(\{.*\})? \S+)");
    static const std::regex label(R"re(([a-zA-Z_]\w*)="(?:[^"\\]|\\.)*")re");
    std::map<std::string, std::string> types;
    metric_families families;
    std::istringstream stream{std::string(text)};
    for (std::string line; std::getline(stream, line);) {
        std::smatch match;
        if (std::regex_match(line, match, type_line)) types[match[1]] = match[2];
        if (line.starts_with('#') || !std::regex_search(line, match, sample_line)) continue;
        const auto name = family_of(match[1], types);
        auto& family = families[name];
        family.type = types[name];
        const std::string labels = match[2];
        for (std::sregex_iterator found(labels.begin(), labels.end(), label), end; found != end; ++found) {
            if ((*found)[1] != "le") family.labels.insert((*found)[1]);
        }
    }
    return families;
}

metric_families golden_families(const std::set<std::string>& roles) {
    std::ifstream list(DELIVERY_SOURCE_DIR "/tests/support/metrics.golden.txt");
    if (!list) throw std::runtime_error("the golden list of metrics cannot be read");
    metric_families families;
    for (std::string line; std::getline(list, line);) {
        if (line.starts_with('#')) continue;
        std::istringstream words(line);
        std::string name, type, labels, exporters;
        words >> name >> type >> labels >> exporters;
        const bool is_wanted =
            std::ranges::any_of(split(exporters), [&](const auto& role) { return roles.contains(role); });
        if (!is_wanted) continue;
        families[name] = {.type = type, .labels = labels == "-" ? std::set<std::string>{} : split(labels)};
    }
    return families;
}

double metric_sum(std::string_view text, std::string_view name) {
    double sum = 0;
    std::istringstream stream{std::string(text)};
    for (std::string line; std::getline(stream, line);) {
        const bool is_it = line.starts_with(name) && line.size() > name.size() &&
                           (line[name.size()] == ' ' || line[name.size()] == '{');
        if (is_it) sum += std::stod(line.substr(line.rfind(' ') + 1));
    }
    return sum;
}

}  // namespace delivery::tests
