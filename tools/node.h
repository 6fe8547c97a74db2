#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/base/result.h"
#include "proto/handle/site.h"
#include "registry/http/front_door.h"
#include "registry/http/handler.h"
#include "registry/http/server.h"
#include "registry/model/ports.h"
#include "resolver/engine/challenges.h"
#include "resolver/engine/context.h"
#include "resolver/engine/guess_limit.h"
#include "resolver/engine/lookup_counts.h"
#include "resolver/engine/remote.h"
#include "resolver/engine/sessions.h"
#include "resolver/net/server.h"
#include "tools/audit_log.h"
#include "tools/lifecycle.h"
#include "tools/registration.h"
#include "tools/replication.h"
#include "tools/settings.h"
#include "tools/status_values.h"
#include "tools/system_clock.h"

namespace idnode::tools {

/// A running node: store, keys, upstream and front doors, wired by its settings.
class Node {
  public:
    /// Serves when it returns. The error says what could not be started, where, and the remedy.
    static Result<std::unique_ptr<Node>> start(const Settings& settings);

    /// Applies what needs no restart (see the table of settings). The error says what is wrong and
    /// stays as it was; everything else is applied.
    Result<void> reload(const Settings& fresh);

    /// From time to time, by one thread: what only seldom needs doing.
    void keep_house();

    /// Lets open questions finish for a moment, then closes everything. Nothing is served
    /// afterwards.
    void stop();

    /// `udp=127.0.0.1:2641 tcp=127.0.0.1:2641 http=127.0.0.1:8000`, several addresses with commas
    /// between.
    std::string endpoints() const;
    /// What an operator should look at, though the node serves.
    const std::vector<std::string>& warnings() const { return warnings_; }
    resolver::ServerCounters counters() const { return server_->counters(); }
    http::ServerCounters http_counters() const;

  private:
    explicit Node(const Settings& settings);

    Result<void> open_store();
    Result<void> open_keys();
    Result<void> show_certificate(const Settings& settings);
    Result<void> open_upstream();
    Result<void> open_replication();
    Result<void> open_registration();
    Result<void> listen();
    void renew_site(const Settings& settings, const handle::Site& site);
    Result<void> listen_on(const Settings& settings, const std::string& address);
    Result<void> listen_http(const Settings& settings);
    std::uint64_t requests() const;
    std::string replication_status() const;

    const Settings settings_;
    std::vector<std::string> warnings_;
    SystemClock clock_;
    CoarseClock coarse_clock_;
    // In the order in which they need each other; the server goes first at the end.
    std::unique_ptr<model::RecordStore> store_;
    std::unique_ptr<model::Digests> digests_;
    std::unique_ptr<model::Entropy> entropy_;
    std::unique_ptr<model::Signer> signer_;
    std::unique_ptr<model::Proofs> proofs_;
    std::unique_ptr<model::SessionCryptography> cryptography_;
    std::shared_ptr<crypto::TlsServer> tls_;
    std::optional<resolver::ChallengeTable> challenges_;
    std::optional<resolver::SessionTable> sessions_;
    std::optional<resolver::GuessLimit> guesses_;
    std::unique_ptr<StatusValues> status_;
    AuditLog audit_;
    std::unique_ptr<resolver::Upstream> upstream_;
    std::unique_ptr<resolver::RemoteIdentities> remote_;
    std::unique_ptr<MirrorService> for_mirrors_;
    std::unique_ptr<Registration> registration_;
    std::unique_ptr<MirrorThread> mirror_;  // none on a primary
    resolver::LookupCounts lookups_;
    std::optional<LifecycleRecords> lifecycle_;
    std::optional<resolver::EngineContext> context_;
    std::unique_ptr<resolver::Server> server_;
    std::unique_ptr<http::Handler> handler_;
    std::unique_ptr<http::Handler> snms_;
    std::optional<http::FrontDoor> front_door_;
    std::unique_ptr<http::Server> http_server_;  // none when its port is off
    // Once they are there, for the status.
    std::atomic<const resolver::Server*> serving_ = nullptr;
    std::atomic<const http::Server*> serving_http_ = nullptr;
};

}  // namespace idnode::tools
