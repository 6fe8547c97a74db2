#pragma once

#include <string_view>

#include "proto/idnode/v1/event.pb.h"
#include "proto/schemes/canonical.h"

namespace idnode::events {

/// Fills in the lots that the objects of an event are of (identifiers document §14.3): those that
/// their identifiers name, and `batch`, which its `ilmd` says of new objects and of outputs. A
/// batch is part of a GTIN, or an identifier by itself. Empty: nothing is said.
void find_lots(std::string_view batch, const schemes::Options& options, v1::EventRecord& record);

}  // namespace idnode::events
