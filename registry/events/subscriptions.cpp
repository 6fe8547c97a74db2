#include "registry/events/subscriptions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "proto/base/bytes.h"
#include "proto/base/hex.h"
#include "proto/base/text.h"
#include "registry/events/named_queries.h"
#include "registry/events/query_answer.h"
#include "registry/events/schedules.h"
#include "registry/registration/objects.h"

namespace idnode::events {

namespace {

using model::Table;
using registration::Actor;
using registration::Code;
using registration::invalid;
using registration::Outcome;

constexpr std::size_t kDestinationBytesMax = 2'048;
constexpr std::size_t kIdBytes = 16;

std::string key_of(const v1::EventSubscription& one) {
    return subscriptions_beginning(one.enterprise_id(), one.query_name()) + one.id();
}

registration::Refusal bad_url() {
    return invalid("dest", "must be a URL such as https://hook.example.cn/events");
}

/// `*.example.cn` is every host under it.
bool fits(std::string_view host, std::string_view allowed) {
    if (!allowed.starts_with("*.")) return equal_folded(host, allowed);
    const std::string_view domain = allowed.substr(1);
    return host.size() > domain.size() &&
           equal_folded(host.substr(host.size() - domain.size()), domain);
}

}  // namespace

Outcome<Destination> parse_destination(std::string_view url) {
    constexpr std::string_view kSecure = "https://";
    constexpr std::string_view kPlain = "http://";
    if (url.size() > kDestinationBytesMax) return invalid("dest", "is too long");
    const bool is_printable =
        std::ranges::all_of(url, [](char one) { return one > 0x20 && one < 0x7F; });
    if (!is_printable) return bad_url();
    Destination out{.is_secure = starts_with_folded(url, kSecure), .host = {}, .target = {}};
    if (!out.is_secure && !starts_with_folded(url, kPlain)) return bad_url();
    out.port = out.is_secure ? 443 : 80;
    url.remove_prefix(out.is_secure ? kSecure.size() : kPlain.size());
    url = url.substr(0, url.find('#'));
    std::string_view server = url.substr(0, url.find_first_of("/?"));
    out.target = url.substr(server.size());
    if (!out.target.starts_with('/')) out.target.insert(0, "/");
    if (server.find('@') != std::string_view::npos) {
        return invalid("dest", "must not have a name and password: use a signatureToken");
    }
    const bool is_bracketed = server.starts_with('[');
    const std::size_t host_end =
        is_bracketed ? server.find(']') : std::min(server.find(':'), server.size());
    if (host_end == std::string_view::npos) return bad_url();
    out.host = server.substr(is_bracketed ? 1 : 0, host_end - (is_bracketed ? 1 : 0));
    server.remove_prefix(host_end + (is_bracketed ? 1 : 0));
    if (out.host.empty() || (!server.empty() && !server.starts_with(':'))) return bad_url();
    if (server.empty()) return out;
    server.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(server.data(), server.data() + server.size(), out.port);
    if (error != std::errc{} || end != server.data() + server.size() || out.port == 0) {
        return bad_url();
    }
    return out;
}

bool is_allowed(const Destination& destination, const Terms& terms) {
    return std::ranges::any_of(terms.webhook_hosts, [&](const std::string& allowed) {
        return fits(destination.host, allowed);
    });
}

EventKey position_of(const v1::EventSubscription& subscription) {
    return {.record_time_ms = subscription.position_ms(),
            .sequence = subscription.position_sequence()};
}

Outcome<v1::EventSubscription> Subscriptions::create(const Actor& actor,
                                                     std::string_view query_name,
                                                     const WantedSubscription& wanted) {
    const registration::Registrar& registrar = lifecycle_.registrar;
    if (auto allowed = require(actor, v1::SCOPE_EVENTS_READ); !allowed) return allowed.error();
    if (registrar.terms.is_mirror) return registration::to_refusal(Error{Errc::kRefused, {}});
    if (auto query = NamedQueries(lifecycle_).find(actor, query_name); !query) return query.error();
    const auto destination = parse_destination(wanted.destination);
    if (!destination) return destination.error();
    if (!is_allowed(*destination, lifecycle_.terms)) {
        return registration::Refusal{
            .code = Code::kNotAllowed,
            .message = "events are not sent to this host",
            .field = "dest",
            .remedy = "ask the operator to add it to events.webhook_hosts"};
    }
    if (wanted.signature_token.size() > kSignatureTokenBytesMax) {
        return invalid("signatureToken", "is too long");
    }
    if (wanted.schedule) {
        if (auto checked = check_schedule(*wanted.schedule); !checked) return checked.error();
        if (!next_time(*wanted.schedule, registrar.clock.now())) {
            return invalid("schedule", "never comes");
        }
    }
    if (!read_epc_format(wanted.epc_format)) return invalid("GS1-EPC-Format", "is unknown");
    const auto others = list(actor, query_name);
    if (!others) return others.error();
    if (others->size() >= kSubscriptionsMax) {
        return registration::Refusal{
            .code = Code::kLimit,
            .message =
                "a query has at most " + std::to_string(kSubscriptionsMax) + " subscriptions"};
    }
    const auto known = lifecycle_.log.settled();
    if (!known) return registration::to_refusal(known.error());

    v1::EventSubscription out;
    std::array<std::byte, kIdBytes> id;
    registrar.entropy.fill(id);
    out.set_id(to_hex(id));
    out.set_query_name(std::string(query_name));
    out.set_enterprise_id(actor.enterprise_id);
    out.set_account(actor.account);
    out.set_created_ms(registrar.clock.now());
    out.set_destination(wanted.destination);
    out.set_report_if_empty(wanted.report_if_empty);
    out.set_epc_format(wanted.epc_format);
    if (wanted.schedule) {
        *out.mutable_schedule() = *wanted.schedule;
        out.set_next_ms(*next_time(*wanted.schedule, registrar.clock.now()));
    }
    const EventKey begin =
        wanted.initial_record_ms ? EventKey{.record_time_ms = *wanted.initial_record_ms} : *known;
    out.set_position_ms(begin.record_time_ms);
    out.set_position_sequence(begin.sequence);
    if (!wanted.signature_token.empty()) {
        const auto sealed =
            registrar.seal.close(as_bytes_view(wanted.signature_token), kSignatureSeal);
        if (!sealed) return registration::to_refusal(sealed.error());
        out.set_sealed_token(std::string(as_text(*sealed)));
    }
    model::Change change = registration::change_by(actor);
    change.objects.push_back(registration::put(Table::kSubscriptions, key_of(out), out, 0));
    const auto stored = registration::commit(registrar.store, change);
    if (!stored) return stored.error();
    return out;
}

Outcome<v1::EventSubscription> Subscriptions::find(const Actor& actor, std::string_view query_name,
                                                   std::string_view id) {
    auto found = registration::find<v1::EventSubscription>(
        lifecycle_.registrar.store, Table::kSubscriptions,
        subscriptions_beginning(actor.enterprise_id, query_name).append(id));
    if (!found) return found.error();
    if (!*found) return registration::not_found("subscription with this id");
    return **std::move(found);
}

Outcome<std::vector<v1::EventSubscription>> Subscriptions::list(const Actor& actor,
                                                                std::string_view query_name) {
    const auto stored = lifecycle_.registrar.store.scan_objects(
        Table::kSubscriptions, subscriptions_beginning(actor.enterprise_id, query_name), {},
        kSubscriptionsMax);
    if (!stored) return registration::to_refusal(stored.error());
    std::vector<v1::EventSubscription> out;
    for (const model::StoredObject& one : *stored) {
        if (!registration::from_octets(one.value, out.emplace_back())) {
            return registration::damaged_object();
        }
    }
    return out;
}

Outcome<void> Subscriptions::remove(const Actor& actor, std::string_view query_name,
                                    std::string_view id) {
    const auto found = find(actor, query_name, id);
    if (!found) return found.error();
    model::Change change = registration::change_by(actor);
    change.objects.push_back(registration::drop(Table::kSubscriptions, key_of(*found)));
    const auto done = registration::commit(lifecycle_.registrar.store, change);
    if (!done) return done.error();
    return {};
}

Outcome<std::vector<Subscriptions::Stored>> Subscriptions::all_after(std::string_view after,
                                                                     std::size_t count_max) {
    const auto stored =
        lifecycle_.registrar.store.scan_objects(Table::kSubscriptions, {}, after, count_max);
    if (!stored) return registration::to_refusal(stored.error());
    std::vector<Stored> out;
    for (const model::StoredObject& one : *stored) {
        Stored& kept = out.emplace_back(Stored{.key = one.key, .subscription = {}});
        if (!registration::from_octets(one.value, kept.subscription)) {
            return registration::damaged_object();
        }
        kept.subscription.set_version(one.version);
    }
    return out;
}

Outcome<v1::EventSubscription> Subscriptions::keep(const v1::EventSubscription& subscription) {
    model::Change change;
    change.who = "node";
    change.objects.push_back(registration::put(Table::kSubscriptions, key_of(subscription),
                                               subscription, subscription.version()));
    const auto done = registration::commit(lifecycle_.registrar.store, change);
    if (!done) return done.error();
    auto kept = registration::find<v1::EventSubscription>(
        lifecycle_.registrar.store, Table::kSubscriptions, key_of(subscription));
    if (!kept) return kept.error();
    if (!*kept) return registration::Refusal{.code = Code::kVersionMismatch};
    return **std::move(kept);
}

}  // namespace idnode::events
