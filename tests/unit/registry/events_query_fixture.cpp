#include "tests/unit/registry/events_query_fixture.h"

#include <catch2/catch.hpp>

#include "registry/events/event_keys.h"

namespace idnode::tests {

events::EventKey EventWorld::add(v1::EventRecord event, std::optional<events::EventKey> declares) {
    const auto taken = log.take(1);
    REQUIRE(taken);
    const events::EventKey key = taken->at(0);
    event.set_record_time_ms(key.record_time_ms);
    if (event.body().size() <= 2) event.set_body(R"({"eventID":")" + event.event_id() + "\"}");
    model::Change change;
    events::append_event(key, event, declares, change.objects);
    REQUIRE(store->commit(change));
    return key;
}

registration::Actor administrator_of(std::uint64_t enterprise_id) {
    return {.account = "administrator " + std::to_string(enterprise_id),
            .role = v1::ROLE_ENTERPRISE_ADMINISTRATOR,
            .enterprise_id = enterprise_id,
            .scopes = registration::scopes_of(v1::ROLE_ENTERPRISE_ADMINISTRATOR)};
}

}  // namespace idnode::tests
