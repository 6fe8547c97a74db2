#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "proto/idnode/v1/account.pb.h"
#include "registry/registration/refusal.h"

namespace idnode::registration {

/// Some of the scopes.
class Scopes {
  public:
    constexpr Scopes() = default;
    constexpr Scopes(std::initializer_list<v1::Scope> scopes) {
        for (const v1::Scope scope : scopes) bits_ |= bit(scope);
    }
    constexpr bool has(v1::Scope scope) const { return (bits_ & bit(scope)) != 0; }
    constexpr void add(v1::Scope scope) { bits_ |= bit(scope); }
    constexpr Scopes and_in(Scopes other) const {
        Scopes out;
        out.bits_ = bits_ & other.bits_;
        return out;
    }
    constexpr bool operator==(const Scopes&) const = default;

  private:
    static constexpr std::uint32_t bit(v1::Scope scope) {
        return 1U << static_cast<unsigned>(scope);
    }
    std::uint32_t bits_ = 0;
};

/// What a role may do at all.
Scopes scopes_of(v1::Role role);

/// How much an account and its enterprise may send in a second; 0: any number.
struct SendLimits {
    std::uint32_t account_requests = 0;
    std::uint32_t account_identifiers = 0;
    std::uint32_t enterprise_requests = 0;
    std::uint32_t enterprise_identifiers = 0;
};

/// Somebody who proved who they are: every function that reads or changes something asks for one.
struct Actor {
    std::string account{};
    v1::Role role = v1::ROLE_UNSPECIFIED;
    std::uint64_t enterprise_id = 0;  // 0: of the node itself
    Scopes scopes{};
    std::string from{};          // the peer's address, for the audit trail
    std::uint64_t token_id = 0;  // 0: proved in another way
    SendLimits limits{};

    /// As the change log has it.
    std::string who() const { return "account:" + account; }
    /// Whether objects of this enterprise exist at all for the actor. Accounts of the node reach
    /// every one, all others their own.
    bool reaches(std::uint64_t enterprise) const {
        return enterprise_id == 0 ? role != v1::ROLE_APPLICATION : enterprise_id == enterprise;
    }
};

/// kNotAllowed names what is missing.
Outcome<void> require(const Actor& actor, v1::Scope scope);

}  // namespace idnode::registration
