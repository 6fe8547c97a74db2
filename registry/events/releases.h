#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/idnode/v1/access.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/refusal.h"
#include "registry/registration/registrar.h"

namespace idnode::events {

/// Single reads of core events (identifiers document §9.2): one administrator of the owner asks for
/// it, another one approves, and the enterprise it is for reads the event once.
class Releases {
  public:
    explicit Releases(const registration::Registrar& registrar) : registrar_(registrar) {}

    registration::Outcome<v1::Release> request(const registration::Actor& actor,
                                               const v1::Release& wanted);
    registration::Outcome<v1::Release> approve(const registration::Actor& actor, std::uint64_t id);
    /// For both sides.
    registration::Outcome<v1::Release> find(const registration::Actor& actor, std::uint64_t id);
    /// The event as JSON. The release is used up, and a receipt written, before it is given.
    registration::Outcome<std::string> consume(const registration::Actor& actor, std::uint64_t id);

  private:
    registration::Outcome<v1::Release> read(std::uint64_t id) const;

    const registration::Registrar& registrar_;
};

}  // namespace idnode::events
