#include "registry/events/deliveries.h"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "proto/base/bytes.h"
#include "registry/events/named_queries.h"
#include "registry/events/query_answer.h"
#include "registry/events/schedules.h"
#include "registry/json/encoding.h"
#include "registry/registration/accounts.h"
#include "registry/registration/objects.h"

namespace idnode::events {

namespace {

using registration::Code;
using registration::Outcome;
using registration::Refusal;

constexpr unsigned kThreads = 4;
// How soon an event is noticed.
constexpr std::chrono::milliseconds kLookEvery{200};
constexpr std::size_t kReadAtOnce = 1'000;
// A subscriber that fails is asked again after one second, two, four … and then once an hour.
constexpr model::TimeMs kRetryMs = 1'000;
constexpr unsigned kRetriesMax = 10;
constexpr model::TimeMs kRetrySlowlyMs = 3'600'000;
constexpr std::size_t kFailureBytesMax = 200;
// Events without anything for a subscriber, before that is stored.
constexpr std::uint64_t kUnstoredMax = 100'000;

constexpr std::size_t kHmacBlockBytes = 64;

Bytes joined(BytesView a, BytesView b) {
    Bytes out(a.begin(), a.end());
    out.insert(out.end(), b.begin(), b.end());
    return out;
}

model::TimeMs retry_after(unsigned failures) {
    if (failures > kRetriesMax) return kRetrySlowlyMs;
    return kRetryMs << (failures - 1);
}

Refusal not_delivered(std::string why) {
    return {.code = Code::kBusy, .message = std::move(why)};
}

}  // namespace

std::string signature_of(const model::Digests& digests, std::string_view token,
                         std::string_view body) {
    std::array<std::byte, kHmacBlockBytes> key{};
    if (token.size() > key.size()) {
        std::ranges::copy(digests.sha256(as_bytes_view(token)), key.begin());
    } else {
        std::ranges::copy(as_bytes_view(token), key.begin());
    }
    std::array<std::byte, kHmacBlockBytes> inner;
    std::array<std::byte, kHmacBlockBytes> outer;
    for (std::size_t at = 0; at < key.size(); ++at) {
        inner[at] = key[at] ^ std::byte{0x36};
        outer[at] = key[at] ^ std::byte{0x5C};
    }
    const auto digest = digests.sha256(joined(inner, as_bytes_view(body)));
    std::string out;
    json::append_base64(digests.sha256(joined(outer, digest)), out);
    return out;
}

Deliveries::Deliveries(const Lifecycle& lifecycle, registration::LoginLimit& logins,
                       DeliverySender& sender)
    : lifecycle_(lifecycle), logins_(logins), sender_(sender) {
    threads_.emplace_back([this](const std::stop_token& stop) { look_around(stop); });
    for (unsigned count = 0; count < kThreads; ++count) {
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
}

Deliveries::~Deliveries() {
    for (std::jthread& one : threads_) one.request_stop();
}

void Deliveries::look_around(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        find_due();
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, kLookEvery, [] { return false; });
    }
}

void Deliveries::find_due() {
    const auto known = lifecycle_.log.settled_now();
    if (!known) return;  // the store is broken: everybody else says so
    std::string after;
    for (;;) {
        auto some = Subscriptions(lifecycle_).all_after(after, kReadAtOnce);
        if (!some || some->empty()) return;
        after = some->back().key;
        for (Stored& one : *some) {
            const std::scoped_lock lock(mutex_);
            if (busy_.contains(one.key) || !is_due(one, *known)) continue;
            busy_[one.key] = true;
            due_.push_back(std::move(one));
            changed_.notify_all();
        }
    }
}

/// With the mutex held.
bool Deliveries::is_due(const Stored& one, const EventKey& known) {
    if (one.subscription.next_ms() > lifecycle_.registrar.clock.now()) return false;
    return one.subscription.has_schedule() || position(one) < known;
}

/// With the mutex held.
EventKey Deliveries::position(const Stored& one) {
    const EventKey stored = position_of(one.subscription);
    const auto looked_at = looked_at_.find(one.key);
    return looked_at == looked_at_.end() ? stored : std::max(stored, looked_at->second);
}

void Deliveries::work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        Stored one;
        {
            std::unique_lock lock(mutex_);
            if (!changed_.wait(lock, stop, [this] { return !due_.empty(); })) return;
            one = std::move(due_.front());
            due_.pop_front();
        }
        try {
            deliver(one);
        } catch (const std::exception&) {
            // A lack of memory: the next look around tries again.
        }
        const std::scoped_lock lock(mutex_);
        busy_.erase(one.key);
    }
}

