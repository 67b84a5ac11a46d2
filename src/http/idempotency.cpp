#include "http/idempotency.hpp"

#include <algorithm>
#include <stdexcept>

#include <openssl/evp.h>

namespace delivery::http {
namespace {

constexpr std::string_view header_name = "Idempotency-Key";
constexpr std::size_t key_max = 255;

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

/// The text of a structured field's string (RFC 8941, section 3.3.3); nothing where it is malformed.
std::optional<std::string> unquote(std::string_view text) {
    if (text.size() < 2 || text.back() != '"') return std::nullopt;
    text = text.substr(1, text.size() - 2);
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') return std::nullopt;
        if (text[i] == '\\') {
            ++i;
            if (i == text.size() || (text[i] != '"' && text[i] != '\\')) return std::nullopt;
        }
        result.push_back(text[i]);
    }
    return result;
}

std::array<std::uint8_t, 32> sha256(std::string_view bytes) {
    std::array<std::uint8_t, 32> digest{};
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 failed");
    }
    return digest;
}

}  // namespace

std::expected<std::optional<ports::idempotency_key>, std::string> read_idempotency_key(
    const request& request) {
    const auto sent = request.headers.find(header_name);
    if (!sent) return std::nullopt;
    if (request.headers.count(header_name) > 1)
        return std::unexpected("There is more than one Idempotency-Key");
    const auto key = sent->starts_with('"') ? unquote(*sent) : std::string(*sent);
    if (!key || key->empty() || key->size() > key_max || !std::ranges::all_of(*key, is_printable)) {
        return std::unexpected("The Idempotency-Key is not 1 to 255 visible ASCII characters");
    }
    return ports::idempotency_key{.key = *key, .fingerprint = sha256(request.body)};
}

}  // namespace delivery::http
