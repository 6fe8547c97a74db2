#pragma once

#include <array>
#include <cstdint>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

namespace idnode::mirror {

/// Where a mirror stands in its primary's transactions; stored with what was replicated
/// (`RecordStore::mirror_state`).
///
///   0        1                        33                       41                     49
///   +--------+------------------------+------------------------+----------------------+
///   | format | SHA-256 of primary key | u64 last transaction   | u64 last query (ms)  |
///   +--------+------------------------+------------------------+----------------------+
struct Position {
    static constexpr std::uint8_t kFormat = 1;  // stored

    /// Of the primary's public key encoding: a position is worth nothing at another server.
    std::array<std::byte, 32> primary{};
    std::uint64_t last_transaction = 0;
    std::uint64_t last_query_ms = 0;  // as the primary gave it

    bool operator==(const Position&) const = default;
};

Bytes encode_position(const Position& position);
/// kUnsupported: a newer format; kDamaged: no position.
Result<Position> decode_position(BytesView stored);

}  // namespace idnode::mirror
