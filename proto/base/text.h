#pragma once

#include <span>
#include <string>
#include <string_view>

namespace idnode {

/// ASCII fold of §0.1: `a`-`z` to `A`-`Z`, every other octet as it is. Never Unicode case mapping.
constexpr char fold_ascii(char octet) {
    return octet >= 'a' && octet <= 'z' ? static_cast<char>(octet - 'a' + 'A') : octet;
}
std::string fold_ascii(std::string_view text);
/// In place, eight octets at a time.
void fold_in_place(std::span<char> text);
bool equal_folded(std::string_view a, std::string_view b);
bool starts_with_folded(std::string_view text, std::string_view beginning);

/// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF (§1.1).
bool is_utf8(std::string_view text);

}  // namespace idnode
