#include "metrics_text.hpp"

#include <regex>
#include <sstream>

namespace delivery::tests {
namespace {

// delivery_x_bucket belongs to the histogram delivery_x.
std::string family_of(const std::string& sample, const std::map<std::string, metric_family>& families) {
    for (const std::string ending : {"_bucket", "_sum", "_count"}) {
        if (!sample.ends_with(ending)) continue;
        auto name = sample.substr(0, sample.size() - ending.size());
        const auto found = families.find(name);
        if (found != families.end() && found->second.type == "histogram") return name;
    }
    return sample;
}

}  // namespace

std::map<std::string, metric_family> parse_families(std::string_view text) {
    static const std::regex type_line(R"(^# TYPE (\S+) (\S+)$)");
    static const std::regex sample_line(R"(^([a-zA-Z_:][\w:]*)(\{.*\})? \S+)");
    static const std::regex label(R"re(([a-zA-Z_]\w*)="(?:[^"\\]|\\.)*")re");
    std::map<std::string, metric_family> families;
    std::istringstream stream{std::string(text)};
    for (std::string line; std::getline(stream, line);) {
        std::smatch match;
        if (std::regex_match(line, match, type_line)) families[match[1]].type = match[2];
        if (line.starts_with('#') || !std::regex_search(line, match, sample_line)) continue;
        auto& family = families[family_of(match[1], families)];
        const std::string labels = match[2];
        for (std::sregex_iterator found(labels.begin(), labels.end(), label), end; found != end; ++found) {
            if ((*found)[1] != "le") family.labels.insert((*found)[1]);
        }
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

std::set<std::string> family_lines(std::string_view text) {
    std::set<std::string> lines;
    for (const auto& [name, family] : parse_families(text)) {
        if (!name.starts_with("delivery_")) continue;
        std::string labels;
        for (const auto& label : family.labels) labels += (labels.empty() ? "" : ",") + label;
        lines.insert(name + " " + family.type + " {" + labels + "}");
    }
    return lines;
}

}  // namespace delivery::tests
