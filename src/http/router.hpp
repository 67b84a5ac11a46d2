#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"
#include "ports/awaitable.hpp"

namespace delivery::http {

using route_handler = std::function<awaitable<response>(request&)>;

/// What answers one method on one path. The template, static text, may hold one `{parameter}`, a whole
/// segment.
struct route {
    std::string_view method;
    std::string_view path;
    route_handler handle;
};

/// Finds the route of a request. Not changed after it was made.
class router {
public:
    explicit router(std::vector<route> routes) : routes_(std::move(routes)) {}

    /// Every route, in the order in which they were given. HEAD and OPTIONS are not among them: every path
    /// has them.
    [[nodiscard]] const std::vector<route>& routes() const { return routes_; }

    /// Either a route or, where there is none for this path and method, the answer; and the template that
    /// matched.
    struct match {
        const route* found = nullptr;
        std::optional<response> answer;
        std::string_view path_template = "unmatched";
    };

    /// A trailing slash is the same path. HEAD is GET's; OPTIONS and 405 carry Allow. Writes the request's
    /// parameter.
    [[nodiscard]] match find(request& request) const;

private:
    [[nodiscard]] std::string allowed_methods(std::string_view path_template) const;

    std::vector<route> routes_;
};

}  // namespace delivery::http
