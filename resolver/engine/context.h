#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/base/bytes.h"
#include "registry/model/audit.h"
#include "registry/model/lifecycle.h"
#include "registry/model/ports.h"
#include "registry/service/administration.h"
#include "registry/service/authority.h"
#include "resolver/engine/upstream.h"

namespace idnode::resolver {

/// How a message came. HTTP is the tunnel of §3.7: in it, as over TCP, a message has any length and
/// every operation is allowed.
enum class Carrier : std::uint8_t { kUdp, kTcp, kHttp };

class Logins;

struct Peer {
    Address address{};
    std::uint16_t port = 0;
    Carrier carrier = Carrier::kUdp;
    /// Of a TCP connection that serves industrial clients (§9), for as long as its requests are
    /// under way. Null: the extensions are off.
    Logins* logins = nullptr;
};

/// How far a call may go: `kInline` never waits and never computes long, `kPool` may read the disk,
/// sign and change records.
enum class Effort : std::uint8_t { kInline, kPool };

enum class Outcome : std::uint8_t {
    kReply,        // complete messages were appended to `out`
    kSilent,       // nothing must be sent
    kRetryOnPool,  // call again with Effort::kPool from the storage pool
    kAskUpstream,  // `question` was filled in; call `answer_forwarded` when its answer is there
};

class ChallengeTable;
class GuessLimit;
class LookupCounts;
struct Replication;
class RemoteIdentities;
class SessionTable;

/// What the pseudo-handle `0.SITE/status` shows (§4.9). Thread-safe.
class StatusSource {
  public:
    virtual ~StatusSource() = default;
    virtual std::vector<handle::Value> values() const = 0;
};

/// What all engines of one node share. The referenced objects outlive every engine.
struct EngineContext {
    model::RecordStore& store;
    const model::Clock& clock;
    model::Entropy& entropy;
    const model::Digests& digests;
    const model::Signer& signer;
    const model::Proofs& proofs;
    const model::SessionCryptography& cryptography;
    ChallengeTable& challenges;
    SessionTable& sessions;
    GuessLimit& guesses;
    Upstream& upstream;
    const StatusSource& status;
    RemoteIdentities* remote = nullptr;  // null: identities of other nodes are refused
    model::AuditSink& audit = model::NoAudit::instance();
    const Replication* replication = nullptr;  // null: there are no streams for mirrors
    bool is_mirror = false;                    // of another node: only replication changes it
    Bytes site;                                // this node's site record (§2.7)
    std::int16_t site_serial = 1;
    std::size_t udp_answer_bytes_max = 4096;  // §3.5, without envelopes
    service::Authority::Settings authority{};
    service::Administration::Settings administration{};
    LookupCounts* lookups = nullptr;                  // null: they are not counted
    const model::LifecycleView* lifecycle = nullptr;  // null: no state of products is shown
};

}  // namespace idnode::resolver
