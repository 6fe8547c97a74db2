#pragma once

#include <cstdint>
#include <memory>

#include "proto/base/result.h"
#include "proto/base/writer.h"
#include "registry/model/ports.h"
#include "resolver/engine/stream.h"

namespace idnode::resolver {

/// The records of a replication stream, one after the other (§7.2, §7.3).
class StreamRecords {
  public:
    enum class Next : std::uint8_t {
        kRecord,    // a sign point follows
        kUnsigned,  // none does
        kEnd,       // nothing was appended: the last one is out
    };
    virtual ~StreamRecords() = default;
    /// Appends the next record to `out`. An error cuts the stream off, which the peer notices.
    virtual Result<Next> next(ByteWriter& out) = 0;
};

/// A replication stream as it goes over the wire, §7.4: inside TLS, or with a signature after each
/// record. Ends its connection.
class ProtectedStream final : public Stream {
  public:
    /// `channels`: null for a signed stream. Borrows signer and channels.
    ProtectedStream(std::unique_ptr<StreamRecords> records, StreamSlots::Slot slot,
                    const model::Signer& signer, const model::SecureChannels* channels);

    Next next(BytesView received, Bytes& out) override;

  private:
    enum class Phase : std::uint8_t { kStart, kHandshake, kRecords };

    void start(Bytes& out);
    Next shake_hands(BytesView received, Bytes& out);
    Next send_records(Bytes& out);
    Next append_records(Bytes& out);
    bool sign(Bytes& out, std::size_t from) const;

    const std::unique_ptr<StreamRecords> records_;
    const StreamSlots::Slot slot_;
    const model::Signer& signer_;
    const model::SecureChannels* const channels_;
    std::unique_ptr<model::SecureChannel> channel_;
    Phase phase_ = Phase::kStart;
    Bytes plain_;
};

}  // namespace idnode::resolver
