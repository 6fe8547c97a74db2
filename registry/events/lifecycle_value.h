#pragma once

#include "registry/events/lifecycle.h"
#include "registry/model/lifecycle.h"

namespace idnode::events {

/// The public part of the present state of registered identifiers, with where to learn more.
/// `lifecycle` must outlive it.
class LifecycleValues final : public model::LifecycleView {
  public:
    explicit LifecycleValues(const Lifecycle& lifecycle) : lifecycle_(lifecycle) {}

    Result<std::optional<Shown>> show(std::string_view handle) const override;

  private:
    const Lifecycle& lifecycle_;
};

/// Where the node shows more about an identifier.
struct Links {
    std::string events;
    std::string history;
    std::string trace;
    std::string passport;
};
Links links_of(const Terms& terms, std::string_view cid);

}  // namespace idnode::events
