#pragma once

#include <cstdint>
#include <map>
#include <optional>
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
    /// What is kept of one prefix, by the beginning of its identifiers.
    enum class Standing : std::uint8_t { kOwn, kOther, kNobody };
    registration::Outcome<Standing> standing_of(std::string_view cid);
    registration::Outcome<void> check_enterprise();
    registration::Outcome<bool> is_granted(const v1::EventRecord& event, std::string_view cid);

    const registration::Registrar& registrar_;
    const registration::Actor& actor_;
    Owners owners_;
    bool is_enterprise_fine_ = false;
    std::map<std::string, registration::Outcome<void>, std::less<>> own_prefixes_;
    std::optional<std::vector<v1::Grant>> grants_;
};

}  // namespace idnode::events
