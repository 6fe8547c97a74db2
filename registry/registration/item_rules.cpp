#include "registry/registration/item_rules.h"

#include <algorithm>
#include <chrono>

#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "registry/json/parse.h"
#include "registry/model/identifier.h"
#include "registry/registration/patterns.h"

namespace idnode::registration {

namespace {

using Rule = std::optional<std::string>;  // the broken one

constexpr std::uint32_t kTextLengthMax = 65'535;
constexpr std::uint32_t kLongTextLengthMax = limits::kMessageBytesMax;  // a record must fit
constexpr std::size_t kNumberDigitsMax = 38;
constexpr int kChoicesMax = 1'000;
constexpr std::size_t kChoiceBytesMax = 255;
constexpr std::size_t kUnitBytesMax = 64;
constexpr std::string_view kDigits = "0123456789";

/// Characters of well-formed UTF-8.
std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char one) { return (static_cast<unsigned char>(one) & 0xC0U) != 0x80U; }));
}

bool is_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of(kDigits) == std::string_view::npos;
}

/// A decimal number without what does not count: leading zeros, zeros that end a fraction.
struct Decimal {
    bool negative = false;
    std::string_view whole;     // empty: 0
    std::string_view fraction;  // without zeros at its end
    std::size_t decimals = 0;   // as written
};

std::optional<Decimal> read_decimal(std::string_view text) {
    Decimal out;
    if (text.starts_with('-')) {
        out.negative = true;
        text.remove_prefix(1);
    }
    const std::size_t point = text.find('.');
    out.whole = text.substr(0, point);
    const bool has_fraction = point != std::string_view::npos;
    if (has_fraction) out.fraction = text.substr(point + 1);
    if (!is_digits(out.whole) || (has_fraction && !is_digits(out.fraction)) ||
        (out.whole.size() > 1 && out.whole.starts_with('0')) ||
        out.whole.size() + out.fraction.size() > kNumberDigitsMax) {
        return std::nullopt;
    }
    out.decimals = out.fraction.size();
    if (out.whole == "0") out.whole = {};
    while (out.fraction.ends_with('0')) out.fraction.remove_suffix(1);
    if (out.whole.empty() && out.fraction.empty()) out.negative = false;
    return out;
}

bool is_below(const Decimal& a, const Decimal& b) {
    if (a.negative != b.negative) return a.negative;
    const Decimal& small = a.negative ? b : a;  // in size
    const Decimal& large = a.negative ? a : b;
    if (small.whole.size() != large.whole.size()) return small.whole.size() < large.whole.size();
    return std::pair(small.whole, small.fraction) < std::pair(large.whole, large.fraction);
}

Rule broken_number_rule(const v1::Item& item, std::string_view text) {
    const auto number = read_decimal(text);
    if (!number) return "must be a decimal number such as -12.5, at most 38 digits";
    if (number->decimals > item.decimals_max()) {
        return item.decimals_max() == 0
                   ? "must be a whole number"
                   : "at most " + std::to_string(item.decimals_max()) + " decimals";
    }
    const auto min = read_decimal(item.number_min());
    if (min && is_below(*number, *min)) return "at least " + item.number_min();
    const auto max = read_decimal(item.number_max());
    if (max && is_below(*max, *number)) return "at most " + item.number_max();
    return std::nullopt;
}

/// Digits as a number; takes them off `text`. Nothing: there are others.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (!is_digits(text.substr(0, digits)) || text.size() < digits) return std::nullopt;
    int out = 0;
    for (const char one : text.substr(0, digits)) out = out * 10 + (one - '0');
    text.remove_prefix(digits);
    return out;
}

