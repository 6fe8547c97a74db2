#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "proto/idnode/v1/coding.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/registrar.h"

namespace idnode::registration {

/// Coding rules of a prefix, each under a name. The one that the template of a new identifier
/// names, or else its prefix, is what its suffix must follow; identifiers that are there already
/// stay.
class CodingRules {
  public:
    explicit CodingRules(const Registrar& registrar) : registrar_(registrar) {}

    /// Creates or replaces. `expected`: the version that it must have; 0: it must not exist.
    Outcome<v1::CodingRule> put(const Actor& actor, const v1::CodingRule& wanted,
                                std::optional<model::TransactionId> expected = {});
    /// kWrongState: the prefix or a template names it.
    Outcome<void> remove(const Actor& actor, std::string_view prefix, std::string_view name);
    Outcome<v1::CodingRule> find(const Actor& actor, std::string_view prefix,
                                 std::string_view name);
    Outcome<v1::CodingRuleList> list(const Actor& actor, std::string_view prefix,
                                     std::string_view cursor, std::size_t count_max);
    /// Checks a suffix (kCodingRule), or makes some.
    Outcome<v1::SuffixList> suffixes(const Actor& actor, std::string_view prefix,
                                     std::string_view name, const v1::SuffixRequest& wanted);

    /// Without asking who wants it; `prefix` is folded. kNotFound.
    Outcome<v1::CodingRule> named(std::string_view prefix, std::string_view name) const;

  private:
    Outcome<bool> is_used(std::string_view prefix, std::string_view name) const;

    const Registrar& registrar_;
};

/// kCodingRule: the suffix is not as the rule says.
Outcome<void> check_suffix(const v1::CodingRule& rule, std::string_view suffix);

}  // namespace idnode::registration
