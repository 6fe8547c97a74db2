#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "proto/idnode/v1/prefix.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/registrar.h"

namespace idnode::registration {

/// What enterprises were allotted. A hosted prefix is homed here; a delegated one is not, and its
/// prefix handle names the enterprise's own node. Both have a prefix handle that resolves here.
class Prefixes {
  public:
    explicit Prefixes(const Registrar& registrar) : registrar_(registrar) {}

    /// Below the node's own prefix, to an approved enterprise.
    Outcome<v1::Prefix> allot(const Actor& actor, const v1::Allotment& wanted);
    /// One commit: lookups are answered here up to it, and referred from it on, or the other way
    /// round. Records that lie here stay.
    Outcome<v1::Prefix> change_hosting(const Actor& actor, std::string_view prefix,
                                       const v1::HostingChange& wanted);
    Outcome<v1::Prefix> disable(const Actor& actor, std::string_view prefix,
                                std::string_view reason);
    Outcome<v1::Prefix> enable(const Actor& actor, std::string_view prefix);
    Outcome<v1::Prefix> retire(const Actor& actor, std::string_view prefix,
                               std::string_view reason);
    /// The rule by which suffixes are checked; empty: any. kNotFound: there is no such rule.
    Outcome<v1::Prefix> set_coding_rule(const Actor& actor, std::string_view prefix,
                                        std::string_view rule);

    Outcome<v1::Prefix> find(const Actor& actor, std::string_view prefix);
    /// Of one enterprise, or (0) all that the actor reaches.
    Outcome<v1::PrefixList> list(const Actor& actor, std::uint64_t enterprise_id,
                                 std::string_view cursor, std::size_t count_max);

    /// A prefix that the actor may register under or, if `for_change` is false, read. The same
    /// refusal, kForeignPrefix, for one of another enterprise and one of nobody.
    Outcome<v1::Prefix> usable(const Actor& actor, std::string_view prefix, bool for_change);

  private:
    Outcome<v1::Prefix> read(const Actor& actor, std::string_view prefix);
    Outcome<v1::Prefix> put(const Actor& actor, v1::Prefix prefix,
                            std::vector<model::Edit> edits = {},
                            std::vector<model::ObjectEdit> more = {});
    Outcome<v1::Prefix> change_state(const Actor& actor, std::string_view prefix,
                                     v1::PrefixState to, std::string_view reason);
    Outcome<std::vector<model::Edit>> hosting_edits(const v1::Prefix& prefix) const;

    const Registrar& registrar_;
};

/// How suffixes under it are compared.
model::SuffixCase suffix_case_of(const v1::Prefix& prefix);

}  // namespace idnode::registration
