#pragma once

#include <memory>
#include <optional>
#include <string>

#include "registry/events/capture_jobs.h"
#include "registry/events/deliveries.h"
#include "registry/events/lifecycle.h"
#include "registry/events/lifecycle_value.h"
#include "registry/events/trace_peers.h"
#include "registry/http/handler.h"
#include "registry/registration/login_limit.h"
#include "registry/registration/registrar.h"
#include "resolver/engine/upstream.h"
#include "tools/settings.h"

namespace idnode::tools {

/// How other nodes are found; without upstream they are not.
struct OtherNodes {
    resolver::Upstream* upstream = nullptr;
    bool loopback = false;  // whether site records may name this machine
};

/// What a node keeps lifecycle records with, wired by its settings. What it is made of must outlive
/// it. `address`: by which others reach this machine.
class LifecycleRecords {
  public:
    LifecycleRecords(const Settings& settings, const std::string& address,
                     const registration::Registrar& registrar, registration::LoginLimit& logins,
                     const OtherNodes& others);
    LifecycleRecords(const LifecycleRecords&) = delete;
    LifecycleRecords& operator=(const LifecycleRecords&) = delete;
    ~LifecycleRecords();

    const events::Lifecycle& lifecycle() const { return lifecycle_; }
    http::Handler& handler() { return *handler_; }
    const model::LifecycleView& values() const { return values_; }

  private:
    const events::Terms terms_;
    events::EventLog log_;
    events::CaptureQueue captures_;
    const std::unique_ptr<events::TracePeers> peers_;
    const events::Lifecycle lifecycle_;
    const events::LifecycleValues values_;
    std::unique_ptr<http::Handler> handler_;
    std::unique_ptr<events::DeliverySender> sender_;
    std::optional<events::Deliveries> deliveries_;  // not of a mirror
};

}  // namespace idnode::tools
