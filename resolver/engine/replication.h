#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/result.h"
#include "proto/handle/replication.h"
#include "registry/model/ports.h"
#include "registry/service/administration.h"
#include "resolver/engine/reply.h"
#include "resolver/engine/stream.h"

namespace idnode::resolver {

/// What serving mirrors (§7) needs besides the store.
struct Replication {
    StreamSlots& slots;
    /// Null: this server's key serves no TLS, so that every stream is signed (§7.4).
    const model::SecureChannels* channels = nullptr;
    /// The name of this server's transactions in replication states: `0:1:0.NA/88.100`.
    std::string queue{};
    /// Where the JSON state of a requester stands in a queue; nothing: the queue is not in it.
    std::function<Result<std::optional<handle::SourcePosition>>(std::string_view json,
                                                                std::string_view queue)>
        position_in{};
};

/// Retrieve transactions, dump handles and back up (1001 to 1003). The stream that follows the
/// answer written to `to.out`, or null. Blocks on the disk.
StreamPtr answer_replication(const ReplyTo& to, service::Administration& administration,
                             service::Requester& requester);

/// The beginning and end of a change log, for the decision below. An empty log has `last` 0.
struct LogSpan {
    model::TransactionId first = 0;
    model::TimeMs first_time = 0;
    model::TransactionId last = 0;
};
/// §7.2: whether the log does not lead from the mirror's position to now.
bool must_dump(const LogSpan& log, const handle::SourcePosition& mirror, model::TimeMs now);

}  // namespace idnode::resolver
