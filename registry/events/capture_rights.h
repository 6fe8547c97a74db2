#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "proto/idnode/v1/event.pb.h"
#include "proto/idnode/v1/grant.pb.h"
#include "registry/events/owners.h"
#include "registry/registration/actor.h"
#include "registry/registration/registrar.h"

namespace idnode::events {

/// Who may capture which events (identifiers document §9.3, 5). Keeps prefixes, owners and grants:
/// one for each group of events.
class CaptureRights {
  public:
    CaptureRights(const registration::Registrar& registrar, const registration::Actor& actor)
        : registrar_(registrar), actor_(actor), owners_(registrar) {}

    /// Whether the event is a mere statement: it names identifiers that nobody here owns, or who
    /// captures it works for the node. kForeignPrefix: it names somebody else's identifier and no
    /// grant allows that. kPrefixDisabled: nothing may be captured about it now.
    registration::Outcome<bool> is_statement(const v1::EventRecord& event);

  private:
    registration::Outcome<std::uint64_t> owner_here(std::string_view cid);
    registration::Outcome<std::uint64_t> look_at_prefix(const std::string& prefix,
                                                        std::uint64_t owner) const;
    registration::Outcome<void> check_enterprise(std::uint64_t id);
    registration::Outcome<bool> is_granted(const v1::EventRecord& event, std::string_view cid,
                                           std::uint64_t owner);

    const registration::Registrar& registrar_;
    const registration::Actor& actor_;
    Owners owners_;
    std::set<std::uint64_t> fine_enterprises_;
    std::map<std::string, registration::Outcome<std::uint64_t>, std::less<>> prefixes_;
    std::optional<std::vector<v1::Grant>> grants_;
};

}  // namespace idnode::events
