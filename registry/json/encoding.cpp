#include "registry/json/encoding.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <span>

#include "proto/base/text.h"

namespace idnode::json {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kTimeForm = "0000-00-00T00:00:00Z";

constexpr std::uint8_t kNoDigit = 0xFF;
using DigitTable = std::array<std::uint8_t, 256>;

constexpr DigitTable digit_table(std::string_view alphabet) {
    DigitTable out{};
    out.fill(kNoDigit);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        out[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return out;
}
constexpr DigitTable kStandardDigits = digit_table(kStandard);
constexpr DigitTable kUrlSafeDigits = digit_table(kUrlSafe);

std::uint32_t octet(BytesView octets, std::size_t at) {
    return at < octets.size() ? std::to_integer<std::uint32_t>(octets[at]) : 0;
}

/// Three octets are four digits; the rest is as many digits as it needs.
void append_digits(BytesView octets, std::string_view alphabet, std::string& out) {
    out.reserve(out.size() + (octets.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < octets.size(); i += 3) {
        const std::uint32_t bits =
            octet(octets, i) << 16U | octet(octets, i + 1) << 8U | octet(octets, i + 2);
        const std::size_t digits = std::min<std::size_t>(4, octets.size() - i + 1);
        for (std::size_t k = 0; k < digits; ++k) {
            out.push_back(alphabet[(bits >> (18U - 6U * k)) & 0x3FU]);
        }
    }
}

/// Refuses bits that no octet holds, so that each octet sequence has one spelling.
bool parse_digits(std::string_view text, const DigitTable& table, Bytes& out) {
    out.clear();
    if (text.size() % 4 == 1) return false;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned bit_count = 0;
    for (const char c : text) {
        const std::uint8_t digit = table[static_cast<unsigned char>(c)];
        if (digit == kNoDigit) return false;
        bits = (bits << 6U | digit) & 0xFFFFU;
        bit_count += 6;
        if (bit_count < 8) continue;
        bit_count -= 8;
        out.push_back(static_cast<std::byte>(bits >> bit_count));
    }
    return (bits & ((1U << bit_count) - 1U)) == 0;
}

/// `width` decimal digits at `at`.
void put_number(std::uint32_t value, std::size_t at, std::size_t width, std::span<char> out) {
    for (std::size_t i = width; i-- > 0; value /= 10) {
        out[at + i] = static_cast<char>('0' + value % 10);
    }
}

/// U+0080 to U+009F, the controls of the second half, in UTF-8.
bool has_high_control(std::string_view text) {
    for (std::size_t at = text.find('\xC2'); at != text.npos; at = text.find('\xC2', at + 1)) {
        if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) return true;
    }
    return false;
}

bool needs_escape(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

/// Looks at every octet, so that the compiler looks at many at once.
bool needs_escapes(std::string_view text) {
    bool out = false;
    for (const char c : text) out |= needs_escape(c);
    return out;
}

/// The decimal number that fills `text`.
std::optional<int> parse_number(std::string_view text) {
    int out = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        out = out * 10 + (c - '0');
    }
    return out;
}

}  // namespace

void append_base64(BytesView octets, std::string& out) {
    append_digits(octets, kStandard, out);
    if (octets.size() % 3 != 0) out.append(3 - octets.size() % 3, '=');
}

bool parse_base64(std::string_view text, Bytes& out) {
    if (text.size() % 4 != 0) return false;
    if (text.ends_with("==")) {
        text.remove_suffix(2);
    } else if (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    return parse_digits(text, kStandardDigits, out);
}

std::optional<Bytes> parse_base64(std::string_view text) {
    Bytes out;
    if (!parse_base64(text, out)) return std::nullopt;
    return out;
}

void append_base64url(BytesView octets, std::string& out) {
    append_digits(octets, kUrlSafe, out);
}

std::optional<Bytes> parse_base64url(std::string_view text) {
    Bytes out;
    if (!parse_digits(text, kUrlSafeDigits, out)) return std::nullopt;
    return out;
}

void append_time(std::uint32_t unix_seconds, std::string& out) {
    using namespace std::chrono;
    const sys_seconds time{seconds{static_cast<std::int32_t>(unix_seconds)}};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    std::array<char, kTimeForm.size()> text{};  // four digits of year are enough for 32 bits
    std::ranges::copy(kTimeForm, text.begin());
    put_number(static_cast<std::uint32_t>(static_cast<int>(date.year())), 0, 4, text);
    put_number(static_cast<unsigned>(date.month()), 5, 2, text);
    put_number(static_cast<unsigned>(date.day()), 8, 2, text);
    put_number(static_cast<std::uint32_t>(clock.hours().count()), 11, 2, text);
    put_number(static_cast<std::uint32_t>(clock.minutes().count()), 14, 2, text);
    put_number(static_cast<std::uint32_t>(clock.seconds().count()), 17, 2, text);
    out.append(text.data(), text.size());
}

std::optional<std::uint32_t> parse_time(std::string_view text) {
    using namespace std::chrono;
    if (text.size() != kTimeForm.size()) return std::nullopt;
    for (const std::size_t at : {4UZ, 7UZ, 10UZ, 13UZ, 16UZ, 19UZ}) {
        if (text[at] != kTimeForm[at]) return std::nullopt;
    }
    const auto y = parse_number(text.substr(0, 4));
    const auto mo = parse_number(text.substr(5, 2));
    const auto d = parse_number(text.substr(8, 2));
    const auto h = parse_number(text.substr(11, 2));
    const auto mi = parse_number(text.substr(14, 2));
    const auto s = parse_number(text.substr(17, 2));
    if (!y || !mo || !d || !h || !mi || !s) return std::nullopt;
    const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)},
                              day{static_cast<unsigned>(*d)}};
    if (!date.ok() || *h > 23 || *mi > 59 || *s > 59) return std::nullopt;
    const std::int64_t time =
        (sys_days{date} + hours{*h} + minutes{*mi} + seconds{*s}).time_since_epoch().count();
    if (time < std::numeric_limits<std::int32_t>::min() ||
        time > std::numeric_limits<std::int32_t>::max()) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(time);
}

void append_json_string(std::string_view text, std::string& out) {
    out += '"';
    if (!needs_escapes(text)) {
        out.append(text).push_back('"');
        return;
    }
    std::size_t done = 0;  // what stands before has been written
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (!needs_escape(c)) continue;
        out += text.substr(done, i - done);
        done = i + 1;
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c == '\r') {
            out += "\\r";
        } else {
            out += "\\u00";
            out += kHexDigits[static_cast<unsigned char>(c) >> 4U];
            out += kHexDigits[static_cast<unsigned char>(c) & 0xFU];
        }
    }
    out += text.substr(done);
    out += '"';
}

bool is_plain_text(std::string_view octets) {
    bool has_control = false;
    bool has_high = false;
    for (const char c : octets) {
        const auto octet = static_cast<unsigned char>(c);
        has_control |= (octet < 0x20 && c != '\t' && c != '\n' && c != '\r') || octet == 0x7F;
        has_high |= octet >= 0x80;
    }
    if (has_control) return false;
    return !has_high || (is_utf8(octets) && !has_high_control(octets));
}

}  // namespace idnode::json
