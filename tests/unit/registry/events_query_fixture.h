#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "registry/events/event_log.h"
#include "registry/events/lifecycle.h"
#include "registry/registration/meters.h"
#include "registry/registration/rate_limits.h"
#include "registry/registration/registrar.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/passwords.h"
#include "storage/stores.h"

/// What lifecycle records need around them, with a store in memory.
namespace idnode::tests {

class StandingClock final : public model::Clock {
  public:
    model::TimeMs now() const override { return now_; }
    void set(model::TimeMs now) { now_ = now; }

  private:
    std::atomic<model::TimeMs> now_{1'750'000'000'000};
};

struct EventWorld {
    EventWorld() : store(storage::make_memory_store(clock)) {}
    explicit EventWorld(std::unique_ptr<model::RecordStore> filled) : store(std::move(filled)) {}

    StandingClock clock;
    std::unique_ptr<model::RecordStore> store;
    std::unique_ptr<model::Entropy> entropy = crypto::make_entropy();
    std::unique_ptr<model::Digests> digests = crypto::make_digests();
    std::unique_ptr<model::Passwords> passwords = crypto::make_passwords(*entropy);
    std::unique_ptr<model::Seal> seal = *crypto::make_seal(as_bytes_view("a key"), *entropy);
    registration::Meters meters;
    registration::RateLimits rates;
    registration::Housekeeping housekeeping;
    registration::Terms registration_terms;
    registration::Registrar registrar{*store, clock,  *entropy, *digests,     *passwords,
                                      *seal,  meters, rates,    housekeeping, registration_terms};
    events::EventLog log{*store, clock};
    events::Terms terms;
    events::Lifecycle lifecycle{registrar, log, terms};

    /// Stores the event as capture does, its record time and a body included; `declares`: it
    /// declares this one wrong.
    events::EventKey add(v1::EventRecord event, std::optional<events::EventKey> declares = {});
};

/// An administrator of the enterprise, who may do everything with its events.
registration::Actor administrator_of(std::uint64_t enterprise_id);

}  // namespace idnode::tests
