#include "code_text.hpp"

#include <algorithm>
#include <regex>

namespace delivery::tests {
namespace {

// Walks over a C++ text and tells code from comments and literals.
class scanner {
public:
    explicit scanner(std::string_view text) : text_(text) {}

    // The text with comments and literals blanked, line breaks kept; comments are collected.
    std::string blank(std::vector<comment>& comments) {
        while (position_ < text_.size()) {
            if (text_.substr(position_).starts_with("//")) {
                skip_line_comment(comments);
            } else if (text_.substr(position_).starts_with("/*")) {
                skip_to_end_of("*/");
            } else if (text_[position_] == '"' && is_raw()) {
                skip_raw_string();
            } else if (text_[position_] == '"' || is_character_literal()) {
                skip_literal(text_[position_]);
            } else {
                take();
            }
        }
        return std::move(code_);
    }

private:
    void take() {
        if (text_[position_] == '\n') ++line_;
        code_ += text_[position_++];
    }

    void drop() {
        if (text_[position_] == '\n') {
            ++line_;
            code_ += '\n';
        } else {
            code_ += ' ';
        }
        ++position_;
    }

    void skip_line_comment(std::vector<comment>& comments) {
        const auto end = std::min(text_.find('\n', position_), text_.size());
        comments.push_back({line_, std::string(text_.substr(position_ + 2, end - position_ - 2))});
        while (position_ < end) drop();
    }

    void skip_to_end_of(std::string_view end) {
        const auto found = text_.find(end, position_ + 1);
        const auto last = found == std::string_view::npos ? text_.size() : found + end.size();
        while (position_ < last) drop();
    }

    // A digit's separator is no literal.
    [[nodiscard]] bool is_character_literal() const {
        const auto is_digit = [](char letter) {
            return std::isalnum(static_cast<unsigned char>(letter)) != 0;
        };
        return text_[position_] == '\'' && (position_ == 0 || !is_digit(text_[position_ - 1]));
    }

    [[nodiscard]] bool is_raw() const { return position_ > 0 && text_[position_ - 1] == 'R'; }

    void skip_raw_string() {
        const auto open = text_.find('(', position_);
        const auto delimiter = std::string(text_.substr(position_ + 1, open - position_ - 1));
        skip_to_end_of(")" + delimiter + "\"");
    }

    void skip_literal(char quote) {
        drop();
        while (position_ < text_.size() && text_[position_] != quote && text_[position_] != '\n') {
            if (text_[position_] == '\\') drop();
            drop();
        }
        if (position_ < text_.size()) drop();
    }

    std::string_view text_;
    std::size_t position_ = 0;
    std::size_t line_ = 1;
    std::string code_;
};

// What stands before a brace since the last statement or block ended.
bool opens_function(const std::string& head) {
    static const std::regex not_a_function(
        R"(^\s*(namespace|enum|union|extern|struct|class|requires|concept)\b)");
    static const std::regex type_in_template(R"(^\s*template\s*<[^{]*>\s*(struct|class)\b)");
    static const std::regex after_parameters(R"(\)\s*((const|noexcept|override|final|mutable|&|&&)\s*)*)"
                                             R"((->\s*[\w:<>,\s\*&\[\]]+|:[^:][^;]*)?\s*$)");
    if (std::regex_search(head, not_a_function) || std::regex_search(head, type_in_template)) return false;
    return std::regex_search(head, after_parameters);
}

}  // namespace

std::vector<line_range> function_bodies(std::string_view text) {
    std::vector<comment> comments;
    const auto code = scanner(text).blank(comments);
    std::vector<line_range> bodies;
    std::string head;
    std::size_t line = 1;
    std::size_t depth = 0;  // Of braces within a function.
    std::size_t first_line = 0;
    for (const char letter : code) {
        if (letter == '\n') ++line;
        if (depth > 0) {
            if (letter == '{') ++depth;
            if (letter == '}' && --depth == 0) bodies.push_back({first_line, line});
        } else if (letter == '{' && opens_function(head)) {
            depth = 1;
            first_line = line;
        }
        const bool ends_head = letter == ';' || letter == '{' || letter == '}';
        if (ends_head) {
            head.clear();
        } else {
            head += letter;
        }
    }
    return bodies;
}

std::vector<comment> line_comments(std::string_view text) {
    std::vector<comment> comments;
    scanner(text).blank(comments);
    return comments;
}

bool looks_like_code(std::string_view comment) {
    static const std::regex control(
        R"(^\s*(return\b.*;|(if|while)\s*\(.*\)\s*\{?|for\s*\(.*[;:].*\)\s*\{?)\s*$)");
    static const std::regex punctuation(R"(^\s*(#\s*include\b.*|\}\s*(else\b.*)?|else\s*\{)\s*$)");
    static const std::regex call(R"(^\s*[\w:<>.*&]+(->)?[\w:]*\s*\(.*\);\s*$)");
    static const std::regex assignment(
        R"(^\s*((const\s+)?[\w:<>]+\s+)?[\w.\->]+\s*(=|\+=|-=)\s*[^=].*;\s*$)");
    const std::string line(comment);
    return std::ranges::any_of(
        std::initializer_list<const std::regex*>{&control, &punctuation, &call, &assignment},
        [&line](const std::regex* form) { return std::regex_match(line, *form); });
}

}  // namespace delivery::tests
