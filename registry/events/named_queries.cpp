#include "registry/events/named_queries.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "proto/base/text.h"
#include "registry/registration/objects.h"

namespace idnode::events {

namespace {

using model::Table;
using registration::Actor;
using registration::Code;
using registration::Outcome;

Outcome<void> check_name(std::string_view name) {
    const bool is_fine = !name.empty() && name.size() <= kQueryNameBytesMax && is_utf8(name) &&
                         std::ranges::none_of(name, [](char one) {
                             return one == '/' || static_cast<unsigned char>(one) < 0x20;
                         });
    if (is_fine) return {};
    return registration::invalid("name", "must be 1 to " + std::to_string(kQueryNameBytesMax) +
                                             " octets without slash and control characters");
}

}  // namespace

std::string named_query_key(std::uint64_t enterprise_id, std::string_view name) {
    return registration::number_key(enterprise_id).append(name);
}

std::string subscriptions_beginning(std::uint64_t enterprise_id, std::string_view query_name) {
    return named_query_key(enterprise_id, query_name) + '\0';
}

std::vector<QueryParameter> parameters_of(const v1::NamedEventQuery& query) {
    std::vector<QueryParameter> out;
    for (const v1::EventQueryParameter& one : query.parameters()) {
        out.push_back({one.name(), {one.values().begin(), one.values().end()}});
    }
    return out;
}

QueryOutcome<v1::NamedEventQuery> NamedQueries::create(const Actor& actor, std::string_view name,
                                                       const boost::json::object& wanted) {
    const registration::Registrar& registrar = lifecycle_.registrar;
    if (auto allowed = require(actor, v1::SCOPE_EVENTS_READ); !allowed) {
        return of_node(allowed.error());
    }
    if (registrar.terms.is_mirror) {
        return of_node(registration::to_refusal(Error{Errc::kRefused, {}}));
    }
    if (auto named = check_name(name); !named) return of_node(named.error());
    const auto parameters = read_query_json(wanted);
    if (!parameters) return parameters.error();
    const auto query = parse_query(*parameters, lifecycle_.terms.schemes);
    if (!query) return query.error();
    const auto others = registrar.store.scan_objects(
        Table::kNamedQueries, registration::number_key(actor.enterprise_id), {}, kNamedQueriesMax);
    if (!others) return of_node(registration::to_refusal(others.error()));
    if (others->size() >= kNamedQueriesMax) {
        return of_node({.code = Code::kLimit,
                        .message = "an enterprise keeps at most " +
                                   std::to_string(kNamedQueriesMax) + " queries",
                        .remedy = "delete some"});
    }
    v1::NamedEventQuery out;
    out.set_name(std::string(name));
    out.set_enterprise_id(actor.enterprise_id);
    out.set_account(actor.account);
    out.set_created_ms(registrar.clock.now());
    out.set_json(boost::json::serialize(wanted));
    for (const QueryParameter& one : *parameters) {
        v1::EventQueryParameter& kept = *out.add_parameters();
        kept.set_name(one.name);
        for (const std::string& value : one.values) kept.add_values(value);
    }
    model::Change change = registration::change_by(actor);
    change.objects.push_back(registration::put(Table::kNamedQueries,
                                               named_query_key(actor.enterprise_id, name), out, 0));
    const auto stored = registration::commit(registrar.store, change);
    if (stored) return out;
    if (stored.error().code != Code::kVersionMismatch) return of_node(stored.error());
    return of_node({.code = Code::kExists,
                    .message = "there is a query with this name",
                    .field = "name",
                    .remedy = "delete it first, or take another name"});
}

Outcome<v1::NamedEventQuery> NamedQueries::find(const Actor& actor, std::string_view name) {
    auto found =
        registration::find<v1::NamedEventQuery>(lifecycle_.registrar.store, Table::kNamedQueries,
                                                named_query_key(actor.enterprise_id, name));
    if (!found) return found.error();
    if (!*found) return registration::not_found("query with this name");
    return **std::move(found);
}

Outcome<std::vector<v1::NamedEventQuery>> NamedQueries::list(const Actor& actor,
                                                             std::string_view after,
                                                             std::size_t count_max) {
    const auto stored = lifecycle_.registrar.store.scan_objects(
        Table::kNamedQueries, registration::number_key(actor.enterprise_id),
        after.empty() ? std::string() : named_query_key(actor.enterprise_id, after), count_max);
    if (!stored) return registration::to_refusal(stored.error());
    std::vector<v1::NamedEventQuery> out;
    for (const model::StoredObject& one : *stored) {
        if (!registration::from_octets(one.value, out.emplace_back())) {
            return registration::damaged_object();
        }
    }
    return out;
}

Outcome<void> NamedQueries::remove(const Actor& actor, std::string_view name) {
    if (auto found = find(actor, name); !found) return found.error();
    const model::RecordStore& store = lifecycle_.registrar.store;
    const auto told = store.scan_objects(
        Table::kSubscriptions, subscriptions_beginning(actor.enterprise_id, name), {}, SIZE_MAX);
    if (!told) return registration::to_refusal(told.error());
    model::Change change = registration::change_by(actor);
    change.objects.push_back(
        registration::drop(Table::kNamedQueries, named_query_key(actor.enterprise_id, name)));
    for (const model::StoredObject& one : *told) {
        change.objects.push_back(registration::drop(Table::kSubscriptions, one.key));
    }
    const auto done = registration::commit(lifecycle_.registrar.store, change);
    if (!done) return done.error();
    return {};
}

}  // namespace idnode::events
