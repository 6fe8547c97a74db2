#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/schemes/canonical.h"

/// GS1 Digital Link URIs, identifiers document §6.4, uncompressed.
namespace idnode::schemes::gs1 {

/// The identifier in a URI whose path ends in a key and its qualifiers; `tail` is everything after
/// the host. Nothing: the path is another one. Once a key has a value of its form, what is wrong is
/// a problem.
std::optional<Parsed<Canonical>> parse_link(std::string_view tail, Use use);

/// `/key/value` and pairs of its qualifiers, with nothing before or after: a CID after `gs1:`.
Parsed<Canonical> parse_path(std::string_view path, Use use);

}  // namespace idnode::schemes::gs1

namespace idnode::schemes {

/// The Digital Link URI of a CID of GS1: `base`, without `/` at its end, and the path. kGs1Ai: the
/// CID is of another scheme.
Parsed<std::string> digital_link(std::string_view cid,
                                 std::string_view base = "https://id.gs1.org");

}  // namespace idnode::schemes