bool take(std::string_view& text, std::string_view either) {
    if (text.empty() || either.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

bool take_date(std::string_view& text) {
    const auto year = take_number(text, 4);
    if (!year || !take(text, "-")) return false;
    const auto month = take_number(text, 2);
    if (!month || !take(text, "-")) return false;
    const auto day = take_number(text, 2);
    return day && std::chrono::year_month_day(std::chrono::year(*year),
                                              std::chrono::month(static_cast<unsigned>(*month)),
                                              std::chrono::day(static_cast<unsigned>(*day)))
                      .ok();
}

/// `hh:mm`, up to 23:59.
bool take_hours(std::string_view& text) {
    const auto hour = take_number(text, 2);
    if (!hour || *hour > 23 || !take(text, ":")) return false;
    const auto minute = take_number(text, 2);
    return minute && *minute <= 59;
}

/// Of RFC 3339, §5.6: a date, or a date with a time and its zone.
bool is_date(std::string_view text) {
    if (!take_date(text)) return false;
    if (text.empty()) return true;
    if (!take(text, "Tt") || !take_hours(text) || !take(text, ":")) return false;
    const auto second = take_number(text, 2);
    if (!second || *second > 60) return false;  // 60: a leap second
    if (take(text, ".")) {
        if (!take(text, kDigits)) return false;
        while (take(text, kDigits)) continue;
    }
    if (take(text, "Zz")) return text.empty();
    return take(text, "+-") && take_hours(text) && text.empty();
}

Rule broken_reference_rule(const v1::Item& item, std::string_view text) {
    const model::HandleParts parts = model::split_handle(text);
    if (!parts.has_slash || parts.prefix.empty() || parts.suffix.empty() ||
        text.size() > limits::kHandleBytesMax) {
        return "must be an identifier, PREFIX/SUFFIX";
    }
    if (!item.reference_prefix().empty() && !equal_folded(parts.prefix, item.reference_prefix())) {
        return "must be an identifier under " + item.reference_prefix();
    }
    return std::nullopt;
}

bool is_text_kind(v1::ItemType type) {
    return type == v1::ITEM_TYPE_STRING || type == v1::ITEM_TYPE_LONG_TEXT;
}

std::uint32_t length_limit(const v1::Item& item) {
    const bool is_long =
        item.item_type() == v1::ITEM_TYPE_LONG_TEXT || item.item_type() == v1::ITEM_TYPE_JSON;
    return is_long ? kLongTextLengthMax : kTextLengthMax;
}

Rule broken_length_rule(const v1::Item& item, std::string_view text) {
    const std::size_t length = count_characters(text);
    if (length < item.length_min()) {
        return "at least " + std::to_string(item.length_min()) + " characters";
    }
    const std::uint32_t max = item.length_max() == 0 ? length_limit(item) : item.length_max();
    if (length > max) return "at most " + std::to_string(max) + " characters";
    return std::nullopt;
}

Outcome<void> check_number_rules(const v1::Item& item, const std::string& field) {
    const auto min = read_decimal(item.number_min());
    const auto max = read_decimal(item.number_max());
    if (!item.number_min().empty() && !min) {
        return invalid(field + ".numberMin", "must be a decimal number, at most 38 digits");
    }
    if (!item.number_max().empty() && !max) {
        return invalid(field + ".numberMax", "must be a decimal number, at most 38 digits");
    }
    if (min && max && is_below(*max, *min)) {
        return invalid(field + ".numberMax", "must not be below numberMin");
    }
    if (item.decimals_max() > kNumberDigitsMax) {
        return invalid(field + ".decimalsMax", "at most 38");
    }
    if (!is_utf8(item.unit()) || item.unit().size() > kUnitBytesMax) {
        return invalid(field + ".unit", "must be UTF-8, at most 64 octets");
    }
    return {};
}

Outcome<void> check_choices(const v1::Item& item, const std::string& field) {
    if (item.choices().empty()) return missing(field + ".choices");
    if (item.choices_size() > kChoicesMax) return invalid(field + ".choices", "at most 1000");
    for (const std::string& choice : item.choices()) {
        if (choice.empty() || !is_utf8(choice) || choice.size() > kChoiceBytesMax) {
            return invalid(field + ".choices", "must be UTF-8, 1 to 255 octets each");
        }
        if (std::ranges::count(item.choices(), choice) > 1) {
            return invalid(field + ".choices", "'" + choice + "' comes twice");
        }
    }
    return {};
}

}  // namespace

Outcome<void> check_item_rules(const v1::Item& item, const std::string& field) {
    const std::uint32_t limit = length_limit(item);
    if (item.length_max() > limit ||
        item.length_min() > (item.length_max() == 0 ? limit : item.length_max())) {
        return invalid(field + ".lengthMax", "must be lengthMin to " + std::to_string(limit));
    }
    if (!item.pattern().empty() && !is_text_kind(item.item_type())) {
        return invalid(field + ".pattern", "is for texts only");
    }
    if (const auto fault = pattern_fault(item.pattern())) {
        return invalid(field + ".pattern", *fault);
    }
    switch (item.item_type()) {
        case v1::ITEM_TYPE_NUMBER:
            return check_number_rules(item, field);
        case v1::ITEM_TYPE_ENUMERATION:
            return check_choices(item, field);
        case v1::ITEM_TYPE_REFERENCE:
            if (!item.reference_template().empty() && item.reference_prefix().empty()) {
                return missing(field + ".referencePrefix");
            }
            return {};
        default:
            return {};
    }
}

Rule broken_rule(const v1::Item& item, std::string_view text) {
    if (!is_utf8(text)) return "must be UTF-8";
    if (auto rule = broken_length_rule(item, text)) return rule;
    switch (item.item_type()) {
        case v1::ITEM_TYPE_NUMBER:
            return broken_number_rule(item, text);
        case v1::ITEM_TYPE_BOOLEAN:
            if (text != "true" && text != "false") return "must be true or false";
            break;
        case v1::ITEM_TYPE_DATE:
            if (!is_date(text)) {
                return "must be a date of RFC 3339, such as 2025-06-02 or "
                       "2025-06-02T09:30:00+08:00";
            }
            break;
        case v1::ITEM_TYPE_ENUMERATION:
            if (std::ranges::find(item.choices(), text) == item.choices().end()) {
                return "is none of the item's choices";
            }
            break;
        case v1::ITEM_TYPE_REFERENCE:
            return broken_reference_rule(item, text);
        case v1::ITEM_TYPE_JSON:
            if (const auto parsed = json::parse(text); !parsed) {
                return "must be JSON: " + parsed.error().detail;
            }
            break;
        default:
            if (!matches_pattern(item.pattern(), text)) {
                return "must match the pattern " + item.pattern();
            }
            break;
    }
    return std::nullopt;
}

}  // namespace idnode::registration
