#include "proto/schemes/gs1_element_string.h"

#include <algorithm>
#include <array>

#include "proto/schemes/gs1_key.h"
#include "proto/schemes/limits.h"
#include "proto/schemes/text.h"

namespace idnode::schemes::gs1 {
namespace {

constexpr char kSeparator = '\x1D';
constexpr std::size_t kSymbologyOctets = 3;
// GS1-128, DataBar and composites, DataMatrix, QR, DotCode.
constexpr std::array<std::string_view, 5> kSymbologies{"]C1", "]e0", "]d2", "]Q3", "]J1"};
constexpr std::size_t kCodeDigitsMax = 4;

struct RawElement {
    std::string_view code;
    const Ai* ai;
    std::string_view value;
};
using RawElements = std::vector<RawElement>;

/// The code in brackets at the beginning of `text`; empty: none that is known.
std::string_view bracketed_code(std::string_view text) {
    if (!text.starts_with('(')) return {};
    const std::size_t end = text.substr(0, kCodeDigitsMax + 2).find(')');
    if (end == std::string_view::npos) return {};
    const std::string_view code = text.substr(1, end - 1);
    return find_ai(code) != nullptr ? code : std::string_view{};
}

/// A bracket is one of ours where a known code follows, and after it room for its value (§6.2).
bool begins_element(std::string_view text) {
    const std::string_view code = bracketed_code(text);
    if (code.empty()) return false;
    const Ai& ai = *find_ai(code);
    const std::string_view value = text.substr(code.size() + 2);
    if (value.size() < ai.min()) return false;
    const bool is_fixed = ai.min() == ai.max();
    return !is_fixed || value.size() == ai.min() || value[ai.min()] == '(';
}

/// Where the value at the beginning of `text` ends: at the first element that follows it.
std::size_t value_end(const Ai& ai, std::string_view text) {
    for (std::size_t at = 0; at < text.size() && at <= ai.max(); ++at) {
        if (text[at] == '(' && fits(ai, text.substr(0, at)) && begins_element(text.substr(at))) {
            return at;
        }
    }
    return text.size();
}

Problem too_many(std::string_view text) {
    return {Fault::kGs1ElementString, std::string(text.substr(0, limits::kGs1ValueBytesMax)),
            "more than " + std::to_string(limits::kGs1ElementsMax) + " elements"};
}

Parsed<RawElements> split_brackets(std::string_view text) {
    RawElements out;
    while (!text.empty()) {
        const std::string_view code = bracketed_code(text);
        if (code.empty()) {
            return Problem{Fault::kGs1Ai, std::string(text.substr(0, text.find(')') + 1)),
                           "not a known application identifier in brackets"};
        }
        if (out.size() == limits::kGs1ElementsMax) return too_many(text);
        const Ai& ai = *find_ai(code);
        text.remove_prefix(code.size() + 2);
        const std::size_t end = value_end(ai, text);
        out.push_back({code, &ai, text.substr(0, end)});
        text.remove_prefix(end);
    }
    return out;
}

Parsed<RawElements> split_scanned(std::string_view text) {
    RawElements out;
    while (!text.empty()) {
        if (text.front() == kSeparator) {  // FNC1 at the beginning, or after a predefined length
            text.remove_prefix(1);
            continue;
        }
        const std::string_view code = text.substr(0, code_digits(text));
        const Ai* ai = code.empty() ? nullptr : find_ai(code);
        if (ai == nullptr) {
            return Problem{Fault::kGs1Ai, std::string(text.substr(0, kCodeDigitsMax)),
                           "not a known application identifier"};
        }
        if (out.size() == limits::kGs1ElementsMax) return too_many(text);
        text.remove_prefix(code.size());
        const std::size_t predefined = predefined_length(code);
        const std::size_t end = predefined != 0 ? std::min(predefined, text.size())
                                                : std::min(text.find(kSeparator), text.size());
        out.push_back({code, ai, text.substr(0, end)});
        text.remove_prefix(end);
    }
    return out;
}

Parsed<Canonical> assemble(std::string_view text, const RawElements& elements, Use use) {
    const auto is_key = [](const RawElement& one) { return key_rule(one.code) != nullptr; };
    const auto key = std::ranges::find_if(elements, is_key);
    if (key == elements.end()) {
        return Problem{Fault::kGs1KeyMissing, std::string(text),
                       "no key, such as (01), (00) or (414), that this belongs to"};
    }
    const KeyRule& rule = *key_rule(key->code);
    KeyParts parts{.key = {key->code, Value(key->value)}, .qualifiers = {}};
    std::vector<Attribute> attributes;
    for (const RawElement& one : elements) {
        if (&one == &*key) continue;
        if (auto checked = check_value(*one.ai, one.code, one.value); !checked) {
            return checked.error();
        }
        if (one.code == key->code) {
            return Problem{Fault::kGs1Repeated, "(" + std::string(one.code) + ")", "given twice"};
        }
        if (!has_qualifier(rule, one.code)) {
            attributes.push_back({std::string(one.code), std::string(one.value)});
        } else if (!parts.add(one.code, Value(one.value))) {
            return Problem{Fault::kGs1Repeated, "(" + std::string(one.code) + ")", "given twice"};
        }
    }
    if (auto checked = check_value(*key->ai, key->code, key->value); !checked) {
        return checked.error();
    }
    auto out = canonical(parts, Order::kFree, use);
    if (out) out->attributes = std::move(attributes);
    return out;
}

}  // namespace

bool is_element_string(std::string_view text) {
    if (text.starts_with(']')) return true;
    if (!text.starts_with('(')) return false;
    const std::size_t end = text.find(')');
    return end != std::string_view::npos && end > 1 && all_digits(text.substr(1, end - 1));
}

Parsed<Canonical> parse_element_string(std::string_view text, Use use) {
    std::string_view rest = text;
    if (rest.starts_with(']')) {
        const std::string_view symbology = rest.substr(0, kSymbologyOctets);
        if (std::ranges::find(kSymbologies, symbology) == kSymbologies.end()) {
            return Problem{Fault::kGs1Symbology, std::string(symbology),
                           "no symbol with element strings of GS1: ]C1, ]e0, ]d2, ]Q3, ]J1"};
        }
        rest.remove_prefix(kSymbologyOctets);
    }
    const auto elements = rest.starts_with('(') ? split_brackets(rest) : split_scanned(rest);
    if (!elements) return elements.error();
    return assemble(text, *elements, use);
}

}  // namespace idnode::schemes::gs1

namespace idnode::schemes {

std::string element_string(std::string_view cid, ElementForm form) {
    std::string out;
    if (!cid.starts_with("gs1:/")) return out;
    gs1::PathReader path(cid);
    std::string_view code;
    std::string_view value;
    bool needs_separator = false;
    while (path.next(code, value)) {
        if (form == ElementForm::kBrackets) {
            out.append(1, '(').append(code).append(1, ')');
        } else {
            if (needs_separator) out += gs1::kSeparator;
            out += code;
            needs_separator = gs1::predefined_length(code) == 0;
        }
        append_decoded(value, out);
    }
    return out;
}

}  // namespace idnode::schemes
