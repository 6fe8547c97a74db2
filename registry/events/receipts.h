#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "proto/idnode/v1/access.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/refusal.h"
#include "registry/registration/registrar.h"

namespace idnode::events {

/// Who read events that are not public. Nothing removes receipts.
class Receipts {
  public:
    explicit Receipts(const registration::Registrar& registrar) : registrar_(registrar) {}

    /// With time and number; one commit. Marks reads of important events that are many.
    registration::Outcome<void> write(std::vector<v1::Receipt> receipts);
    /// Of one enterprise's events; 0: the actor's own. Newest first.
    registration::Outcome<v1::ReceiptList> list(const registration::Actor& actor,
                                                std::uint64_t enterprise_id,
                                                std::string_view cursor, std::size_t count_max);

  private:
    registration::Outcome<bool> is_bulk(const v1::Receipt& receipt) const;

    const registration::Registrar& registrar_;
};

}  // namespace idnode::events
