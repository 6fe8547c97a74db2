#include "proto/base/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace idnode {

namespace {

constexpr std::uint64_t kEach = 0x0101010101010101U;

/// `fold_ascii` of each octet: adding to its lower seven bits carries into the eighth one where it
/// is at least `a`, or more than `z`; a letter differs from its capital in 0x20 alone.
constexpr std::uint64_t fold_eight(std::uint64_t octets) {
    const std::uint64_t low = octets & (kEach * 0x7F);
    const std::uint64_t from_a = low + kEach * (0x80 - 'a');
    const std::uint64_t after_z = low + kEach * (0x7F - 'z');
    const std::uint64_t letters = (from_a ^ after_z) & ~octets & (kEach * 0x80);
    return octets ^ (letters >> 2U);
}

std::uint64_t load_eight(const char* at) {
    std::uint64_t octets = 0;
    std::memcpy(&octets, at, sizeof octets);
    return octets;
}
void store_eight(char* at, std::uint64_t octets) {
    std::memcpy(at, &octets, sizeof octets);
}

}  // namespace

std::string fold_ascii(std::string_view text) {
    std::string out(text);
    fold_in_place(std::span(out));
    return out;
}

void fold_in_place(std::span<char> text) {
    constexpr std::size_t kStep = sizeof(std::uint64_t);
    if (text.size() < kStep) {
        for (char& octet : text) octet = fold_ascii(octet);
        return;
    }
    // The last eight, some of them once more. Read before any is written: the processor would wait.
    char* const last = &text[text.size() - kStep];
    const std::uint64_t end = fold_eight(load_eight(last));
    for (std::size_t at = 0; at + kStep <= text.size(); at += kStep) {
        store_eight(&text[at], fold_eight(load_eight(&text[at])));
    }
    store_eight(last, end);
}

bool equal_folded(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return fold_ascii(x) == fold_ascii(y);
           });
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
