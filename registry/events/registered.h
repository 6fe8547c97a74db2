#pragma once

#include <optional>
#include <string_view>

#include "proto/base/result.h"
#include "registry/model/ports.h"
#include "registry/registration/history.h"

namespace idnode::events {

/// The handle that a canonical identifier is; empty: it is of another scheme.
std::string_view handle_of(std::string_view cid);

/// The record that is registered here under an identifier; nothing: there is none. Blocks on the
/// disk.
Result<std::optional<registration::PastRecord>> find_record(const model::RecordStore& store,
                                                            std::string_view cid);

}  // namespace idnode::events
