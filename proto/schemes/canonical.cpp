#include "proto/schemes/canonical.h"

#include <algorithm>
#include <array>

#include "proto/base/text.h"
#include "proto/schemes/did.h"
#include "proto/schemes/ecode.h"
#include "proto/schemes/epc_urn.h"
#include "proto/schemes/generic_uri.h"
#include "proto/schemes/gs1_ai.h"
#include "proto/schemes/gs1_element_string.h"
#include "proto/schemes/gs1_link.h"
#include "proto/schemes/handle_name.h"
#include "proto/schemes/iac.h"
#include "proto/schemes/limits.h"
#include "proto/schemes/oid.h"
#include "proto/schemes/text.h"

namespace idnode::schemes {
namespace {

constexpr char kGroupSeparator = '\x1D';

std::string_view trim(std::string_view text) {
    const auto is_space = [](char octet) {
        return (static_cast<unsigned char>(octet) <= 0x20 && octet != kGroupSeparator) ||
               octet == 0x7F;
    };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

Problem too_long(std::string_view text, std::size_t bytes_max) {
    return {Fault::kTooLong, std::string(text.substr(0, limits::kPartShownMax)),
            std::to_string(text.size()) + " octets, at most " + std::to_string(bytes_max)};
}

/// §1.3: what its key would have after the scheme.
Parsed<Canonical> within_limit(Parsed<Canonical> parsed) {
    if (!parsed) return parsed;
    const bool has_tag = parsed->scheme != Scheme::kDid && parsed->scheme != Scheme::kUri;
    const std::string_view body =
        std::string_view(parsed->cid).substr(has_tag ? parsed->cid.find(':') + 1 : 0);
    if (body.size() <= limits::kIdentifierBytesMax) return parsed;
    return too_long(body, limits::kIdentifierBytesMax);
}

/// GS, which ends values in element strings.
enum class Separators : bool { kRefused, kAllowed };

/// §1.4.1.
Parsed<void> check_octets(std::string_view text, Separators separators = Separators::kRefused) {
    if (text.empty()) return Problem{Fault::kEmpty, "", "no identifier given"};
    if (text.size() > limits::kSpellingBytesMax) return too_long(text, limits::kSpellingBytesMax);
    bool is_ascii = true;
    for (const char octet : text) {
        const auto number = static_cast<unsigned char>(octet);
        is_ascii = is_ascii && number < 0x80;
        const bool may_stand = octet == kGroupSeparator && separators == Separators::kAllowed;
        if ((number < 0x20 && !may_stand) || number == 0x7F) {
            std::string shown = "0x";
            shown += "0123456789ABCDEF"[number >> 4U];
            shown += "0123456789ABCDEF"[number & 0xFU];
            return Problem{Fault::kControl, std::move(shown), "a control character"};
        }
    }
    if (is_ascii || is_utf8(text)) return {};
    return Problem{Fault::kUtf8, "", "not well-formed UTF-8"};
}

/// Digits and dots (§1.4.5), IRI or ASN.1 notation.
bool is_oid(std::string_view text) {
    const auto may_stand = [](char octet) { return is_digit(octet) || octet == '.'; };
    const bool is_dotted = text.find('.') != std::string_view::npos && is_digit(text.front()) &&
                           std::ranges::all_of(text, may_stand);
    return is_dotted || text.front() == '/' || text.front() == '{';
}

bool has_scheme(std::string_view text) {
    return is_letter(text.front()) && text.find(':') != std::string_view::npos;
}

/// §1.4.8.
Problem unrecognised(std::string_view text) {
    return {Fault::kUnrecognised, std::string(text),
            "accepted are hdl:, gs1:, iac:, ecode:, oid:, did:, urn:, http: and https:, "
            "prefix/suffix, element strings such as (01)…(21)…, dotted OIDs, VAA and MA codes, "
            "and any other URI"};
}

/// Takes a tag off `text`, in either case.
bool take_tag(std::string_view& text, std::string_view tag) {
    if (!starts_with_folded(text, tag)) return false;
    text.remove_prefix(tag.size());
    return true;
}

/// What a percent-encoded path stands for; it is held to the same rules as text without escapes.
Parsed<std::string> decode_path(std::string_view path) {
    std::string out;
    if (!append_decoded(path, out)) {
        return Problem{Fault::kPercent, std::string(path),
                       "% must be followed by two hexadecimal digits"};
    }
    if (auto checked = check_octets(trim(out)); !checked) return checked.error();
    return out;
}

/// Handle proxies, §1.4.3 (a).
std::optional<Parsed<Canonical>> parse_proxied(const UriParts& parts, const Options& options,
                                               Use use) {
    const auto is_ours = [&parts](std::string_view host) {
        return equal_folded(host, parts.host) || equal_folded(host, parts.authority);
    };
    if (!std::ranges::any_of(options.proxy_hosts, is_ours)) return std::nullopt;
    if (parts.path.size() < 2 || !begins_as_handle(parts.path.substr(1))) return std::nullopt;
    const auto handle = decode_path(parts.path.substr(1));
    if (!handle) return handle.error();
    return parse_handle(trim(*handle), options, use);
}

Parsed<Canonical> parse_tagged_or_uri(std::string_view text, const Options& options, Use use);

/// Configured hosts of other schemes, §1.4.3 (c).
std::optional<Parsed<Canonical>> parse_carried(const UriParts& parts, const Options& options,
                                               Use use) {
    for (const CarrierHost& carrier : options.carriers) {
        if (!equal_folded(carrier.host, parts.host) || !parts.path.starts_with(carrier.path)) {
            continue;
        }
        const auto code = decode_path(parts.path.substr(carrier.path.size()));
        if (!code) return code.error();
        Options inner = options;
        inner.carriers = {};  // a carrier that leads to another one leads nowhere
        return parse_tagged_or_uri(carrier.tag + std::string(trim(*code)), inner, use);
    }
    return std::nullopt;
}

/// §1.4.3.
Parsed<Canonical> parse_web(std::string_view uri, const Options& options, Use use) {
    const UriParts parts = split_authority(uri.substr(uri.find("//")));
    if (auto found = parse_proxied(parts, options, use)) return *std::move(found);
    if (!parts.host.empty()) {
        if (auto found = gs1::parse_link(parts.rest, use)) return *std::move(found);
    }
    if (auto found = parse_carried(parts, options, use)) return *std::move(found);
    auto normal = parse_generic_uri(uri);
    if (!normal || normal->cid == uri) return normal;
    // Another spelling of a URL may hide what it is: `/%30%31/` is `/01/`.
    return parse_web(normal->cid, options, use);
}

/// §1.4.2 and §1.4.3: everything that begins with a scheme or one of our tags.
Parsed<Canonical> parse_tagged_or_uri(std::string_view text, const Options& options, Use use) {
    std::string_view rest = text;
    if (take_tag(rest, "http://") || take_tag(rest, "https://")) {
        return parse_web(text, options, use);
    }
    if (starts_with_folded(text, "urn:epc:")) return parse_epc_urn(text);
    if (take_tag(rest, "hdl:") || take_tag(rest, "info:hdl/")) {
        return parse_handle(rest, options, use);
    }
    if (take_tag(rest, "gs1:")) return gs1::parse_path(rest, use);
    if (take_tag(rest, "urn:oid:") || take_tag(rest, "oid:")) {
        return parse_oid(rest, options.oid_labels);
    }
    if (take_tag(rest, "did:")) return parse_did(text);
    if (take_tag(rest, "iac:")) return parse_iac(rest, use);
    if (take_tag(rest, "ecode:")) return parse_ecode(rest, options, use);
    return parse_generic_uri(text);
}

/// The key that digits of this length mostly are; empty: none.
std::string_view usual_key(std::size_t digits) {
    if (digits == 8 || digits == 12 || digits == 13 || digits == 14) return "gs1:/01/";
    return digits == 18 ? "gs1:/00/" : "";
}

/// §1.4.7.
Parsed<Canonical> parse_digits(std::string_view digits, const Options& options, Use use) {
    auto found = candidates(digits, options);
    if (found.size() == 1 && use == Use::kLookUp) return std::move(found.front());
    if (!found.empty()) {
        std::string forms;
        for (const Canonical& one : found) forms += (forms.empty() ? "" : ", ") + one.cid;
        return Problem{Fault::kAmbiguous, std::string(digits), "say which of these: " + forms};
    }
    const std::string_view key = usual_key(digits.size());
    if (!key.empty()) {
        return parse_tagged_or_uri(std::string(key).append(digits), options, use);
    }
    return unrecognised(digits);
}

/// The order of §1.4, for text that has no spaces around it.
Parsed<Canonical> recognise(std::string_view text, const Options& options, Use use) {
    if (gs1::is_element_string(text)) {
        auto checked = check_octets(text, Separators::kAllowed);
        if (!checked) return checked.error();
        return gs1::parse_element_string(text, use);
    }
    if (auto checked = check_octets(text); !checked) return checked.error();
    if (begins_as_iac(text)) return parse_iac(text, use);
    if (begins_as_handle(text) || is_bare_prefix(text)) return parse_handle(text, options, use);
    if (is_oid(text)) return parse_oid(text, options.oid_labels);
    if (all_digits(text)) return parse_digits(text, options, use);
    if (!has_scheme(text)) return unrecognised(text);
    return parse_tagged_or_uri(text, options, use);
}

}  // namespace

Parsed<Canonical> parse_uri(std::string_view uri, const Options& options, Use use) {
    uri = trim(uri);
    if (auto checked = check_octets(uri); !checked) return checked.error();
    return within_limit(parse_tagged_or_uri(uri, options, use));
}

std::vector<Canonical> candidates(std::string_view digits, const Options& options) {
    std::vector<Canonical> out;
    const auto add = [&](std::string_view tag, std::string_view text) {
        auto found = parse_tagged_or_uri(std::string(tag).append(text), options, Use::kLookUp);
        if (found) out.push_back(*std::move(found));
    };
    digits = trim(digits);
    if (!all_digits(digits)) return out;
    const std::string_view key = usual_key(digits.size());
    if (!key.empty()) add(key, digits);
    if (digits.size() == 13) add("gs1:/414/", digits);
    add("ecode:", digits);
    return out;
}

Parsed<Canonical> parse(std::string_view text, const Options& options, Use use) {
    return within_limit(recognise(trim(text), options, use));
}

}  // namespace idnode::schemes
