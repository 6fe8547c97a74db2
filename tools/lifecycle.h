#pragma once

#include <memory>

#include "registry/events/lifecycle.h"
#include "registry/http/handler.h"
#include "registry/registration/login_limit.h"
#include "registry/registration/registrar.h"
#include "tools/settings.h"

namespace idnode::tools {

/// What a node keeps lifecycle records with, wired by its settings. What it is made of must outlive
/// it.
class LifecycleRecords {
  public:
    LifecycleRecords(const Settings& settings, const registration::Registrar& registrar,
                     registration::LoginLimit& logins);
    LifecycleRecords(const LifecycleRecords&) = delete;
    LifecycleRecords& operator=(const LifecycleRecords&) = delete;

    const events::Lifecycle& lifecycle() const { return lifecycle_; }
    http::Handler& handler() { return *handler_; }

  private:
    const events::Terms terms_;
    events::EventLog log_;
    const events::Lifecycle lifecycle_;
    std::unique_ptr<http::Handler> handler_;
};

}  // namespace idnode::tools
