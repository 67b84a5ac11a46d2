#include "http/incoming_request.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "http/framing.hpp"

namespace delivery::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using body_size = boost::optional<std::uint64_t>;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

/// Beast's parser, writing into our request. One object reads one request.
class parser final : public beast::http::basic_parser<true> {
public:
    parser(request& into, const request_limits& limits) : request_(into) {
        body_limit(limits.body);
        header_limit(static_cast<std::uint32_t>(limits.header));
    }

private:
    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                         error_code&) override {
        request_.method = view(method);
        request_.target = view(target);
        request_.version = static_cast<unsigned>(version);
    }
    void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                       error_code&) override {
        // Trailers could otherwise pass for headers.
        if (!is_header_done()) request_.headers.add(view(name), view(value));
    }
    void on_body_init_impl(const body_size& length, error_code&) override {
        if (length) request_.body.reserve(static_cast<std::size_t>(*length));
    }
    std::size_t on_body_impl(beast::string_view bytes, error_code&) override {
        request_.body.append(view(bytes));
        return bytes.size();
    }
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code&) override {
        request_.body.append(view(bytes));
        return bytes.size();
    }
    void on_header_impl(error_code&) override {}
    void on_finish_impl(error_code&) override {}
    // Beast takes any byte within quotes, where somebody on the way may see a line end.
    void on_chunk_header_impl(std::uint64_t, beast::string_view extensions, error_code& error) override {
        if (has_control(view(extensions))) error = beast::http::error::bad_chunk_extension;
    }
    void on_response_impl(int, beast::string_view, int, error_code&) override {}

    request& request_;
};

/// Turns "http://host/path" into "/path" (RFC 9112, section 3.2.2). False for a target that is of no known
/// form.
bool to_origin_form(request& request) {
    auto& target = request.target;
    if (target.starts_with('/') || (target == "*" && request.method == "OPTIONS")) return true;
    const auto scheme_end = target.find("://");
    if (scheme_end == std::string::npos) return false;
    const auto scheme = std::string_view(target).substr(0, scheme_end);
    if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) return false;
    const auto authority = scheme_end + 3;
    const auto path = target.find_first_of("/?", authority);
    target.erase(0, path == std::string::npos ? target.size() : path);
    if (!target.starts_with('/')) target.insert(0, "/");
    return true;
}

}  // namespace

class incoming_request::implementation {
public:
    implementation(request& into, const request_limits& limits) : request_(into), limits_(limits) { reset(); }

    void reset() {
        request_.clear();
        parser_.emplace(request_, limits_);
        scanner_ = {};
        fault_.reset();
    }

    std::size_t feed(std::string_view bytes) {
        std::size_t taken = 0;
        if (!parser_->is_header_done()) {
            // RFC 9112, section 2.2: empty lines before the request line are ignored.
            while (!scanner_.first_line_size() && bytes.substr(taken).starts_with("\r\n")) taken += 2;
            taken += feed_header(bytes.substr(taken));
        }
        while (bytes.size() - taken >= least_of_body() && !fault_ && parser_->is_header_done() &&
               !parser_->is_done()) {
            const auto more = put(bytes.substr(taken));
            if (more == 0) break;
            taken += more;
        }
        return taken;
    }

    request& request_;
    const request_limits& limits_;
    std::optional<parser> parser_;
    header_scanner scanner_;
    std::optional<refusal> fault_;

private:
    /// How many bytes of a body the parser gets at least. Beast 1.81 ends the process by an assertion where
    /// the last chunk, "0\r\n\r\n", comes as three bytes and then one; no chunk that is still to come has
    /// fewer than five.
    [[nodiscard]] std::size_t least_of_body() const {
        constexpr std::size_t last_chunk_size = 5;
        return parser_->chunked() ? last_chunk_size : 1;
    }

