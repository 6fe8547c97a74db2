#include "registry/registration/rates.h"

#include <string>

namespace idnode::registration {

namespace {

struct Wanted {
    std::string_view what;
    std::uint32_t account_max;
    std::uint32_t enterprise_max;
    std::size_t amount;
};

Refusal too_many(const Wanted& wanted, const RateLimits::Rate& rate) {
    return {.code = Code::kTooMany,
            .message = "more than " + std::to_string(rate.limit) + " " + std::string(wanted.what) +
                       " a second",
            .remedy = "try again in " + std::to_string(rate.wait_s) + " s",
            .retry_after_s = rate.wait_s};
}

/// The tighter of both limits, when neither is exceeded.
Outcome<std::optional<RateLimits::Rate>> admit(const Registrar& registrar, const Actor& actor,
                                               const Wanted& wanted) {
    std::optional<RateLimits::Rate> out;
    const model::TimeMs now = registrar.clock.now();
    struct Bucket {
        std::string whose;
        std::uint32_t limit;
    };
    for (const Bucket& bucket :
         {Bucket{"account " + actor.account, wanted.account_max},
          Bucket{"enterprise " + std::to_string(actor.enterprise_id), wanted.enterprise_max}}) {
        if (bucket.limit == 0) continue;
        const auto rate = registrar.rates.take(bucket.whose + " " + std::string(wanted.what),
                                               bucket.limit, wanted.amount, now);
        if (rate.wait_s > 0) return too_many(wanted, rate);
        if (!out || rate.remaining < out->remaining) out = rate;
    }
    return out;
}

}  // namespace

Outcome<std::optional<RateLimits::Rate>> admit_request(const Registrar& registrar,
                                                       const Actor& actor) {
    return admit(registrar, actor,
                 {"requests", actor.limits.account_requests, actor.limits.enterprise_requests, 1});
}

Outcome<std::optional<RateLimits::Rate>> admit_identifiers(const Registrar& registrar,
                                                           const Actor& actor, std::size_t count) {
    return admit(registrar, actor,
                 {"identifiers", actor.limits.account_identifiers,
                  actor.limits.enterprise_identifiers, count});
}

}  // namespace idnode::registration
