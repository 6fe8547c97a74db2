#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "proto/base/result.h"
#include "registry/model/ports.h"
#include "resolver/crypto/tls.h"
#include "resolver/engine/replication.h"
#include "resolver/mirror/mirror.h"
#include "tools/settings.h"

namespace idnode::tools {

/// What this node has for its mirrors (§7).
class MirrorService {
  public:
    MirrorService(const Settings& settings, std::shared_ptr<crypto::TlsServer> tls,
                  const model::Signer& signer);

    const resolver::Replication& replication() const { return replication_; }

  private:
    resolver::StreamSlots slots_;
    std::unique_ptr<model::SecureChannels> channels_;
    resolver::Replication replication_;
};

/// A node that mirrors another one: its thread, and its lines in the log.
class MirrorThread {
  public:
    struct Borrowed {
        model::RecordStore& store;
        const model::Digests& digests;
        const model::Clock& clock;
    };
    /// Reads the keys and starts. The error names the setting or file and the remedy.
    static Result<std::unique_ptr<MirrorThread>> start(const Settings& settings,
                                                       const Borrowed& borrowed);
    /// Stops and joins.
    ~MirrorThread() = default;

    mirror::MirrorStatus status() const { return mirror_->status(); }

  private:
    explicit MirrorThread(std::unique_ptr<mirror::Mirror> mirror)
        : mirror_(std::move(mirror)),
          thread_([this](const std::stop_token& stop) { mirror_->run(stop); }) {}

    const std::unique_ptr<mirror::Mirror> mirror_;
    std::jthread thread_;  // last: it uses the mirror
};

/// Where replication stands, as value 3 of the status shows it (§4.9). `mirror`: null on a primary.
std::string replication_status_json(const model::RecordStore& store,
                                    const mirror::MirrorStatus* mirror, model::TimeMs now);

/// The references in replication.mirrors; those that are none were refused with the settings.
std::vector<handle::Reference> mirror_identities(const Settings& settings);

}  // namespace idnode::tools
