#include "support/fakes.hpp"

#include <algorithm>
#include <type_traits>

namespace delivery::tests {
namespace {

std::string as_text(const ports::log_field& field) {
    return std::visit(
        [](const auto& value) -> std::string {
            using type = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<type, std::string_view>) {
                return std::string(value);
            } else if constexpr (std::is_same_v<type, bool>) {
                return value ? "true" : "false";
            } else {
                return std::to_string(value);
            }
        },
        field.value);
}

}  // namespace

void recording_logger::write(ports::log_level level, std::string_view message,
                             std::span<const ports::log_field> fields) noexcept {
    line added{.level = level, .message = std::string(message), .fields = {}};
    for (const auto& field : fields) added.fields.emplace(field.name, as_text(field));
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(added));
}

std::vector<recording_logger::line> recording_logger::lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
}

std::size_t recording_logger::count(std::string_view message) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::ranges::count_if(lines_, [message](const line& written) { return written.message == message; }));
}

}  // namespace delivery::tests
