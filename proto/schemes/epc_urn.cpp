#include "proto/schemes/epc_urn.h"

#include <algorithm>
#include <array>

#include "proto/base/text.h"
#include "proto/schemes/generic_uri.h"
#include "proto/schemes/gs1_key.h"
#include "proto/schemes/text.h"

namespace idnode::schemes {
namespace {

constexpr std::size_t kCompanyDigitsMin = 6;
constexpr std::size_t kCompanyDigitsMax = 12;

/// How company prefix and reference make the value of a key.
enum class Shape : std::uint8_t {
    kIndicator,  // the reference's first digit moves to the front: GTIN, SSCC
    kDigits,     // one after the other
    kText,       // as above, the reference is any text
};

/// `urn:epc:<kind>:<type>:<company>.<reference>[.<pieces>][.<last>]`
struct EpcRule {
    std::string_view kind;  // `id` or `class`
    std::string_view type;
    std::string_view code;       // of the key
    std::string_view qualifier;  // in which the last field stands; empty: within the value
    Shape shape;
    std::size_t digits;  // of company prefix and reference together, without check digit
    bool has_check_digit;
    bool has_last;  // a field after the reference
};

constexpr std::array kRules{
    EpcRule{"id", "sgtin", "01", "21", Shape::kIndicator, 13, true, true},
    EpcRule{"class", "lgtin", "01", "10", Shape::kIndicator, 13, true, true},
    EpcRule{"id", "upui", "01", "235", Shape::kIndicator, 13, true, true},
    EpcRule{"id", "itip", "8006", "21", Shape::kIndicator, 13, true, true},
    EpcRule{"id", "sscc", "00", {}, Shape::kIndicator, 17, true, false},
    EpcRule{"id", "sgln", "414", "254", Shape::kDigits, 12, true, true},
    EpcRule{"id", "pgln", "417", {}, Shape::kDigits, 12, true, false},
    EpcRule{"id", "grai", "8003", {}, Shape::kDigits, 12, true, true},
    EpcRule{"id", "gdti", "253", {}, Shape::kDigits, 12, true, true},
    EpcRule{"id", "sgcn", "255", {}, Shape::kDigits, 12, true, true},
    EpcRule{"id", "gsrn", "8018", {}, Shape::kDigits, 17, true, false},
    EpcRule{"id", "gsrnp", "8017", {}, Shape::kDigits, 17, true, false},
    EpcRule{"id", "gsin", "402", {}, Shape::kDigits, 16, true, false},
    EpcRule{"id", "giai", "8004", {}, Shape::kText, 0, false, false},
    EpcRule{"id", "ginc", "401", {}, Shape::kText, 0, false, false},
    EpcRule{"id", "cpi", "8010", "8011", Shape::kText, 0, false, true},
};

// EPCs that are no keys of GS1.
constexpr std::array<std::string_view, 5> kForeignTypes{"gid", "adi", "usdod", "bic", "imovn"};

constexpr std::string_view kItip = "itip";
constexpr std::string_view kSgln = "sgln";
constexpr std::string_view kGrai = "8003";
constexpr std::string_view kEvery = "*";
constexpr std::string_view kNoExtension = "0";  // of a location, §6.5

Problem wrong_fields(std::string_view urn, const EpcRule& rule) {
    std::string form = "<company prefix>.<reference>";
    if (rule.type == kItip) form += ".<piece>.<total>";
    if (rule.has_last) form += ".<serial or lot>";
    return {Fault::kEpcFields, std::string(urn), std::string(rule.type) + " has the form " + form};
}

/// Fields of a URN; the last takes the dots that are left, which serials may contain.
struct Fields {
    std::string_view company;
    std::string_view reference;
    std::string_view piece;
    std::string_view total;
    std::string_view last;
};

Parsed<Fields> split(std::string_view urn, std::string_view rest, const EpcRule& rule) {
    const bool is_itip = rule.type == kItip;
    const std::ptrdiff_t dots = 1 + (is_itip ? 2 : 0) + (rule.has_last ? 1 : 0);
    if (std::ranges::count(rest, '.') < dots) return wrong_fields(urn, rule);
    Fields out;
    out.company = take_until(rest, '.');
    out.reference = rule.has_last ? take_until(rest, '.') : rest;
    if (is_itip) {
        out.piece = take_until(rest, '.');
        out.total = take_until(rest, '.');
    }
    if (rule.has_last) out.last = rest;
    const bool lacks_last = rule.has_last && out.last.empty();
    if (out.company.empty() || lacks_last) return wrong_fields(urn, rule);
    return out;
}

Parsed<void> check_fields(std::string_view urn, const EpcRule& rule, const Fields& fields) {
    const std::size_t company = fields.company.size();
    if (!all_digits(fields.company) || company < kCompanyDigitsMin || company > kCompanyDigitsMax) {
        return Problem{Fault::kEpcDigits, std::string(fields.company),
                       "a company prefix has 6 to 12 digits"};
    }
    if (rule.shape == Shape::kText) {
        if (fields.reference.empty()) return wrong_fields(urn, rule);
        return {};
    }
    const std::size_t digits = company + fields.reference.size();
    const bool lacks_indicator = rule.shape == Shape::kIndicator && fields.reference.empty();
    if (!all_digits(fields.reference) || digits != rule.digits || lacks_indicator) {
        return Problem{Fault::kEpcDigits, std::string(urn),
                       "company prefix and reference of " + std::string(rule.type) +
                           " have together " + std::to_string(rule.digits) + " digits"};
    }
    return {};
}

/// The value of the key, without what a qualifier says.
std::string key_value(const EpcRule& rule, const Fields& fields) {
    const std::size_t indicator = rule.shape == Shape::kIndicator ? 1 : 0;
    std::string out;
    out.append(fields.reference.substr(0, indicator)).append(fields.company);
    out.append(fields.reference.substr(indicator));
    if (rule.has_check_digit) out += gs1::check_digit(out);
    if (rule.code == kGrai) out.insert(0, 1, '0');
    return out.append(fields.piece).append(fields.total);
}

bool is_without_last(const EpcRule& rule, const Fields& fields, bool is_pattern) {
    if (!rule.has_last || is_pattern) return true;
    return rule.type == kSgln && fields.last == kNoExtension;
}

Parsed<Canonical> read(std::string_view urn, std::string_view rest, const EpcRule& rule,
                       bool is_pattern) {
    const auto fields = split(urn, rest, rule);
    if (!fields) return fields.error();
    if (auto checked = check_fields(urn, rule, *fields); !checked) return checked.error();
    if (is_pattern && fields->last != kEvery) return wrong_fields(urn, rule);

    std::string value = key_value(rule, *fields);
    const bool has_last = !is_without_last(rule, *fields, is_pattern);
    if (has_last && rule.qualifier.empty()) value += fields->last;

    gs1::KeyParts parts{.key = {rule.code, {}}, .qualifiers = {}};
    if (auto decoded = gs1::decode_value(value, parts.key.value); !decoded) return decoded.error();
    if (has_last && !rule.qualifier.empty()) {
        gs1::Value last;
        if (auto decoded = gs1::decode_value(fields->last, last); !decoded) return decoded.error();
        parts.add(rule.qualifier, last);
    }
    return gs1::canonical(parts, gs1::Order::kFree, Use::kLookUp);
}

bool is_foreign(std::string_view type) {
    return std::ranges::find(kForeignTypes, type) != kForeignTypes.end();
}

/// What is inside a CID, for writing.
struct KeyOfCid {
    std::string_view code;
    std::string value;  // without escapes
    std::string_view qualifier;
    std::string last;
    std::size_t qualifiers = 0;
};

std::optional<KeyOfCid> key_of_cid(std::string_view cid) {
    if (!cid.starts_with("gs1:/")) return std::nullopt;
    KeyOfCid out;
    gs1::PathReader path(cid);
    std::string_view value;
    if (!path.next(out.code, value) || !append_decoded(value, out.value)) return std::nullopt;
    while (path.next(out.qualifier, value)) {
        out.last.clear();
        if (!append_decoded(value, out.last)) return std::nullopt;
        ++out.qualifiers;
    }
    return out;
}

/// In the order of preference: `sgtin` stands before `lgtin`, and a pattern has no qualifier.
const EpcRule* rule_for(const KeyOfCid& key) {
    const auto fits = [&key](const EpcRule& rule) {
        return rule.code == key.code && (key.qualifiers == 0 || rule.qualifier == key.qualifier);
    };
    const auto at = std::ranges::find_if(kRules, fits);
    return at == kRules.end() || key.qualifiers > 1 ? nullptr : &*at;
}

/// §6.5: what a URN escapes, and what would end it.
void append_urn_text(std::string_view text, std::string& out) {
    constexpr std::string_view kEscaped = "\"%&/<>?#";
    for (const char octet : text) {
        if (kEscaped.find(octet) == std::string_view::npos) {
            out += octet;
        } else {
            append_escaped(octet, out);
        }
    }
}

/// Company prefix and reference. Takes what it writes, and the check digit, off `value`.
void append_digit_fields(const EpcRule& rule, std::size_t company, std::string_view& value,
                         std::string& out) {
    const bool has_indicator = rule.shape == Shape::kIndicator;
    std::string_view digits = value.substr(0, rule.digits);
    value.remove_prefix(rule.digits + 1);
    const std::string_view indicator = digits.substr(0, has_indicator ? 1 : 0);
    digits.remove_prefix(indicator.size());
    out.append(digits.substr(0, company)).append(1, '.');
    out.append(indicator).append(digits.substr(company));
    if (rule.type != kItip) return;
    out.append(1, '.').append(value.substr(0, 2)).append(1, '.').append(value.substr(2, 2));
    value = {};
}

void append_text_fields(std::size_t company, std::string_view& value, std::string& out) {
    out.append(value.substr(0, company)).append(1, '.');
    append_urn_text(value.substr(company), out);
    value = {};
}

/// Whether `value` has the digits that `append_digit_fields` takes; only a text that is no CID has
/// not.
bool has_digits(const EpcRule& rule, std::string_view value) {
    return value.size() >= rule.digits + 1 + (rule.type == kItip ? 4 : 0);
}

}  // namespace

Parsed<Canonical> parse_epc_urn(std::string_view urn) {
    constexpr std::string_view kStart = "urn:epc:";
    std::string_view rest = urn;
    if (!starts_with_folded(rest, kStart)) {
        return Problem{Fault::kEpcType, std::string(urn), "an EPC begins with urn:epc:"};
    }
    rest.remove_prefix(kStart.size());
    std::string_view kind = take_until(rest, ':');
    const std::string_view type = take_until(rest, ':');
    const bool is_pattern = kind == "idpat";
    if (is_pattern) kind = "id";
    const auto matches = [&](const EpcRule& rule) {
        return rule.kind == kind && rule.type == type;
    };
    const auto rule = std::ranges::find_if(kRules, matches);
    if (rule != kRules.end()) return read(urn, rest, *rule, is_pattern);
    if (kind == "id" && is_foreign(type)) {
        auto out = parse_generic_uri(urn);
        if (out) out->level = is_pattern ? Level::kClass : Level::kInstance;
        return out;
    }
    return Problem{Fault::kEpcType, std::string(urn.substr(0, urn.size() - rest.size())),
                   "not an EPC type that is known"};
}

std::optional<std::string> epc_urn(std::string_view cid, std::size_t company_digits) {
    if (company_digits < kCompanyDigitsMin || company_digits > kCompanyDigitsMax) {
        return std::nullopt;
    }
    const auto company = gs1_company_digits(cid);
    const auto key = key_of_cid(cid);
    const EpcRule* rule = key ? rule_for(*key) : nullptr;
    if (!company || company->size() < company_digits || rule == nullptr) return std::nullopt;

    std::string_view value = key->value;
    if (rule->code == kGrai) value.remove_prefix(1);  // the filler
    std::string fields;
    if (rule->shape == Shape::kText) {
        if (value.size() <= company_digits) return std::nullopt;  // no reference
        append_text_fields(company_digits, value, fields);
    } else {
        if (!has_digits(*rule, value)) return std::nullopt;
        append_digit_fields(*rule, company_digits, value, fields);
    }
    const std::string_view last = rule->qualifier.empty() ? value : std::string_view(key->last);
    const bool is_location = rule->type == kSgln;
    if (is_location && last == kNoExtension) return std::nullopt;  // would read back without
    const bool is_pattern = rule->has_last && last.empty() && !is_location;
    std::string out = "urn:epc:";
    out.append(is_pattern ? "idpat" : rule->kind).append(1, ':').append(rule->type);
    out.append(1, ':').append(fields);
    if (!rule->has_last) return out;
    out += '.';
    if (last.empty()) {
        out += is_pattern ? kEvery : kNoExtension;
    } else {
        append_urn_text(last, out);
    }
    return out;
}

std::optional<std::string> epc_urn(std::string_view cid, const GcpTable& table) {
    const auto digits = gs1_company_digits(cid);
    const auto length = digits ? table.length_of(*digits) : std::nullopt;
    return length ? epc_urn(cid, *length) : std::nullopt;
}

}  // namespace idnode::schemes
