#include "registry/registration/operations.h"

#include "registry/registration/objects.h"

namespace idnode::registration {

namespace {

constexpr model::TimeMs kSweepMs = 60'000;
constexpr std::size_t kForgottenMax = 10'000;
constexpr model::TimeMs kDayMs = 24LL * 60 * 60 * 1'000;

std::uint64_t day_of(model::TimeMs time) {
    return static_cast<std::uint64_t>(time / kDayMs);
}

}  // namespace

/// By day first, so that what is old lies together at the beginning.
std::string Operations::place_of(const Actor& actor, std::string_view key,
                                 std::uint64_t day) const {
    return number_key(day) + pair_key(actor.account, key);
}

Outcome<std::optional<Operations::Found>> Operations::find(const Actor& actor, std::string_view key,
                                                           BytesView digest) const {
    const model::TimeMs now = registrar_.clock.now();
    for (const std::uint64_t day : {day_of(now), day_of(now - kDayMs)}) {
        const auto stored =
            read_stored(registrar_.store, model::Table::kOperations, place_of(actor, key, day));
        if (!stored) return stored.error();
        if (!*stored) continue;
        Found out;
        if (!from_octets((*stored)->value, out.operation)) return damaged_object();
        if (to_time(out.operation.time()) + kDayMs <= now) continue;
        if (!digest.empty() && as_text(digest) != out.operation.request_digest()) {
            return Refusal{.code = Code::kKeyReused,
                           .message = "Idempotency-Key: stands for another request",
                           .field = "Idempotency-Key",
                           .remedy = "use a new key for each new request"};
        }
        out.version = (*stored)->version;
        return std::optional<Found>(std::move(out));
    }
    return std::optional<Found>{};
}

model::ObjectEdit Operations::remember(const Actor& actor, std::string_view key, BytesView digest,
                                       v1::Operation operation) const {
    const model::TimeMs now = registrar_.clock.now();
    operation.set_key(std::string(key));
    operation.set_request_digest(std::string(as_text(digest)));
    *operation.mutable_time() = to_timestamp(now);
    return {model::Table::kOperations, place_of(actor, key, day_of(now)), to_octets(operation), 0};
}

std::vector<model::ObjectEdit> Operations::renew(const Actor& actor, std::string_view key,
                                                 v1::Operation operation,
                                                 const std::optional<Found>& before) const {
    const model::TimeMs now = registrar_.clock.now();
    std::vector<model::ObjectEdit> out{remember(actor, key, {}, std::move(operation))};
    if (!before) return out;
    const std::uint64_t day = day_of(to_time(before->operation.time()));
    if (day == day_of(now)) {
        out.front().expected_version = before->version;
    } else {
        out.push_back({model::Table::kOperations, place_of(actor, key, day), {}, before->version});
    }
    return out;
}

void Operations::forget_old() const {
    const model::TimeMs now = registrar_.clock.now();
    std::atomic<model::TimeMs>& swept = registrar_.housekeeping.operations_swept;
    model::TimeMs last = swept.load();
    if (now - last < kSweepMs || !swept.compare_exchange_strong(last, now)) return;
    const auto oldest =
        registrar_.store.scan_objects(model::Table::kOperations, {}, {}, kForgottenMax);
    if (!oldest) return;
    model::Change change;
    change.who = "expiry";
    for (const model::StoredObject& one : *oldest) {
        if (number_of_key(one.key) + 1 >= day_of(now)) break;
        change.objects.push_back(drop(model::Table::kOperations, one.key));
    }
    if (!change.objects.empty()) (void)commit(registrar_.store, change);  // next time, then
}

}  // namespace idnode::registration
