#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/model/ports.h"
#include "resolver/client/authenticator.h"
#include "resolver/client/channel.h"
#include "resolver/mirror/position.h"
#include "resolver/mirror/stream_reader.h"

namespace idnode::mirror {

struct MirrorSettings {
    client::ServerAddress primary;
    /// Of the primary, as it stands in its site record (§2.8): nothing else is believed.
    Bytes primary_key;
    std::chrono::milliseconds interval{30'000};  // between two questions (§7.1)
    std::chrono::milliseconds patience{60'000};  // for the next octet of a stream
    std::chrono::milliseconds retry_min{1'000};  // after a failure; doubled each time
    std::chrono::milliseconds retry_max{60'000};
    /// How suffixes of the primary's prefixes are compared; the protocol does not say.
    model::SuffixCase suffix_case = model::SuffixCase::kFold;
};

/// How a mirror is, for status and log.
struct MirrorStatus {
    enum class Phase : std::uint8_t { kConnecting, kDumping, kFollowing };
    Phase phase = Phase::kConnecting;
    std::uint64_t last_transaction = 0;  // of the primary's, applied here
    std::uint64_t dumped_records = 0;    // of the dump under way or the last one
    std::uint64_t followed_changes = 0;  // since the start
    /// When everything the primary had was here; 0: not yet since the start.
    model::TimeMs in_step_at = 0;
    std::uint64_t failures = 0;  // in a row
    std::string last_failure{};
};

/// What is worth a line of the log.
struct MirrorEvent {
    enum class What : std::uint8_t {
        kDumpBegins,  // `text` says why
        kDumped,      // `count` records in `took`
        kFollowed,    // `count` changes; only when there were some
        kFailed,      // `text` says why; tried again after `took`
    };
    What what = What::kFollowed;
    std::uint64_t count = 0;
    std::chrono::milliseconds took{};
    std::string text{};
};

/// Keeps this node's store the same as that of another node, §7: a full dump first, then its
/// transactions, from the stored position on after a restart. Nothing is applied that is not
/// vouched for by the primary's key, and the position is committed together with what was applied.
class Mirror {
  public:
    using Report = std::function<void(const MirrorEvent&)>;

    Mirror(MirrorSettings settings, client::Authenticator authenticator, model::RecordStore& store,
           const model::Digests& digests, const model::Clock& clock, Report report);

    /// Until `stop` is asked for. Blocks: on a thread of its own.
    void run(const std::stop_token& stop);

    /// From any thread.
    MirrorStatus status() const;

  private:
    enum class Followed : std::uint8_t { kInStep, kMustDump };

    Result<void> replicate(const std::stop_token& stop);
    Result<Followed> follow(const std::stop_token& stop);
    Result<Followed> apply(StreamReader& stream);
    Result<void> dump(const std::stop_token& stop, std::string why);
    Result<void> replace(StreamReader& stream);
    Result<client::Connection> request_stream(const client::Request& request);
    Result<void> load_position();

    template <class Change>
    void update(Change&& change);
    void report(MirrorEvent event) const;

    const MirrorSettings settings_;
    const client::Authenticator authenticator_;
    model::RecordStore& store_;
    const model::Clock& clock_;
    const Report report_;
    const std::array<std::byte, 32> primary_id_;
    std::optional<Position> position_;
    model::TimeMs position_kept_at_ = 0;

    mutable std::mutex mutex_;
    MirrorStatus status_;
};

}  // namespace idnode::mirror
