#pragma once

#include <string_view>

#include "proto/schemes/canonical.h"

/// Decentralised identifiers, identifiers document §7.
namespace idnode::schemes {

/// A text that begins with `did:`. Of `did:cn` and `did:bid` the whole grammar is checked, of other
/// methods that of DIDs. Parameters, path, query and fragment become the attribute `url`.
Parsed<Canonical> parse_did(std::string_view did);

}  // namespace idnode::schemes
