#include "proto/schemes/handle_name.h"

#include <algorithm>
#include <array>

#include "proto/base/nfc.h"
#include "proto/schemes/text.h"

namespace idnode::schemes {
namespace {

struct PartRule {
    const char* name;
    Fault fault;
    std::size_t digits_min;
    std::size_t digits_max;
};
constexpr PartRule kCountry{"country part", Fault::kHandleCountry, 2, 2};
constexpr PartRule kIndustry{"industry part", Fault::kHandleIndustry, 3, 5};
constexpr PartRule kEnterprise{"enterprise part", Fault::kHandleEnterprise, 1, 128};

/// `88` and `86`, also with zeros before them: those are mistyped, not another registry's.
bool is_industrial(std::string_view prefix) {
    std::string_view country = prefix.substr(0, prefix.find('.'));
    country.remove_prefix(std::min(country.find_first_not_of('0'), country.size()));
    return country == "88" || country == "86";
}

Parsed<void> check_part(std::string_view part, const PartRule& rule) {
    if (!all_digits(part)) {
        return Problem{Fault::kHandleLetters, std::string(part),
                       std::string(rule.name) + " of an industrial prefix: digits only"};
    }
    if (part.size() >= rule.digits_min && part.size() <= rule.digits_max) return {};
    const std::string count =
        rule.digits_min == rule.digits_max
            ? std::to_string(rule.digits_min)
            : std::to_string(rule.digits_min) + " to " + std::to_string(rule.digits_max);
    return Problem{rule.fault, std::string(part),
                   std::string(rule.name) + " must have " + count + " digits"};
}

Parsed<void> check_prefix(std::string_view prefix, unsigned levels_max) {
    if (is_industrial(prefix)) return check_industrial_prefix(prefix, levels_max);
    if (prefix.empty() || prefix.starts_with('.') || prefix.ends_with('.') ||
        prefix.find("..") != std::string_view::npos) {
        return Problem{Fault::kHandlePrefix, std::string(prefix), "a part of the prefix is empty"};
    }
    return {};
}

/// C0, DEL and C1; the text is UTF-8.
bool has_control(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto octet = static_cast<unsigned char>(text[i]);
        if (octet < 0x20 || octet == 0x7F) return true;
        if (octet == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
    }
    return false;
}

Parsed<void> check_suffix(std::string_view suffix) {
    if (suffix.empty()) {
        return Problem{Fault::kHandleSuffixEmpty, "", "nothing follows the slash"};
    }
    if (has_control(suffix)) {
        return Problem{Fault::kControl, std::string(suffix), "a control character in the suffix"};
    }
    if (suffix.find("\uFEFF") != std::string_view::npos) {
        return Problem{Fault::kHandleByteOrderMark, std::string(suffix), "contains U+FEFF"};
    }
    constexpr std::array<std::string_view, 3> kSpaces{" ", "\u00A0", "\u3000"};
    const auto is_outer = [suffix](std::string_view space) {
        return suffix.starts_with(space) || suffix.ends_with(space);
    };
    if (std::ranges::any_of(kSpaces, is_outer)) {
        return Problem{Fault::kHandleSpace, std::string(suffix), "begins or ends with a space"};
    }
    if (!is_nfc(suffix)) {
        return Problem{Fault::kHandleNotNfc, std::string(suffix),
                       "not in Unicode's normalisation form C"};
    }
    return {};
}

/// `300:88.100.7/KEY_1`.
bool is_reference(std::string_view handle) {
    const std::size_t colon = handle.find_first_of(":/");
    return colon != std::string_view::npos && handle[colon] == ':' && colon > 0 &&
           all_digits(handle.substr(0, colon));
}

Problem reference(std::string_view handle) {
    const std::size_t colon = handle.find(':');
    return {Fault::kHandleReference, std::string(handle),
            "refers to value " + std::string(handle.substr(0, colon)) + " of " +
                std::string(handle.substr(colon + 1)) + ", give the identifier alone"};
}

}  // namespace

Parsed<void> check_industrial_prefix(std::string_view prefix, unsigned levels_max) {
    const auto levels = static_cast<unsigned>(1 + std::ranges::count(prefix, '.'));
    if (levels < 2) {
        return Problem{Fault::kHandleIndustry, std::string(prefix), "the industry part is missing"};
    }
    if (levels > levels_max) {
        return Problem{Fault::kHandleLevels, std::string(prefix),
                       std::to_string(levels) + " levels, at most " + std::to_string(levels_max) +
                           " are allowed"};
    }
    std::string_view rest = prefix;
    for (unsigned level = 0; level < levels; ++level) {
        const PartRule& rule = level == 0 ? kCountry : level == 1 ? kIndustry : kEnterprise;
        if (auto checked = check_part(take_until(rest, '.'), rule); !checked) return checked;
    }
    return {};
}

Parsed<Canonical> parse_handle(std::string_view handle, const Options& options, Use use) {
    if (is_reference(handle)) return reference(handle);
    const std::size_t slash = handle.find('/');
    if (slash == std::string_view::npos) {
        return Problem{Fault::kHandlePrefixOnly, std::string(handle),
                       "a prefix: an identifier has a slash and a suffix"};
    }
    if (slash == 0) {
        return Problem{Fault::kHandlePrefix, std::string(handle), "the prefix is empty"};
    }
    const bool is_global = handle.starts_with("0.");
    if (use == Use::kRegister && !is_global) {
        auto checked = check_prefix(handle.substr(0, slash), options.prefix_levels_max);
        if (!checked) return checked.error();
        if (checked = check_suffix(handle.substr(slash + 1)); !checked) return checked.error();
    }
    Canonical out{.scheme = Scheme::kHandle, .cid = {}, .attributes = {}};
    out.cid.reserve(handle.size() + 4);
    out.cid += "hdl:";
    out.cid += handle;
    return out;
}

bool is_bare_prefix(std::string_view text) {
    // An OID begins with 0, 1 or 2: the country part of a prefix has two digits.
    const auto may_stand = [](char octet) { return is_digit(octet) || octet == '.'; };
    return text.find('.') >= 2 && text.find('.') != std::string_view::npos &&
           is_digit(text.front()) && std::ranges::all_of(text, may_stand);
}

bool begins_as_handle(std::string_view text) {
    if (text.empty() || !is_digit(text.front())) return false;
    if (is_reference(text)) return true;
    const std::size_t slash = text.find('/');
    const std::string_view prefix = text.substr(0, slash);
    const auto may_stand = [](char octet) {
        return is_digit(octet) || is_letter(octet) || octet == '.' || octet == '-' || octet == '_';
    };
    return slash != std::string_view::npos && prefix.find('.') != std::string_view::npos &&
           std::ranges::all_of(prefix, may_stand);
}

}  // namespace idnode::schemes
