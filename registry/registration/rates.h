#pragma once

#include <cstddef>
#include <optional>

#include "registry/registration/actor.h"
#include "registry/registration/rate_limits.h"
#include "registry/registration/registrar.h"

namespace idnode::registration {

/// One request of the actor, within what its account and its enterprise may send. Nothing: there is
/// no limit. kTooMany, with `retry_after_s`.
Outcome<std::optional<RateLimits::Rate>> admit_request(const Registrar& registrar,
                                                       const Actor& actor);
/// As above for so many identifiers.
Outcome<std::optional<RateLimits::Rate>> admit_identifiers(const Registrar& registrar,
                                                           const Actor& actor, std::size_t count);

}  // namespace idnode::registration
