#include "proto/base/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace idnode {

std::string fold_ascii(std::string_view text) {
    std::string out(text);
    for (char& octet : out) octet = fold_ascii(octet);
    return out;
}

bool equal_folded(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(),
                      [](char x, char y) { return fold_ascii(x) == fold_ascii(y); });
}

bool starts_with_folded(std::string_view text, std::string_view beginning) {
    return text.size() >= beginning.size() &&
           equal_folded(text.substr(0, beginning.size()), beginning);
}

bool is_utf8(std::string_view text) {
    const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    std::size_t i = 0;
    while (i < text.size()) {
        const std::uint8_t first = octet(i);
        if (first < 0x80) {
            ++i;
            continue;
        }
        const std::size_t more = first >= 0xF0 ? 3U : first >= 0xE0 ? 2U : 1U;
        if (first < 0xC2 || first > 0xF4 || i + more >= text.size()) return false;
        const std::uint8_t second = octet(i + 1);
        // The second octet alone decides about overlong forms, surrogates and the upper end.
        const std::uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        const std::uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if (second < low || second > high) return false;
        for (std::size_t k = 2; k <= more; ++k) {
            if ((octet(i + k) & 0xC0U) != 0x80U) return false;
        }
        i += more + 1;
    }
    return true;
}

}  // namespace idnode
