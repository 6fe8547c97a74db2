#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "proto/base/bytes.h"
#include "proto/handle/envelope.h"
#include "proto/handle/message.h"
#include "registry/model/ports.h"
#include "resolver/engine/upstream.h"

namespace idnode::resolver {

enum class Carrier : std::uint8_t { kUdp, kTcp };

struct Peer {
    Address address{};
    std::uint16_t port = 0;
    Carrier carrier = Carrier::kUdp;
};

/// How far a call may go: `kInline` never waits and never computes long, `kPool` may read the disk and
/// sign.
enum class Effort : std::uint8_t { kInline, kPool };

enum class Outcome : std::uint8_t {
    kReply,        // a complete message was appended to `out`
    kSilent,       // nothing must be sent
    kRetryOnPool,  // call again with Effort::kPool from the storage pool
    kAskUpstream,  // `question` was filled in; call `answer_forwarded` when its answer is there
};

class ChallengeTable;

/// What all engines of one node share. The referenced objects outlive every engine.
struct EngineContext {
    const model::RecordStore& store;
    const model::Clock& clock;
    const model::Digests& digests;
    const model::Signer& signer;
    ChallengeTable& challenges;
    Upstream& upstream;
    Bytes site;                      // this node's site record (§2.7)
    std::int16_t site_serial = 1;
    std::string own_prefix;          // folded; its prefix handle is always answered from the store
    std::size_t udp_answer_bytes_max = 4096;  // §3.5, without envelopes
};

/// Octets in, octets and decisions out; no I/O of its own but reads through the store. Not
/// thread-safe: each thread has one.
class Engine {
  public:
    explicit Engine(const EngineContext& context);

    /// Takes one complete message and decides. The payload is what followed the envelope, all pieces
    /// put together; its length is envelope.message_length. §4.10
    Outcome handle(const handle::Envelope& envelope, BytesView payload, const Peer& peer,
                   Effort effort, Bytes& out, Question& question);

    /// The answer to a message for which `handle` returned kAskUpstream. May sign: call on the pool when
    /// `needs_pool` says so.
    void answer_forwarded(const handle::Envelope& envelope, BytesView payload,
                          const UpstreamAnswer& answer, Bytes& out);
    static bool forwarded_needs_pool(BytesView payload);

    /// An error for a message that cannot be taken at all (length out of range, too many at once).
    void refuse(const handle::Envelope& envelope, handle::ResponseCode code, std::string_view text,
                Bytes& out);

  private:
    const EngineContext& context_;
    model::PrefixReader prefixes_;
    model::Key key_;
};

}  // namespace idnode::resolver
