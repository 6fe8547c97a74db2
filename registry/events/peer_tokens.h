#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/events/trace_peers.h"
#include "registry/registration/actor.h"
#include "registry/registration/refusal.h"
#include "registry/registration/registrar.h"

namespace idnode::events {

/// Who an enterprise is at other nodes: tokens of its accounts there, with which its traces are
/// carried on. Kept sealed; nothing shows them again.
class PeerTokens {
  public:
    explicit PeerTokens(const registration::Registrar& registrar) : registrar_(registrar) {}

    /// For all identifiers whose prefix is `prefix` or lies below it. Replaces an earlier one.
    registration::Outcome<void> put(const registration::Actor& actor, std::string_view prefix,
                                    const PeerCredential& credential);
    registration::Outcome<void> drop(const registration::Actor& actor, std::string_view prefix);
    /// The prefixes for which the actor's enterprise has one.
    registration::Outcome<std::vector<std::string>> prefixes(const registration::Actor& actor);
    /// That of the actor's enterprise with the longest prefix; nothing: it has none.
    registration::Outcome<std::optional<PeerCredential>> find(
        const std::optional<registration::Actor>& actor, std::string_view cid) const;

  private:
    const registration::Registrar& registrar_;
};

}  // namespace idnode::events
