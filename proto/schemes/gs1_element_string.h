#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/schemes/canonical.h"

/// Element strings of GS1 symbols, identifiers document §6.2.
namespace idnode::schemes::gs1 {

/// `(01)06901234567892(21)S1`, or as a scanner gives it: codes and values in one, those without
/// predefined length ended by FNC1 as GS (0x1D), after an AIM symbology identifier (`]d2`) or not.
/// The first key is the identifier; what neither is it nor one of its qualifiers is an attribute.
/// Elements may stand in any order.
Parsed<Canonical> parse_element_string(std::string_view text, Use use);

/// Begins as `parse_element_string` expects: `]C1` and the like, or `(` digits `)`.
bool is_element_string(std::string_view text);

}  // namespace idnode::schemes::gs1

namespace idnode::schemes {

/// As people read it, or as a scanner gives it. Only the second is always read back: in the first a
/// value may look like the next element.
enum class ElementForm : std::uint8_t { kBrackets, kScanned };

/// Of a CID of GS1; empty for others.
std::string element_string(std::string_view cid, ElementForm form = ElementForm::kBrackets);

}  // namespace idnode::schemes
