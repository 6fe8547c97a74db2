#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/idnode/v1/access.pb.h"
#include "proto/idnode/v1/event.pb.h"
#include "proto/idnode/v1/grant.pb.h"
#include "registry/events/owners.h"
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
    std::string_view event_id;  // for the receipt; may be empty
    /// Identifiers through which it may be granted: of an event those it touches.
    std::span<const std::string_view> cids;
};
Thing thing_of(const v1::EventRecord& record, std::span<const std::string_view> cids);

/// Decides what one caller may read, and keeps receipts of what is not public and not the caller's
/// own: they are written when `settle` is called, at the latest at the end of its life. One for
/// each request: it keeps the caller's grants. May block on the disk. Not thread-safe.
class Access {
  public:
    /// `actor`: nobody, for who has not said who they are.
    Access(const registration::Registrar& registrar, std::optional<registration::Actor> actor);
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;
    ~Access();

    const std::optional<registration::Actor>& actor() const { return actor_; }

    registration::Outcome<bool> may_read(const Thing& thing);
    registration::Outcome<bool> may_read(const v1::EventRecord& record);
    /// Writes the receipts so far. Long answers call it from time to time.
    registration::Outcome<void> settle();

  private:
    /// By which right something is read; nothing: by none.
    struct Ground {
        std::string_view name;  // empty: the reader's own, or public
        std::uint64_t grant_id = 0;
    };
    registration::Outcome<std::optional<Ground>> ground_for(const Thing& thing);
    std::optional<Ground> own_or_public(const Thing& thing) const;
    bool works_for_node() const;
    registration::Outcome<bool> owns_one(const Thing& thing);
    registration::Outcome<const std::vector<v1::Grant>*> grants();
    void note(const Thing& thing, const Ground& ground);

    const registration::Registrar& registrar_;
    const std::optional<registration::Actor> actor_;
    Owners owners_;
    std::optional<std::vector<v1::Grant>> grants_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, v1::Receipt> receipts_;  // owner, grant
};

/// The event as JSON, opened where it is sealed. kStorage: it cannot be opened with this node's
/// key.
registration::Outcome<std::string> body_of(const registration::Registrar& registrar,
                                           const v1::EventRecord& record);
/// What event bodies are sealed for.
inline constexpr std::string_view kEventSeal = "event";

}  // namespace idnode::events
