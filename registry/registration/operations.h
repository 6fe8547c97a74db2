#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "proto/idnode/v1/identifier.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/registrar.h"

namespace idnode::registration {

/// Requests with an idempotency key, remembered for 24 hours in the same commit as what they did:
/// who repeats one gets the first outcome, and nothing is done twice.
class Operations {
  public:
    explicit Operations(const Registrar& registrar) : registrar_(registrar) {}

    struct Found {
        v1::Operation operation;
        /// The transaction of what it did, if it did anything.
        model::TransactionId version = 0;
    };
    /// Nothing: the key is new. kKeyReused: it stands for another request. Without `digest`
    /// (empty) any request is meant.
    Outcome<std::optional<Found>> find(const Actor& actor, std::string_view key,
                                       BytesView digest) const;
    /// What remembers an outcome; a conflict when the key is there already. `operation` without
    /// key, time and digest.
    model::ObjectEdit remember(const Actor& actor, std::string_view key, BytesView digest,
                               v1::Operation operation) const;
    /// As above for what is renewed again and again: `before` is what is there now. A conflict when
    /// somebody else renewed it meanwhile.
    std::vector<model::ObjectEdit> renew(const Actor& actor, std::string_view key,
                                         v1::Operation operation,
                                         const std::optional<Found>& before) const;
    /// Forgets some of what is older than 24 hours, once a minute.
    void forget_old() const;

  private:
    std::string place_of(const Actor& actor, std::string_view key, std::uint64_t day) const;

    const Registrar& registrar_;
};

inline constexpr std::size_t kIdempotencyKeyBytesMax = 128;

}  // namespace idnode::registration