void Deliveries::deliver(const Stored& stored) {
    const auto known = lifecycle_.log.settled_now();
    if (!known) return;
    v1::EventSubscription one = stored.subscription;
    const model::TimeMs now = lifecycle_.registrar.clock.now();
    const auto delivered = deliver_until(one, stored.key, *known);
    const bool is_unchanged = one.position_ms() == stored.subscription.position_ms() &&
                              one.position_sequence() == stored.subscription.position_sequence();
    if (delivered && is_unchanged && !one.has_schedule() && one.failures() == 0) return;
    if (delivered) {
        one.set_failures(0);
        one.clear_last_failure();
        one.set_last_executed_ms(now);
        one.set_next_ms(one.has_schedule() ? next_time(one.schedule(), now).value_or(INT64_MAX)
                                           : 0);
    } else if (delivered.error().code == Code::kVersionMismatch) {
        const std::scoped_lock lock(mutex_);
        looked_at_.erase(stored.key);  // it was removed
        return;
    } else {
        one.set_failures(one.failures() + 1);
        one.set_last_failure(delivered.error().message.substr(0, kFailureBytesMax));
        one.set_next_ms(now + retry_after(one.failures()));
    }
    (void)Subscriptions(lifecycle_).keep(one);  // what is not kept is delivered again
}

/// Sends everything up to `known`, and keeps after each delivery how far it came.
Outcome<void> Deliveries::deliver_until(v1::EventSubscription& one, const std::string& key,
                                        const EventKey& known) {
    const registration::Registrar& registrar = lifecycle_.registrar;
    // What may be read is decided anew each time: accounts, grants and queries change.
    auto actor = registration::Accounts(registrar, logins_).acting_for(one.account());
    if (!actor) return not_delivered("the account " + one.account() + " is not active");
    const auto named = NamedQueries(lifecycle_).find(*actor, one.query_name());
    if (!named) return named.error();
    const auto query = parse_query(parameters_of(*named), lifecycle_.terms.schemes);
    if (!query) return query.error().why;
    Access access(registrar, *actor);
    EventKey from;
    {
        const std::scoped_lock lock(mutex_);
        from = position({.key = key, .subscription = one});
    }
    for (bool is_first = true;; is_first = false) {
        const auto found = follow_events(registrar.store, *query, access, from, known);
        if (!found) return found.error();
        const bool reports_nothing = found->events.empty() && found->is_at_end && is_first &&
                                     one.has_schedule() && one.report_if_empty();
        const bool sends = !found->events.empty() || reports_nothing;
        if (sends) {
            if (auto sent = send(one, found->events); !sent) return sent;
            one.set_last_notified_ms(registrar.clock.now());
        }
        from = found->position;
        const bool is_far = from.sequence - one.position_sequence() > kUnstoredMax;
        if (sends || is_far) {
            one.set_position_ms(from.record_time_ms);
            one.set_position_sequence(from.sequence);
            auto kept = Subscriptions(lifecycle_).keep(one);
            if (!kept) return kept.error();
            one.set_version(kept->version());
        }
        {
            const std::scoped_lock lock(mutex_);
            looked_at_[key] = from;
        }
        if (found->is_at_end) return {};
    }
}

Outcome<void> Deliveries::send(const v1::EventSubscription& one,
                               const std::vector<StoredEvent>& events) {
    const registration::Registrar& registrar = lifecycle_.registrar;
    const AnswerForm form{
        .registrar = registrar,
        .schemes = lifecycle_.terms.schemes,
        .epc_format = read_epc_format(one.epc_format()).value_or(EpcFormat::kAsCaptured)};
    auto body = query_document_json(events,
                                    {.query_name = one.query_name(),
                                     .subscription_id = one.id(),
                                     .created = registrar.clock.now()},
                                    form);
    if (!body) return body.error();
    Delivery delivery{.destination = one.destination(), .body = *std::move(body), .signature = {}};
    if (!one.sealed_token().empty()) {
        const auto token = registrar.seal.open(as_bytes_view(one.sealed_token()), kSignatureSeal);
        if (!token) return registration::to_refusal(token.error());
        delivery.signature = signature_of(registrar.digests, as_text(*token), delivery.body);
    }
    const auto status = sender_.send(delivery);
    if (!status) return not_delivered(status.error().detail);
    if (*status / 100 == 2) return {};
    return not_delivered("the subscriber answered with status " + std::to_string(*status));
}

}  // namespace idnode::events
