#pragma once

#include <string_view>

#include "proto/schemes/canonical.h"

/// ISO/IEC 15459 with VAA and MA codes, identifiers document §3.
namespace idnode::schemes {

/// A code without tag: VAA and MA by their own syntax, others as upper-case letters, digits and
/// separators. Folded to upper case. A data identifier in front (`25S`, `25P`, `J` before VAA)
/// becomes the attribute `DI`; it also says how long the code may be. What names a company only is
/// not registered.
Parsed<Canonical> parse_iac(std::string_view text, Use use);

/// Whether a text without tag begins as VAA and MA codes do, with data identifier or not.
bool begins_as_iac(std::string_view text);

}  // namespace idnode::schemes
