#pragma once

#include <optional>
#include <string_view>

#include "proto/base/result.h"
#include "proto/handle/replication.h"

namespace idnode::json {

/// Where a replication state (§7.2) stands in one queue, as in
/// `{"replicationServerStates":{"0:1:0.NA/88.100":{"lastTxnId":5,"lastTimestamp":9}},"ownName":""}`.
/// Nothing: the state does not know the queue. kInvalid, kLimit: it is no replication state.
Result<std::optional<handle::SourcePosition>> read_queue_position(std::string_view text,
                                                                  std::string_view queue);

}  // namespace idnode::json
