#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "proto/base/bytes.h"
#include "proto/handle/envelope.h"

namespace idnode::handle {

/// How many datagrams a message of `payload_bytes` (without envelope) takes, §3.5. At least 1.
std::size_t datagram_count(std::size_t payload_bytes);

/// Appends datagram `sequence` of a finished message (envelope first) to `out`: a full envelope of
/// its own and up to 492 octets. A single datagram carries no truncated flag; each of several does.
void write_datagram(BytesView message, std::uint32_t sequence, Bytes& out);

/// Puts the pieces of requests back together: bounded in messages, per source and in all, and in time.
/// Not thread-safe: one per socket. It keeps no clock; `now` must not go back.
class Reassembler {
  public:
    using Clock = std::chrono::steady_clock;

    struct Limits {
        std::size_t messages_max = 1024;            // half-complete ones in all
        std::size_t messages_per_source_max = 16;
        std::size_t bytes_max = 16'777'216;         // held by half-complete messages
        std::chrono::seconds lifetime{5};
    };

    Reassembler() : Reassembler(Limits{}) {}
    explicit Reassembler(Limits limits);

    /// Takes one piece (`envelope` decoded, `piece` what followed it in the datagram) from `source`
    /// (address and port, any unique octets). Returns the whole payload once it is complete.
    /// Impossible pieces (sequence or size against the total length, totals that differ) are dropped,
    /// duplicates ignored. A full table drops its oldest message.
    std::optional<Bytes> add(BytesView source, const Envelope& envelope, BytesView piece,
                             Clock::time_point now);

    std::size_t pending() const;

  private:
    struct Pending;
    // The helper types are the implementation's business.
    Limits limits_;
    std::unordered_map<std::string, Pending> pending_;
    std::size_t bytes_ = 0;
};

}  // namespace idnode::handle
