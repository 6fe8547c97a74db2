#include "proto/schemes/gs1_key.h"

#include <algorithm>

#include "proto/schemes/text.h"

namespace idnode::schemes::gs1 {
namespace {

// §6.2. A GTIN of a lot is a lot, with a serial an instance: see `level_of`.
constexpr std::array kKeys{
    KeyRule{"00", {}, {}, {}, Level::kInstance, 0, 1},
    KeyRule{"01", {"22", "10", "21"}, "235", {}, Level::kClass, 0, 1},
    KeyRule{"253", {}, {}, {}, Level::kClass, 13, 0},
    KeyRule{"255", {}, {}, {}, Level::kClass, 13, 0},
    KeyRule{"401", {}, {}, {}, Level::kShipment, 0, 0},
    KeyRule{"402", {}, {}, {}, Level::kShipment, 0, 0},
    KeyRule{"414", {"254"}, "7040", {}, Level::kLocation, 0, 0},
    KeyRule{"415", {"8020"}, {}, "8020", Level::kParty, 0, 0},
    KeyRule{"417", {"7040"}, {}, {}, Level::kParty, 0, 0},
    KeyRule{"8003", {}, {}, {}, Level::kClass, 14, 1},
    KeyRule{"8004", {"7040"}, {}, {}, Level::kInstance, 0, 0},
    KeyRule{"8006", {"22", "10", "21"}, {}, {}, Level::kClass, 0, 1},
    KeyRule{"8010", {"8011"}, {}, {}, Level::kClass, 0, 0},
    KeyRule{"8013", {}, {}, {}, Level::kClass, 0, 0},
    KeyRule{"8017", {"8019"}, {}, {}, Level::kRelation, 0, 0},
    KeyRule{"8018", {"8019"}, {}, {}, Level::kRelation, 0, 0},
};

constexpr std::size_t kNowhere = kQualifiersMax + 1;

/// Where a qualifier stands among those of its key: `instead` last.
std::size_t place_of(const KeyRule& rule, std::string_view code) {
    for (std::size_t i = 0; i < kQualifiersMax; ++i) {
        if (rule.qualifiers[i] == code) return i;
    }
    return !rule.instead.empty() && rule.instead == code ? kQualifiersMax : kNowhere;
}

std::string bracketed(std::string_view code) {
    return "(" + std::string(code) + ")";
}

std::string bracketed(const Element& element) {
    return bracketed(element.code) + std::string(element.value.text());
}

/// Qualifiers in the order of their key.
struct Arranged {
    std::array<const Element*, kQualifiersMax + 1> at{};
    bool reordered = false;
};

Parsed<Arranged> arrange(const KeyRule& rule, const KeyParts& parts) {
    Arranged out;
    std::size_t last = 0;
    for (std::size_t i = 0; i < parts.count; ++i) {
        const Element& qualifier = parts.qualifiers[i];
        const std::size_t place = place_of(rule, qualifier.code);
        if (place == kNowhere) {
            return Problem{Fault::kGs1Qualifier, bracketed(qualifier),
                           bracketed(rule.code) + " has no such qualifier"};
        }
        if (out.at[place] != nullptr) {
            return Problem{Fault::kGs1Repeated, bracketed(qualifier), "given twice"};
        }
        out.at[place] = &qualifier;
        out.reordered = out.reordered || place < last;
        last = place;
    }
    return out;
}

Parsed<void> check_together(const KeyRule& rule, const Arranged& arranged) {
    const Element* instead = arranged.at[kQualifiersMax];
    for (std::size_t i = 0; i < kQualifiersMax && instead != nullptr; ++i) {
        if (arranged.at[i] == nullptr) continue;
        return Problem{Fault::kGs1Excluded, bracketed(*arranged.at[i]),
                       "excluded by " + bracketed(instead->code)};
    }
    if (!rule.required.empty() && arranged.at[place_of(rule, rule.required)] == nullptr) {
        return Problem{Fault::kGs1Missing, bracketed(rule.required),
                       "needed by " + bracketed(rule.code)};
    }
    return {};
}

Parsed<void> check_values(const KeyParts& parts) {
    const std::string_view code = parts.key.code;
    auto checked = check_value(*find_ai(code), code, parts.key.value.text());
    for (std::size_t i = 0; i < parts.count && checked; ++i) {
        const Element& qualifier = parts.qualifiers[i];
        checked = check_value(*find_ai(qualifier.code), qualifier.code, qualifier.value.text());
    }
    return checked;
}

Level level_of(const KeyRule& rule, std::string_view value, const Arranged& arranged) {
    if (rule.level != Level::kClass) return rule.level;
    if (rule.class_digits != 0) {
        return value.size() > rule.class_digits ? Level::kInstance : Level::kClass;
    }
    Level out = Level::kClass;
    for (const Element* one : arranged.at) {
        if (one == nullptr || one->code == "22") continue;
        out = one->code == "10" ? Level::kLot : Level::kInstance;
    }
    return out;
}

void append_element(const Element& element, std::string& out) {
    out += '/';
    out += element.code;
    out += '/';
    append_encoded(element.value.text(), out);
}

}  // namespace

Value::Value(std::string_view text) : size_(std::min(text.size(), limits::kGs1ValueBytesMax)) {
    std::copy_n(text.data(), size_, octets_.data());
}

bool Value::append(char octet) {
    if (size_ == octets_.size()) return false;
    octets_[size_++] = octet;
    return true;
}

Parsed<void> decode_value(std::string_view text, Value& out) {
    out = Value();
    for (std::size_t at = 0; at < text.size(); ++at) {
        int octet = static_cast<unsigned char>(text[at]);
        if (octet == '%') {
            octet = escaped_octet(text, at);
            if (octet < 0) {
                return Problem{Fault::kPercent, std::string(text),
                               "% must be followed by two hexadecimal digits"};
            }
            at += 2;
        }
        if (!out.append(static_cast<char>(octet))) {
            return Problem{Fault::kGs1Length, std::string(text),
                           "no value has more than " + std::to_string(limits::kGs1ValueBytesMax) +
                               " characters"};
        }
    }
    return {};
}

const KeyRule* key_rule(std::string_view code) {
    const auto at = std::ranges::find(kKeys, code, &KeyRule::code);
    return at == kKeys.end() ? nullptr : &*at;
}

bool has_qualifier(const KeyRule& rule, std::string_view code) {
    return place_of(rule, code) != kNowhere;
}

bool is_qualifier(std::string_view code) {
    return std::ranges::any_of(kKeys,
                               [code](const KeyRule& rule) { return has_qualifier(rule, code); });
}

bool KeyParts::add(std::string_view code, const Value& value) {
    if (count == qualifiers.size()) return false;
    qualifiers[count++] = {code, value};
    return true;
}

Parsed<Canonical> canonical(const KeyParts& parts, Order order, Use use) {
    const KeyRule& rule = *key_rule(parts.key.code);
    const auto arranged = arrange(rule, parts);
    if (!arranged) return arranged.error();
    if (auto checked = check_together(rule, *arranged); !checked) return checked.error();
    if (auto checked = check_values(parts); !checked) return checked.error();
    const bool reordered = order == Order::kFixed && arranged->reordered;
    if (reordered && use == Use::kRegister) {
        return Problem{Fault::kOrder, bracketed(parts.qualifiers[parts.count - 1]),
                       "qualifiers of " + bracketed(rule.code) + " are out of order"};
    }
    Canonical out{.scheme = Scheme::kGs1,
                  .level = level_of(rule, parts.key.value.text(), *arranged),
                  .cid = {},
                  .reordered = reordered,
                  .attributes = {}};
    out.cid.reserve(48);  // one allocation for nearly all
    out.cid = "gs1:";
    append_element(parts.key, out.cid);
    for (const Element* one : arranged->at) {
        if (one != nullptr) append_element(*one, out.cid);
    }
    return out;
}

PathReader::PathReader(std::string_view cid) : rest_(cid) {
    rest_.remove_prefix(std::min(rest_.size(), std::string_view("gs1:/").size()));
}

bool PathReader::next(std::string_view& code, std::string_view& value) {
    if (rest_.empty()) return false;
    code = take_until(rest_, '/');
    value = take_until(rest_, '/');
    return true;
}

}  // namespace idnode::schemes::gs1
