#pragma once

#include <algorithm>
#include <string>
#include <string_view>

/// What several schemes read in the same way.
namespace idnode::schemes {

constexpr bool is_digit(char octet) {
    return octet >= '0' && octet <= '9';
}
constexpr bool is_lower(char octet) {
    return octet >= 'a' && octet <= 'z';
}
constexpr bool is_upper(char octet) {
    return octet >= 'A' && octet <= 'Z';
}
constexpr bool is_letter(char octet) {
    return is_lower(octet) || is_upper(octet);
}
constexpr bool all_digits(std::string_view text) {
    return std::ranges::all_of(text, is_digit);
}
constexpr char lower_ascii(char octet) {
    return is_upper(octet) ? static_cast<char>(octet - 'A' + 'a') : octet;
}

/// RFC 3986, §2.3.
constexpr bool is_unreserved(char octet) {
    return is_letter(octet) || is_digit(octet) || octet == '-' || octet == '.' || octet == '_' ||
           octet == '~';
}

/// -1: not a hexadecimal digit.
constexpr int hex_value(char octet) {
    if (is_digit(octet)) return octet - '0';
    const char lower = lower_ascii(octet);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The octet that `%HH` at `at` stands for; -1 where there is none.
constexpr int escaped_octet(std::string_view text, std::size_t at) {
    if (text.size() - at < 3 || text[at] != '%') return -1;
    const int high = hex_value(text[at + 1]);
    const int low = hex_value(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// Appends `%HH`.
void append_escaped(char octet, std::string& out);
/// Unreserved characters plain, every other octet as `%HH` (identifiers document, §6.4.7).
void append_encoded(std::string_view text, std::string& out);
/// Appends what percent-encoded `text` stands for; false: a malformed `%`.
bool append_decoded(std::string_view text, std::string& out);

/// Takes what stands before the next `separator` off `rest`, and the separator; all of it where
/// there is none.
std::string_view take_until(std::string_view& rest, char separator);

}  // namespace idnode::schemes
