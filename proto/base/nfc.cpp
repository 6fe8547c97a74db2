#include "proto/base/nfc.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>

#include "proto/base/nfc_tables.h"

namespace idnode {
namespace {

// Hangul syllables are composed by a formula (Unicode, §3.12).
constexpr char32_t kSyllables = 0xAC00;
constexpr char32_t kSyllablesEnd = 0xD7A4;
constexpr char32_t kLeading = 0x1100;
constexpr char32_t kLeadingEnd = 0x1113;
constexpr char32_t kVowels = 0x1161;
constexpr char32_t kVowelsEnd = 0x1176;
constexpr char32_t kTrailing = 0x11A8;
constexpr char32_t kTrailingEnd = 0x11C3;
constexpr char32_t kTrailingCount = 28;  // with none

constexpr bool is_in(char32_t one, char32_t begin, char32_t end) {
    return one >= begin && one < end;
}

/// Takes a character off well-formed text.
char32_t take_character(std::string_view& text) {
    const auto octet = [&text](std::size_t at) -> char32_t {
        return static_cast<unsigned char>(text[at]);
    };
    const char32_t first = octet(0);
    const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    char32_t out = size == 1 ? first : first & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) out = out << 6U | (octet(i) & 0x3FU);
    text.remove_prefix(size);
    return out;
}

/// The row of a table of ranges that `one` is in; nullptr: none.
template <class Row, std::size_t kSize>
const Row* find_range(const Row (&rows)[kSize], char32_t one) {
    const Row* at = std::ranges::lower_bound(rows, one, {}, &Row::last);
    return at != rows + kSize && at->first <= one ? at : nullptr;
}

unsigned combining_class(char32_t one) {
    const nfc::Combining* row = find_range(nfc::kCombining, one);
    return row == nullptr ? 0 : row->combining_class;
}

bool composes_hangul(char32_t first, char32_t second) {
    if (is_in(first, kLeading, kLeadingEnd)) return is_in(second, kVowels, kVowelsEnd);
    const bool is_open =
        is_in(first, kSyllables, kSyllablesEnd) && (first - kSyllables) % kTrailingCount == 0;
    return is_open && is_in(second, kTrailing, kTrailingEnd);
}

bool composes(char32_t first, char32_t second) {
    const auto key = [](const nfc::Composition& row) { return std::tie(row.first, row.second); };
    return composes_hangul(first, second) ||
           std::ranges::binary_search(nfc::kCompositions, std::tie(first, second), {}, key);
}

/// `starter` without those of its marks that come after a mark of this class in canonical order:
/// with the mark of U+0323 in between, e and its acute accent are not one character.
char32_t without_later_marks(char32_t starter, unsigned combining) {
    for (;;) {
        const auto* row =
            std::ranges::find(nfc::kCompositions, starter, &nfc::Composition::composed);
        if (row == std::end(nfc::kCompositions) || combining_class(row->second) <= combining) {
            return starter;
        }
        starter = row->first;
    }
}

}  // namespace

bool is_nfc(std::string_view text) {
    std::optional<char32_t> starter;
    unsigned last_class = 0;  // of what follows the starter
    while (!text.empty()) {
        const char32_t one = take_character(text);
        if (one < 0x300) {  // nothing below composes with what stands before it
            starter = one;
            last_class = 0;
            continue;
        }
        if (find_range(nfc::kExcluded, one) != nullptr) return false;
        const unsigned combining = combining_class(one);
        if (combining != 0 && last_class > combining) return false;  // not in canonical order
        const bool is_adjacent = last_class == 0;
        const bool is_blocked = !is_adjacent && last_class >= combining;
        if (starter && !is_blocked) {
            const char32_t base =
                combining == 0 ? *starter : without_later_marks(*starter, combining);
            if (composes(base, one)) return false;
        }
        if (combining == 0) starter = one;
        last_class = combining;
    }
    return true;
}

}  // namespace idnode
