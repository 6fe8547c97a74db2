#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/idnode/v1/template.pb.h"
#include "registry/registration/refusal.h"

/// What the kinds of items mean: which rules an item may have, and which texts are its values.
namespace idnode::registration {

/// Whether an item's bounds, pattern and choices make sense for its kind. `field` is its place.
Outcome<void> check_item_rules(const v1::Item& item, const std::string& field);

/// Whether a text is right for an item: the rule it breaks, or nothing. Whether the identifier that
/// a reference names is registered is looked up elsewhere.
///
/// Numbers are decimal texts such as `-12.50`, at most 38 digits, compared exactly. Dates are those
/// of RFC 3339, `2025-06-02` or `2025-06-02T09:30:00+08:00`. Lengths count Unicode characters.
std::optional<std::string> broken_rule(const v1::Item& item, std::string_view text);

}  // namespace idnode::registration
