#pragma once

#include <string_view>

#include "proto/schemes/canonical.h"

/// Handles, identifiers document §2.
namespace idnode::schemes {

/// A handle without tag. On look-up whatever the protocol can ask for; on registration the rules of
/// §2.1: under `88` and `86` the industrial grammar, a suffix of printable characters in
/// normalisation form C.
Parsed<Canonical> parse_handle(std::string_view handle, const Options& options, Use use);

/// `country.industry.enterprise` with the lengths of §2.1.
Parsed<void> check_industrial_prefix(std::string_view prefix, unsigned levels_max);

/// Whether it is a prefix alone, such as `88.100.7`, without tag.
bool is_bare_prefix(std::string_view text);

/// Whether a text without tag begins as a handle does: digits, dots and so on before a slash.
bool begins_as_handle(std::string_view text);

}  // namespace idnode::schemes
