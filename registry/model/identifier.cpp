#include "registry/model/identifier.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>

#include "proto/base/limits.h"
#include "proto/base/text.h"

namespace idnode::model {
namespace {

constexpr std::string_view kPrefixHandleStart = "0.NA/";
constexpr char kHandleTag = static_cast<char>(Scheme::kHandle);

constexpr bool is_digit(char octet) {
    return octet >= '0' && octet <= '9';
}
bool all_digits(std::string_view text) {
    return std::ranges::all_of(text, is_digit);
}

void append_folded(std::string_view text, std::string& out) {
    for (const char octet : text) out.push_back(fold_ascii(octet));
}

Error invalid(std::string detail) {
    return {Errc::kInvalid, std::move(detail)};
}

std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

/// Takes what stands before the next dot off `rest`.
std::string_view next_segment(std::string_view& rest) {
    const std::size_t dot = rest.find('.');
    const std::string_view segment = rest.substr(0, dot);
    rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
    return segment;
}

/// `88` and `86`, also with zeros before them: those are mistyped, not another registry's.
bool is_industrial(std::string_view prefix) {
    std::string_view country = prefix.substr(0, prefix.find('.'));
    country.remove_prefix(std::min(country.find_first_not_of('0'), country.size()));
    return country == "88" || country == "86";
}

struct SegmentRule {
    const char* name;
    std::size_t digits_min;
    std::size_t digits_max;
};
constexpr SegmentRule kCountry{"country part", 2, 2};
constexpr SegmentRule kIndustry{"industry part", 3, 5};
constexpr SegmentRule kEnterprise{"enterprise part", 1, 128};

Result<void> check_segment(std::string_view segment, const SegmentRule& rule) {
    if (!all_digits(segment)) {
        return invalid(std::string(rule.name) + " " + quoted(segment) + ": digits only");
    }
    if (segment.size() < rule.digits_min || segment.size() > rule.digits_max) {
        const std::string count =
            rule.digits_min == rule.digits_max
                ? std::to_string(rule.digits_min)
                : std::to_string(rule.digits_min) + " to " + std::to_string(rule.digits_max);
        return invalid(std::string(rule.name) + " " + quoted(segment) + ": must have " + count +
                       " digits");
    }
    return {};
}

/// Grammar of the identifiers document, §2.1.
Result<void> check_industrial(std::string_view prefix, unsigned max_levels) {
    const auto levels = static_cast<unsigned>(1 + std::ranges::count(prefix, '.'));
    if (levels < 2) return invalid("prefix " + quoted(prefix) + ": the industry part is missing");
    if (levels > max_levels) {
        return invalid("prefix " + quoted(prefix) + ": has " + std::to_string(levels) +
                       " levels, at most " + std::to_string(max_levels) + " are allowed");
    }
    std::string_view rest = prefix;
    for (unsigned level = 0; level < levels; ++level) {
        const SegmentRule& rule = level == 0 ? kCountry : level == 1 ? kIndustry : kEnterprise;
        if (auto checked = check_segment(next_segment(rest), rule); !checked) return checked;
    }
    return {};
}

/// C0, DEL and C1. `text` must be UTF-8: then 0xC2 begins U+0080 to U+00BF.
bool has_control(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto octet = static_cast<unsigned char>(text[i]);
        if (octet < 0x20 || octet == 0x7F) return true;
        if (octet == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
    }
    return false;
}

/// Space, no-break space, ideographic space.
bool has_outer_space(std::string_view text) {
    constexpr std::string_view kSpaces[] = {" ", "\u00A0", "\u3000"};
    return std::ranges::any_of(kSpaces, [text](std::string_view space) {
        return text.starts_with(space) || text.ends_with(space);
    });
}

Result<void> check_characters(std::string_view text, const char* what) {
    if (has_control(text)) return invalid(std::string(what) + ": contains a control character");
    if (text.find("\uFEFF") != std::string_view::npos) {
        return invalid(std::string(what) + ": contains U+FEFF, a byte order mark");
    }
    if (has_outer_space(text)) {
        return invalid(std::string(what) + ": begins or ends with a space");
    }
    return {};
}

Result<void> check_octets(std::string_view text) {
    if (text.empty()) return invalid("the identifier is empty");
    if (text.size() > limits::kHandleBytesMax) {
        return invalid("the identifier has " + std::to_string(text.size()) + " octets: at most " +
                       std::to_string(limits::kHandleBytesMax));
    }
    if (!is_utf8(text)) return invalid("the identifier is not well-formed UTF-8");
    return {};
}

Result<void> check_prefix_text(std::string_view prefix, unsigned max_levels) {
    if (prefix.empty()) return invalid("the prefix is empty");
    if (auto checked = check_characters(prefix, "prefix"); !checked) return checked;
    if (is_industrial(prefix)) return check_industrial(prefix, max_levels);
    if (prefix.starts_with('.') || prefix.ends_with('.') ||
        prefix.find("..") != std::string_view::npos) {
        return invalid("prefix " + quoted(prefix) + ": has an empty segment");
    }
    return {};
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// What stands before the first colon, if that colon comes before any slash.
std::optional<std::string_view> leading_word(std::string_view text) {
    const std::size_t end = text.find_first_of(":/");
    if (end == std::string_view::npos || text[end] != ':' || end == 0) return std::nullopt;
    return text.substr(0, end);
}

bool is_scheme_name(std::string_view word) {
    const auto is_letter = [](char c) { return fold_ascii(c) >= 'A' && fold_ascii(c) <= 'Z'; };
    return is_letter(word.front()) && std::ranges::all_of(word, [&](char c) {
               return is_letter(c) || is_digit(c) || c == '+' || c == '.' || c == '-';
           });
}

}  // namespace

HandleParts split_handle(std::string_view handle) {
    const std::size_t slash = handle.find('/');
    if (slash == std::string_view::npos) return {.prefix = handle, .suffix = {}};
    return {
        .prefix = handle.substr(0, slash), .suffix = handle.substr(slash + 1), .has_slash = true};
}

bool is_global(std::string_view handle) {
    return handle.starts_with("0.");
}

bool is_prefix_handle(std::string_view handle) {
    return starts_with_folded(handle, kPrefixHandleStart);
}

std::string prefix_handle_of(std::string_view prefix) {
    std::string out(kPrefixHandleStart);
    append_folded(prefix, out);
    return out;
}

std::optional<std::string_view> parent_prefix(std::string_view prefix) {
    const std::size_t dot = prefix.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    return prefix.substr(0, dot);
}

std::string derived_marker(std::string_view prefix) {
    std::string out(kPrefixHandleStart);
    out += kPrefixHandleStart;
    append_folded(prefix, out);
    return out;
}

void write_key(std::string_view handle, SuffixCase suffix_case, Key& out) {
    write_key(handle, split_handle(handle), suffix_case, out);
}

void write_key(std::string_view handle, const HandleParts& parts, SuffixCase suffix_case,
               Key& out) {
    const bool folds_all =
        suffix_case == SuffixCase::kFold || !parts.has_slash || is_global(handle);
    const std::size_t folded = folds_all ? handle.size() : parts.prefix.size();
    const std::string_view start = parts.has_slash ? std::string_view{} : kPrefixHandleStart;
    out.clear();
    out.reserve(1 + start.size() + handle.size());
    out.push_back(kHandleTag);
    out.append(start);
    const std::size_t at = out.size();
    out.append(handle);
    fold_in_place(std::span(out).subspan(at, folded));
}

Key key_of(std::string_view handle, SuffixCase suffix_case) {
    Key out;
    write_key(handle, suffix_case, out);
    return out;
}

std::string_view key_text(std::string_view key) {
    return key.starts_with(kHandleTag) ? key.substr(1) : std::string_view{};
}

Result<void> check_registrable(std::string_view handle, unsigned max_levels) {
    if (auto checked = check_octets(handle); !checked) return checked;
    if (is_global(handle)) return {};
    const HandleParts parts = split_handle(handle);
    if (!parts.has_slash) {
        return invalid(quoted(handle) + " is a prefix, not an identifier: there is no slash");
    }
    if (auto checked = check_prefix_text(parts.prefix, max_levels); !checked) return checked;
    if (parts.suffix.empty()) return invalid("the suffix is empty: nothing follows the slash");
    return check_characters(parts.suffix, "suffix");
}

Result<void> check_prefix(std::string_view prefix, unsigned max_levels) {
    if (auto checked = check_octets(prefix); !checked) return checked;
    if (prefix.find('/') != std::string_view::npos) {
        return invalid(quoted(prefix) + " is not a prefix: it contains a slash");
    }
    return check_prefix_text(prefix, max_levels);
}

Result<std::string> parse_handle_text(std::string_view text) {
    std::string_view handle = trim(text);
    bool tagged = false;
    for (const std::string_view tag : {"hdl:", "info:hdl/"}) {
        if (!tagged && starts_with_folded(handle, tag)) {
            handle.remove_prefix(tag.size());
            tagged = true;
        }
    }
    if (handle.empty()) return invalid("no identifier given");
    const auto word = tagged ? std::nullopt : leading_word(handle);
    if (word && all_digits(*word)) {
        return invalid(quoted(handle) + " refers to value " + std::string(*word) + " of " +
                       std::string(handle.substr(word->size() + 1)) +
                       ": give the identifier alone");
    }
    if (word && is_scheme_name(*word)) {
        return invalid("scheme " + quoted(*word) +
                       " is not served: give prefix/suffix, hdl:prefix/suffix or "
                       "info:hdl/prefix/suffix");
    }
    return std::string(handle);
}

Result<ValueReference> parse_value_reference(std::string_view text) {
    ValueReference out;
    std::string_view handle = text;
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && colon > 0 && all_digits(text.substr(0, colon))) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + colon, out.index);
        constexpr auto kIndexMax =
            static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max());
        if (error != std::errc{} || out.index > kIndexMax) {
            return invalid("index " + std::string(text.substr(0, colon)) + ": at most " +
                           std::to_string(kIndexMax));
        }
        handle = text.substr(colon + 1);
    }
    if (handle.empty()) return invalid(quoted(text) + ": no handle; the form is index:handle");
    out.handle = handle;
    return out;
}

}  // namespace idnode::model
