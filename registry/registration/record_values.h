#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/idnode/v1/template.pb.h"
#include "registry/registration/identifiers.h"

/// Identifiers as the values of records.
namespace idnode::registration {

/// Keys, administrators, signatures, and what is reserved: neither shown nor changed here.
bool is_administrative(std::uint32_t index);

/// The version of the template that a record names; empty: none.
std::string stored_template(BytesView record_values);

Refusal identifier_missing(std::string_view handle);

/// Without template: what the caller says, as long as it is nobody else's. Sorts by index.
Outcome<void> check_free_values(std::span<DraftValue> values);

/// The values that a write leads to, old and new side by side. `form`: null without template.
/// kLimit: they do not fit into a record.
Outcome<Bytes> merged_values(const Draft& draft, const v1::Template* form,
                             const PastRecord& current);

/// A patch as the replacement that it comes to. A view of `current`.
Draft whole(const Draft& patch, const PastRecord& current);

}  // namespace idnode::registration
