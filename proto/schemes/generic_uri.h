#pragma once

#include <string_view>

#include "proto/schemes/canonical.h"

/// URIs that are no identifier of another scheme, identifiers document §1.2.
namespace idnode::schemes {

/// A URI is its own CID, in the normal form of RFC 3986, §6.2.2: scheme and host in lower case,
/// escapes in upper case and only where needed, no `.` segments, no default port. Characters beyond
/// ASCII are escaped (RFC 3987, §3.1). kUriSyntax: no scheme, or a character that no URI has.
Parsed<Canonical> parse_generic_uri(std::string_view uri);

/// The parts of a URI with `//`.
struct UriParts {
    std::string_view authority;  // with port and user
    std::string_view host;
    std::string_view path;  // begins with `/`, or is empty
    std::string_view rest;  // path, query and fragment
};
/// `after_scheme` begins with `//`.
UriParts split_authority(std::string_view after_scheme);

}  // namespace idnode::schemes
