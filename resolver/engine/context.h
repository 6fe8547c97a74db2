#pragma once

#include <cstdint>
#include <string>

#include "proto/base/bytes.h"
#include "registry/model/ports.h"
#include "resolver/engine/upstream.h"

namespace idnode::resolver {

enum class Carrier : std::uint8_t { kUdp, kTcp };

struct Peer {
    Address address{};
    std::uint16_t port = 0;
    Carrier carrier = Carrier::kUdp;
};

/// How far a call may go: `kInline` never waits and never computes long, `kPool` may read the disk
/// and sign.
enum class Effort : std::uint8_t { kInline, kPool };

enum class Outcome : std::uint8_t {
    kReply,        // a complete message was appended to `out`
    kSilent,       // nothing must be sent
    kRetryOnPool,  // call again with Effort::kPool from the storage pool
    kAskUpstream,  // `question` was filled in; call `answer_forwarded` when its answer is there
};

class ChallengeTable;
struct Challenge;

/// What all engines of one node share. The referenced objects outlive every engine.
struct EngineContext {
    const model::RecordStore& store;
    const model::Clock& clock;
    const model::Digests& digests;
    const model::Signer& signer;
    ChallengeTable& challenges;
    Upstream& upstream;
    Bytes site;  // this node's site record (§2.7)
    std::int16_t site_serial = 1;
    std::string own_prefix;  // folded; its prefix handle is always answered from the store
    std::size_t udp_answer_bytes_max = 4096;  // §3.5, without envelopes
};

}  // namespace idnode::resolver
