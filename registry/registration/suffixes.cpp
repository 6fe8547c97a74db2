#include "registry/registration/suffixes.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "proto/base/text.h"
#include "registry/registration/check_characters.h"

namespace idnode::registration {

namespace {

constexpr int kPartsMax = 32;
constexpr std::size_t kTextBytesMax = 64;
constexpr std::uint32_t kLengthMax = 64;
constexpr std::uint32_t kSerialDigitsMax = 18;  // of any radix: below 2^64
constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool is_digit(char one) {
    return one >= '0' && one <= '9';
}
bool is_letter_or_digit(char one) {
    return kDigits.find(fold_ascii(one)) != std::string_view::npos;
}

std::uint32_t radix_of(const v1::CodingPart& part) {
    return part.radix() == 0 ? 10 : part.radix();
}
std::uint32_t length_min(const v1::CodingPart& part) {
    return std::max(part.length_min(), 1U);
}
std::uint32_t length_max(const v1::CodingPart& part) {
    return part.length_max() == 0 ? length_min(part) : part.length_max();
}

bool is_counted(const v1::CodingPart& part) {
    return part.kind() == v1::CODING_PART_KIND_SERIAL ||
           part.kind() == v1::CODING_PART_KIND_DIGITS ||
           part.kind() == v1::CODING_PART_KIND_LETTERS_DIGITS;
}
bool is_given(const v1::CodingPart& part) {
    return part.kind() == v1::CODING_PART_KIND_DIGITS ||
           part.kind() == v1::CODING_PART_KIND_LETTERS_DIGITS;
}

/// Whether a part of counted characters can have this one.
bool may_have(const v1::CodingPart& part, char one) {
    switch (part.kind()) {
        case v1::CODING_PART_KIND_DIGITS:
            return is_digit(one);
        case v1::CODING_PART_KIND_SERIAL:
            return kDigits.substr(0, radix_of(part)).find(fold_ascii(one)) !=
                   std::string_view::npos;
        default:
            return is_letter_or_digit(one);
    }
}

/// What stands in `format` at a place: a piece of a date, or a character as it is.
struct DatePiece {
    std::string_view name;  // empty: a character
    std::size_t octets = 1;
};
DatePiece date_piece(std::string_view format) {
    for (const std::string_view name : {"YYYY", "YY", "MM", "DD"}) {
        if (format.starts_with(name)) return {name, name.size()};
    }
    return {};
}

std::string padded(std::uint64_t number, std::size_t digits, std::uint32_t radix = 10) {
    std::string out;
    for (; number != 0; number /= radix) out.insert(out.begin(), kDigits[number % radix]);
    if (out.size() < digits) out.insert(0, digits - out.size(), '0');
    return out;
}

std::string date_text(std::string_view format, std::chrono::year_month_day date) {
    std::string out;
    while (!format.empty()) {
        const DatePiece piece = date_piece(format);
        const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
        if (piece.name == "YYYY") {
            out += padded(year % 10'000, 4);
        } else if (piece.name == "YY") {
            out += padded(year % 100, 2);
        } else if (piece.name == "MM") {
            out += padded(static_cast<unsigned>(date.month()), 2);
        } else if (piece.name == "DD") {
            out += padded(static_cast<unsigned>(date.day()), 2);
        } else {
            out += format.front();
        }
        format.remove_prefix(piece.octets);
    }
    return out;
}

/// The date at the beginning of `text`, by `format`; takes it off. What the format leaves out is
/// taken so that any day and month may stand there.
bool take_date(std::string_view format, std::string_view& text) {
    unsigned year = 2'000;
    unsigned month = 1;
    unsigned day = 1;
    while (!format.empty()) {
        const DatePiece piece = date_piece(format);
        const std::string_view here = text.substr(0, piece.octets);
        if (here.size() < piece.octets) return false;
        if (piece.name.empty()) {
            if (here.front() != format.front()) return false;
        } else {
            if (!std::ranges::all_of(here, is_digit)) return false;
            unsigned number = 0;
            for (const char one : here) number = number * 10 + static_cast<unsigned>(one - '0');
            if (piece.name == "YYYY") year = number;
            if (piece.name == "YY") year = 2'000 + number;
            if (piece.name == "MM") month = number;
            if (piece.name == "DD") day = number;
        }
        text.remove_prefix(piece.octets);
        format.remove_prefix(piece.octets);
    }
    return std::chrono::year_month_day(std::chrono::year(static_cast<int>(year)),
                                       std::chrono::month(month), std::chrono::day(day))
        .ok();
}

/// As many characters as the part may have.
bool take_counted(const v1::CodingPart& part, std::string_view& text) {
    std::size_t count = 0;
    while (count < text.size() && count < length_max(part) && may_have(part, text[count])) ++count;
    if (count < length_min(part)) return false;
    // A serial has one spelling: zeros fill it up to its least length, and no further.
    if (part.kind() == v1::CODING_PART_KIND_SERIAL && count > length_min(part) &&
        text.front() == '0') {
        return false;
    }
    text.remove_prefix(count);
    return true;
}

bool take_part(const v1::CodingPart& part, std::string_view suffix, std::string_view& text) {
    switch (part.kind()) {
        case v1::CODING_PART_KIND_LITERAL:
            if (!text.starts_with(part.text())) return false;
            text.remove_prefix(part.text().size());
            return true;
        case v1::CODING_PART_KIND_DATE:
            return take_date(part.text(), text);
        case v1::CODING_PART_KIND_CHECK: {
            const auto check =
                check_characters(part.check(), suffix.substr(0, suffix.size() - text.size()));
            if (!check || !starts_with_folded(text, *check)) return false;
            text.remove_prefix(check->size());
            return true;
        }
        default:
            return take_counted(part, text);
    }
}

std::string part_name(const v1::CodingRule& rule, int at) {
    static constexpr std::array kKinds{
        "part", "literal", "date", "serial", "digits", "letters and digits", "check characters"};
    const v1::CodingPart& part = rule.parts(at);
    if (!part.name().empty()) return "'" + part.name() + "'";
    std::string out = kKinds[static_cast<std::size_t>(part.kind())];
    if (!part.text().empty()) out += " '" + part.text() + "'";
    return out;
}

bool is_plain_text(std::string_view text) {
    return !text.empty() && text.size() <= kTextBytesMax && is_utf8(text) &&
           std::ranges::none_of(text, [](char one) { return one >= 0 && one < ' '; });
}

Outcome<void> check_part(const v1::CodingPart& part, const std::string& field) {
    switch (part.kind()) {
        case v1::CODING_PART_KIND_LITERAL:
        case v1::CODING_PART_KIND_DATE:
            if (is_plain_text(part.text())) return {};
            return invalid(field + ".text",
                           "must be UTF-8, 1 to 64 octets, not control characters");
        case v1::CODING_PART_KIND_CHECK:
            if (part.check() != v1::CHECK_FUNCTION_UNSPECIFIED) return {};
            return missing(field + ".check");
        case v1::CODING_PART_KIND_SERIAL:
            if (part.radix() != 0 && part.radix() != 10 && part.radix() != 16 &&
                part.radix() != 36) {
                return invalid(field + ".radix", "must be 10, 16 or 36");
            }
            break;
        case v1::CODING_PART_KIND_DIGITS:
        case v1::CODING_PART_KIND_LETTERS_DIGITS:
            if (part.name().empty()) return missing(field + ".name");
            break;
        default:
            return missing(field + ".kind");
    }
    const std::uint32_t limit =
        part.kind() == v1::CODING_PART_KIND_SERIAL ? kSerialDigitsMax : kLengthMax;
    if (length_max(part) < length_min(part) || length_max(part) > limit) {
        return invalid(field + ".lengthMax", "must be lengthMin to " + std::to_string(limit));
    }
    return {};
}

/// Whether it is clear where a part of variable length ends.
bool ends_clearly(const v1::CodingRule& rule, int at) {
    const v1::CodingPart& part = rule.parts(at);
    if (!is_counted(part) || length_min(part) == length_max(part)) return true;
    if (at + 1 == rule.parts_size()) return true;
    const v1::CodingPart& next = rule.parts(at + 1);
    return next.kind() == v1::CODING_PART_KIND_LITERAL && !may_have(part, next.text().front());
}

}  // namespace

Outcome<void> check_coding_rule(const v1::CodingRule& rule) {
    if (rule.parts().empty()) return missing("parts");
    if (rule.parts_size() > kPartsMax) return invalid("parts", "at most 32");
    std::set<std::string_view> names;
    int serials = 0;
    for (int at = 0; at < rule.parts_size(); ++at) {
        const v1::CodingPart& part = rule.parts(at);
        const std::string field = "parts[" + std::to_string(at) + "]";
        if (auto fine = check_part(part, field); !fine) return fine;
        if (part.name().size() > kTextBytesMax || !is_utf8(part.name())) {
            return invalid(field + ".name", "must be UTF-8, at most 64 octets");
        }
        if (is_given(part) && !names.insert(part.name()).second) {
            return invalid(field + ".name", "comes twice");
        }
        if (part.kind() == v1::CODING_PART_KIND_SERIAL && ++serials > 1) {
            return invalid(field + ".kind", "there can be one serial only");
        }
        if (!ends_clearly(rule, at)) {
            return invalid(field + ".lengthMax",
                           "must be lengthMin, or a literal must follow that begins with a "
                           "character which cannot stand here");
        }
    }
    return {};
}

std::optional<std::string> broken_coding(const v1::CodingRule& rule, std::string_view suffix) {
    std::string_view text = suffix;
    for (int at = 0; at < rule.parts_size(); ++at) {
        if (take_part(rule.parts(at), suffix, text)) continue;
        return part_name(rule, at) + " does not stand at '" + std::string(text) + "'";
    }
    if (text.empty()) return std::nullopt;
    return "'" + std::string(text) + "' is more than the rule has";
}

Outcome<std::string> make_suffix(const v1::CodingRule& rule, const SuffixParts& parts) {
    std::string out;
    for (const v1::CodingPart& part : rule.parts()) {
        switch (part.kind()) {
            case v1::CODING_PART_KIND_LITERAL:
                out += part.text();
                break;
            case v1::CODING_PART_KIND_DATE:
                out += date_text(part.text(), parts.date);
                break;
            case v1::CODING_PART_KIND_SERIAL:
                out += padded(parts.serial, length_min(part), radix_of(part));
                break;
            case v1::CODING_PART_KIND_CHECK:
                if (const auto check = check_characters(part.check(), out)) out += *check;
                break;
            default: {
                const auto given = parts.given.find(part.name());
                if (given == parts.given.end()) return missing("parts." + part.name());
                out += given->second;
            }
        }
    }
    if (const auto broken = broken_coding(rule, out)) return invalid("parts", *broken);
    return out;
}

std::optional<std::uint64_t> serial_max(const v1::CodingRule& rule) {
    const auto part = std::ranges::find(rule.parts(), v1::CODING_PART_KIND_SERIAL,
                                        [](const v1::CodingPart& one) { return one.kind(); });
    if (part == rule.parts().end()) return std::nullopt;
    std::uint64_t out = 1;
    for (std::uint32_t digits = 0; digits < length_max(*part); ++digits) {
        if (out > std::numeric_limits<std::uint64_t>::max() / radix_of(*part)) {
            return std::numeric_limits<std::uint64_t>::max();
        }
        out *= radix_of(*part);
    }
    return out - 1;
}

}  // namespace idnode::registration
