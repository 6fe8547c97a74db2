#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "proto/idnode/v1/enterprise.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/registrar.h"

namespace idnode::registration {

/// Whether this is a unified social credit code (GB 32100): 18 characters with the right check
/// character.
bool is_credit_code(std::string_view text);

/// From application to retirement: apply, review, (prefixes: prefixes.h), suspend, resume, retire.
class Enterprises {
  public:
    explicit Enterprises(const Registrar& registrar) : registrar_(registrar) {}

    Outcome<v1::Enterprise> apply(const Actor& actor, const v1::EnterpriseProfile& profile);
    /// What it says about itself; one that was rejected has applied again.
    Outcome<v1::Enterprise> change(const Actor& actor, std::uint64_t id,
                                   const v1::EnterpriseProfile& profile,
                                   std::optional<model::TransactionId> expected);
    Outcome<v1::Enterprise> review(const Actor& actor, std::uint64_t id,
                                   const v1::ReviewDecision& decision);
    Outcome<v1::Enterprise> suspend(const Actor& actor, std::uint64_t id, std::string_view reason);
    Outcome<v1::Enterprise> resume(const Actor& actor, std::uint64_t id);
    /// Its prefixes can be used no more.
    Outcome<v1::Enterprise> retire(const Actor& actor, std::uint64_t id, std::string_view reason);
    Outcome<v1::Enterprise> set_quota(const Actor& actor, std::uint64_t id, const v1::Quota& quota);
    Outcome<v1::Enterprise> find(const Actor& actor, std::uint64_t id);
    /// By number; those the actor reaches.
    Outcome<v1::EnterpriseList> list(const Actor& actor, std::string_view cursor,
                                     std::size_t count_max);

    /// What creates an enterprise, for changes that do more. Fills in number, state and times.
    Outcome<std::vector<model::ObjectEdit>> edits_to_apply(v1::Enterprise& enterprise);

  private:
    Outcome<v1::Enterprise> read(const Actor& actor, std::uint64_t id);
    Outcome<v1::Enterprise> put(const Actor& actor, v1::Enterprise enterprise,
                                std::vector<model::ObjectEdit> more = {});
    Outcome<v1::Enterprise> change_state(const Actor& actor, std::uint64_t id,
                                         v1::EnterpriseState from, v1::EnterpriseState to,
                                         std::string_view reason);
    Outcome<void> check(const v1::EnterpriseProfile& profile) const;

    const Registrar& registrar_;
};

}  // namespace idnode::registration
