#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/idnode/v1/event.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/registrar.h"

namespace idnode::events {

/// What somebody wants to read, as far as the decision needs it (identifiers document §9.3).
struct Thing {
    std::uint64_t enterprise_id = 0;  // whose statement it is
    v1::Visibility visibility = v1::VISIBILITY_UNSPECIFIED;
    v1::DataLevel level = v1::DATA_LEVEL_UNSPECIFIED;
    v1::EventType type = v1::EVENT_TYPE_UNSPECIFIED;
    std::string_view biz_step;
    /// Identifiers through which it may be granted: of an event those it touches.
    std::span<const std::string_view> cids;
};
Thing thing_of(const v1::EventRecord& record, std::span<const std::string_view> cids);

/// Decides what one caller may read. One for each request: it keeps the caller's grants. May block
/// on the disk.
class Access {
  public:
    /// `actor`: nobody, for who has not said who they are.
    Access(const registration::Registrar& registrar, std::optional<registration::Actor> actor)
        : registrar_(registrar), actor_(std::move(actor)) {}

    const std::optional<registration::Actor>& actor() const { return actor_; }

    registration::Outcome<bool> may_read(const Thing& thing);
    registration::Outcome<bool> may_read(const v1::EventRecord& record);

  private:
    const registration::Registrar& registrar_;
    const std::optional<registration::Actor> actor_;
};

}  // namespace idnode::events
