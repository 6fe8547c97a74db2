#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "proto/idnode/v1/grant.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/registrar.h"

namespace idnode::registration {

/// What enterprises let each other read: partner items, beside the public ones. A grant counts from
/// the commit that holds it on, and until it is withdrawn or its time is over.
class Grants {
  public:
    explicit Grants(const Registrar& registrar) : registrar_(registrar) {}

    /// To another enterprise, of what the actor's own has.
    Outcome<v1::Grant> create(const Actor& actor, const v1::Grant& wanted);
    Outcome<void> withdraw(const Actor& actor, std::uint64_t id);
    /// For both sides.
    Outcome<v1::Grant> find(const Actor& actor, std::uint64_t id);
    enum class Side : std::uint8_t { kGiven, kReceived };
    /// Of one enterprise; 0: the actor's own.
    Outcome<v1::GrantList> list(const Actor& actor, std::uint64_t enterprise_id, Side side,
                                std::string_view cursor, std::size_t count_max);

    /// Those that the actor's enterprise has now.
    Outcome<std::vector<v1::Grant>> received(const Actor& actor) const;
    /// Those that the actor's enterprise has for a prefix now.
    Outcome<std::vector<v1::Grant>> for_prefix(const Actor& actor, std::string_view prefix) const;

  private:
    Outcome<void> check_there(const v1::Grant& grant) const;

    const Registrar& registrar_;
};

/// Whether one of the grants, all of one prefix, is for the identifier with this key.
/// `template_version`: that it names.
bool covers(const std::vector<v1::Grant>& grants, const model::Key& key,
            model::SuffixCase suffix_case, std::string_view template_version);

}  // namespace idnode::registration
