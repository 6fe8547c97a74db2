#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "proto/base/bytes.h"
#include "proto/base/limits.h"
#include "proto/handle/envelope.h"

namespace idnode::handle {

/// How many datagrams a message of `payload_bytes` (without envelope) takes, §3.5. At least 1.
std::size_t datagram_count(std::size_t payload_bytes);

/// Appends datagram `sequence` of a finished message (envelope first) to `out`: a full envelope of
/// its own and up to 492 octets. A single datagram carries no truncated flag; each of several does.
void write_datagram(BytesView message, std::uint32_t sequence, Bytes& out);

/// Puts the pieces of requests back together: bounded in messages, per source and in all, and in
/// time. Not thread-safe: one per socket. It keeps no clock; `now` must not go back.
class Reassembler {
  public:
    using Clock = std::chrono::steady_clock;

    struct Limits {
        std::size_t messages_max = 1024;  // half-complete ones in all
        std::size_t messages_per_source_max = 16;
        std::size_t bytes_max = 16'777'216;  // held by half-complete messages
        std::chrono::seconds lifetime = limits::kReassemblyLifetime;
        // Written out: a nested class's default member initialisers are not known yet where the
        // default argument below would need them.
        Limits() {}
    };

    Reassembler() : Reassembler(Limits()) {}
    explicit Reassembler(Limits limits);
    Reassembler(Reassembler&&) noexcept;
    Reassembler& operator=(Reassembler&&) noexcept;
    ~Reassembler();

    /// Takes one piece (`envelope` decoded, `piece` what followed it in the datagram) from `source`
    /// (address and port, any unique octets). Returns the whole payload once it is complete.
    /// Impossible pieces (sequence or size against the total length, totals that differ) are
    /// dropped, duplicates ignored. A full table drops its oldest message; a source at its maximum
    /// starts no other message.
    std::optional<Bytes> add(BytesView source, const Envelope& envelope, BytesView piece,
                             Clock::time_point now);

    /// Forgets messages that began `lifetime` ago or earlier; `add` does it too.
    void expire(Clock::time_point now);

    std::size_t pending() const;
    std::size_t pending_bytes() const;

  private:
    struct Table;

    Limits limits_;
    std::unique_ptr<Table> table_;
};

}  // namespace idnode::handle