    std::size_t feed_header(std::string_view bytes) {
        const auto state = scanner_.scan(bytes);
        if (auto fault = find_size_fault(state, bytes)) {
            parse_first_line(bytes);
            fault_ = std::move(fault);
        } else if (state == header_scanner::state::bare_line_feed) {
            refuse(problem_kind::bad_request, "A header line does not end with CR LF");
        } else if (state == header_scanner::state::folded) {
            refuse(problem_kind::bad_request, "A header line is folded");
        } else if (state == header_scanner::state::complete) {
            return parse_header(bytes.substr(0, scanner_.size()));
        }
        return 0;
    }

    /// The parser's own limit counts only what it has not taken yet, so sizes are judged here.
    std::optional<refusal> find_size_fault(header_scanner::state state, std::string_view bytes) const {
        const auto line = scanner_.first_line_size();
        const auto header = state == header_scanner::state::complete ? scanner_.size() : bytes.size();
        if (header <= limits_.header) return std::nullopt;
        if (line.value_or(bytes.size()) > limits_.target) return target_fault();
        return refusal{problem_kind::request_header_fields_too_large,
                       "The headers have more than " + std::to_string(limits_.header) + " bytes"};
    }

    /// So that the answer knows at least the method and the path.
    void parse_first_line(std::string_view bytes) {
        error_code ignored;
        const auto size = scanner_.first_line_size().value_or(0);
        if (size != 0 && size <= limits_.target) parser_->put({bytes.data(), size}, ignored);
    }

    refusal target_fault() const {
        return {problem_kind::uri_too_long,
                "The target has more than " + std::to_string(limits_.target) + " bytes"};
    }

    /// Reads the whole header block at once. Where it is refused, what could be read of it is in the request.
    std::size_t parse_header(std::string_view block) {
        error_code error;
        std::size_t taken = 0;
        while (taken < block.size() && !error && !parser_->is_header_done()) {
            taken += parser_->put({block.data() + taken, block.size() - taken}, error);
        }
        if (error == beast::http::error::body_limit) {
            refuse_body();
        } else if (error) {
            refuse(problem_kind::bad_request, "The request is malformed: " + error.message());
        } else if (request_.target.size() > limits_.target) {
            fault_ = target_fault();
        } else if (const auto fault = find_framing_fault(request_.headers, request_.version)) {
            refuse(problem_kind::bad_request, std::string(*fault));
        } else if (!to_origin_form(request_)) {
            refuse(problem_kind::bad_request, "The target is not a path");
        }
        return taken;
    }

    std::size_t put(std::string_view bytes) {
        error_code error;
        const auto taken = parser_->put({bytes.data(), bytes.size()}, error);
        if (error == beast::http::error::body_limit) {
            refuse_body();
        } else if (error == beast::http::error::need_more) {
            // A chunk's header, or the trailers, of which the parser takes nothing before they are whole.
            if (bytes.size() - taken > limits_.header)
                refuse(problem_kind::bad_request, "A chunk header is too long");
        } else if (error) {
            refuse(problem_kind::bad_request, "The body is malformed: " + error.message());
        }
        return taken;
    }

    void refuse_body() {
        refuse(problem_kind::content_too_large,
               "The body has more than " + std::to_string(limits_.body) + " bytes");
    }

    void refuse(problem_kind kind, std::string detail) { fault_ = refusal{kind, std::move(detail)}; }
};

incoming_request::incoming_request(request& into, const request_limits& limits)
    : implementation_(std::make_unique<implementation>(into, limits)) {}
incoming_request::~incoming_request() = default;

void incoming_request::reset() { implementation_->reset(); }
std::size_t incoming_request::feed(std::string_view bytes) { return implementation_->feed(bytes); }
bool incoming_request::is_header_done() const { return implementation_->parser_->is_header_done(); }
bool incoming_request::is_complete() const { return !fault() && implementation_->parser_->is_done(); }
bool incoming_request::keeps_alive() const { return is_complete() && implementation_->parser_->keep_alive(); }
const std::optional<refusal>& incoming_request::fault() const { return implementation_->fault_; }

bool incoming_request::expects_continue() const {
    const auto& request = implementation_->request_;
    return request.version >= 11 &&
           equals_ignoring_case(request.headers.find("Expect").value_or(""), "100-continue");
}

}  // namespace delivery::http
