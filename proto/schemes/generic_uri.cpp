#include "proto/schemes/generic_uri.h"

#include <algorithm>

#include "proto/schemes/text.h"

namespace idnode::schemes {
namespace {

/// RFC 3986, §2.2.
constexpr bool is_reserved(char octet) {
    return std::string_view(":/?#[]@!$&'()*+,;=").find(octet) != std::string_view::npos;
}

Problem wrong(std::string_view uri, std::string detail) {
    return {Fault::kUriSyntax, std::string(uri), std::move(detail)};
}

/// Where the scheme's colon stands; npos: there is none.
std::size_t scheme_end(std::string_view uri) {
    if (uri.empty() || !is_letter(uri.front())) return std::string_view::npos;
    const auto ends = [](char octet) {
        return !is_letter(octet) && !is_digit(octet) && octet != '+' && octet != '-' &&
               octet != '.';
    };
    const auto at = std::ranges::find_if(uri, ends);
    if (at == uri.end() || *at != ':') return std::string_view::npos;
    return static_cast<std::size_t>(at - uri.begin());
}

/// Escapes in their normal form, RFC 3986, §6.2.2.1 and §6.2.2.2.
Parsed<void> append_normal(std::string_view text, std::string& out) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char octet = text[at];
        if (octet == '%') {
            const int escaped = escaped_octet(text, at);
            if (escaped < 0) {
                return Problem{Fault::kPercent, std::string(text.substr(at, 3)),
                               "% must be followed by two hexadecimal digits"};
            }
            const char meant = static_cast<char>(escaped);
            is_unreserved(meant) ? void(out += meant) : append_escaped(meant, out);
            at += 2;
        } else if (is_unreserved(octet) || is_reserved(octet)) {
            out += octet;
        } else if (static_cast<unsigned char>(octet) >= 0x80) {
            append_escaped(octet, out);
        } else {
            return wrong(text, std::string("no URI has the character ") + octet);
        }
    }
    return {};
}

/// Takes the segments `.` and `..` out of the path that begins at `start`, RFC 3986, §5.2.4.
void remove_dot_segments(std::string& text, std::size_t start) {
    std::string path;
    std::string_view rest = std::string_view(text).substr(start);
    while (!rest.empty()) {
        rest.remove_prefix(1);  // the slash
        const std::size_t end = std::min(rest.find('/'), rest.size());
        const std::string_view segment = rest.substr(0, end);
        const bool is_last = end == rest.size();
        rest.remove_prefix(end);
        if (segment == "..") path.resize(path.empty() ? 0 : path.rfind('/'));
        if (segment == "." || segment == "..") {
            if (is_last) path += '/';
            continue;
        }
        path += '/';
        path += segment;
    }
    text.replace(start, std::string::npos, path);
}

/// RFC 3986, §3.2.2: an address in brackets, or a name without delimiters of other parts.
bool is_host(std::string_view host) {
    if (host.starts_with('['))
        return host.ends_with(']') && host.find_first_of("[]", 1) == host.size() - 1;
    return host.find_first_of(":[]@") == std::string_view::npos;
}

/// User as it is, host in lower case, a default port left out.
Parsed<void> append_authority(const UriParts& parts, std::string_view scheme, std::string& out) {
    if (!is_host(parts.host)) return wrong(parts.authority, "not a host");
    const auto user = static_cast<std::size_t>(parts.host.data() - parts.authority.data());
    if (auto added = append_normal(parts.authority.substr(0, user), out); !added) return added;
    const std::size_t host = out.size();
    if (auto added = append_normal(parts.host, out); !added) return added;
    for (std::size_t at = host; at < out.size(); ++at) {
        if (out[at] == '%') {
            at += 2;  // escapes stay in upper case
        } else {
            out[at] = lower_ascii(out[at]);
        }
    }
    std::string_view port = parts.authority.substr(user + parts.host.size());
    if (port.starts_with(':')) port.remove_prefix(1);
    if (!all_digits(port)) return wrong(parts.authority, "the port is not a number");
    const bool is_default =
        port.empty() || (scheme == "http" && port == "80") || (scheme == "https" && port == "443");
    if (!is_default) out.append(1, ':').append(port);
    return {};
}

Parsed<void> append_hierarchical(std::string_view after_scheme, std::string_view scheme,
                                 std::string& out) {
    const UriParts parts = split_authority(after_scheme);
    const bool is_web = scheme == "http" || scheme == "https";
    if (is_web && parts.host.empty()) return wrong(after_scheme, "the host is missing");
    out += "//";
    if (auto added = append_authority(parts, scheme, out); !added) return added;
    const std::size_t path = out.size();
    if (auto added = append_normal(parts.path, out); !added) return added;
    if (out.find("/.", path) != std::string::npos) remove_dot_segments(out, path);
    if (is_web && out.size() == path) out += '/';
    return append_normal(parts.rest.substr(parts.path.size()), out);
}

}  // namespace

UriParts split_authority(std::string_view after_scheme) {
    UriParts out;
    after_scheme.remove_prefix(2);
    const std::size_t end = std::min(after_scheme.find_first_of("/?#"), after_scheme.size());
    out.authority = after_scheme.substr(0, end);
    out.rest = after_scheme.substr(end);
    out.path = out.rest.substr(0, out.rest.find_first_of("?#"));
    const std::size_t at_sign = out.authority.rfind('@');
    out.host =
        at_sign == std::string_view::npos ? out.authority : out.authority.substr(at_sign + 1);
    const std::size_t bracket = out.host.rfind(']');  // IPv6
    const std::size_t colon = out.host.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    if (has_port) out.host = out.host.substr(0, colon);
    return out;
}

Parsed<Canonical> parse_generic_uri(std::string_view uri) {
    const std::size_t end = scheme_end(uri);
    if (end == std::string_view::npos) return wrong(uri, "a URI begins with a scheme and a colon");
    Canonical out{.scheme = Scheme::kUri, .cid = {}, .attributes = {}};
    out.cid.reserve(uri.size() + 1);
    for (const char octet : uri.substr(0, end)) out.cid += lower_ascii(octet);
    const std::string scheme = out.cid;
    out.cid += ':';
    std::string_view rest = uri.substr(end + 1);
    if (rest.empty()) return wrong(uri, "nothing follows the scheme");
    if (rest.starts_with("//")) {
        if (auto added = append_hierarchical(rest, scheme, out.cid); !added) return added.error();
        return out;
    }
    if (scheme == "urn") {  // RFC 8141: the name space, too, is the same in either case
        const std::string_view name_space = take_until(rest, ':');
        const auto may_stand = [](char octet) {
            return is_letter(octet) || is_digit(octet) || octet == '-';
        };
        if (name_space.empty() || rest.empty() || !std::ranges::all_of(name_space, may_stand)) {
            return wrong(uri, "a URN is urn:<name space>:<name>");
        }
        for (const char octet : name_space) out.cid += lower_ascii(octet);
        out.cid += ':';
    }
    if (auto added = append_normal(rest, out.cid); !added) return added.error();
    return out;
}

}  // namespace idnode::schemes
