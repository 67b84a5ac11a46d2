#include "mutation.hpp"

#include <algorithm>
#include <string_view>

namespace delivery::fuzz {
namespace {

constexpr std::size_t longest_piece = 32;
constexpr std::size_t longest_text = 4096;

/// Bytes at which readers tend to stumble.
constexpr char telling_text[] = "\0\t\n\r \"%'+,/:;=?@[\\]{}\x7f\x80\xbf\xc2\xed\xf4\xff";
constexpr std::string_view telling_bytes(telling_text, sizeof telling_text - 1);

/// A number below `limit`; 0 where that is 0.
std::size_t pick(std::mt19937_64& random, std::size_t limit) { return limit == 0 ? 0 : random() % limit; }

char pick_byte(std::mt19937_64& random) {
    return pick(random, 2) == 0 ? telling_bytes[pick(random, telling_bytes.size())]
                                : static_cast<char>(pick(random, 256));
}

std::string pick_piece(const std::string& text, std::mt19937_64& random) {
    return text.substr(pick(random, text.size()), 1 + pick(random, longest_piece));
}

void change(std::string& text, std::span<const std::string> texts, std::mt19937_64& random) {
    const auto at = pick(random, text.size() + 1);
    switch (pick(random, 6)) {
        case 0:
            if (at < text.size()) text[at] = pick_byte(random);
            break;
        case 1:
            if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << pick(random, 8)));
            break;
        case 2: text.insert(at, 1, pick_byte(random)); break;
        case 3: text.erase(at, 1 + pick(random, longest_piece)); break;
        case 4: text.insert(at, pick_piece(text, random)); break;
        default: text.insert(at, pick_piece(texts[pick(random, texts.size())], random));
    }
}

}  // namespace

std::string mutate(std::span<const std::string> texts, std::mt19937_64& random) {
    auto text = texts[pick(random, texts.size())];
    for (auto changes = 1 + pick(random, 4); changes > 0; --changes) change(text, texts, random);
    text.resize(std::min(text.size(), longest_text));
    return text;
}

}  // namespace delivery::fuzz
