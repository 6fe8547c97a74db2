#include "proto/schemes/text.h"

namespace idnode::schemes {

void append_escaped(char octet, std::string& out) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto number = static_cast<unsigned char>(octet);
    out += {'%', kDigits[number >> 4U], kDigits[number & 0xFU]};
}

void append_encoded(std::string_view text, std::string& out) {
    for (const char octet : text) {
        if (is_unreserved(octet)) {
            out += octet;
        } else {
            append_escaped(octet, out);
        }
    }
}

bool append_decoded(std::string_view text, std::string& out) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out += text[at];
            continue;
        }
        const int octet = escaped_octet(text, at);
        if (octet < 0) return false;
        out += static_cast<char>(octet);
        at += 2;
    }
    return true;
}

std::string_view take_until(std::string_view& rest, char separator) {
    const std::size_t end = rest.find(separator);
    const std::string_view out = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return out;
}

}  // namespace idnode::schemes
