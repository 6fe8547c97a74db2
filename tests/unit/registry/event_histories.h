#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "registry/events/event_keys.h"
#include "registry/model/ports.h"

/// Small histories of lifecycle events, made up by chance or by hand, and stores that hold them.
namespace idnode::tests {

using Cids = std::initializer_list<std::string_view>;

/// Moments of made-up events: whole seconds. `sec(2) < at < sec(3)` has room for what lies between.
constexpr std::int64_t sec(double at) {
    return static_cast<std::int64_t>(at * 1e9);
}

/// Events with what every event must have: an id, public and general labels, times, enterprise 1.
v1::EventRecord object_event(double at, v1::EventAction action, std::string_view biz_step,
                             Cids epcs);
v1::EventRecord aggregation(double at, v1::EventAction action, std::string_view biz_step,
                            std::string_view parent, Cids children);
v1::EventRecord association(double at, v1::EventAction action, std::string_view biz_step,
                            std::string_view parent, Cids children);
v1::EventRecord transformation(double at, Cids inputs, Cids outputs,
                               std::string_view transformation_id = {});
void add_quantity(google::protobuf::RepeatedPtrField<v1::EventQuantity>& to,
                  std::string_view epc_class, double quantity, std::string_view uom = {});

/// One event on its way into a store.
struct Captured {
    v1::EventRecord event;
    /// Of a declaration: the place, in the history, of the event that it declares wrong.
    std::size_t declares = kNothing;
    static constexpr std::size_t kNothing = SIZE_MAX;
};
/// In the order of capture.
using History = std::vector<Captured>;
/// The same event again, now declared wrong.
Captured declaration_about(const History& history, std::size_t place);

/// The key that the event at this place of a history is stored under.
constexpr events::EventKey key_at(std::size_t place) {
    return {.record_time_ms = 1'000 + static_cast<std::int64_t>(place), .sequence = place + 1};
}
/// A store in memory with all of it, captured at the times of `key_at`.
std::unique_ptr<model::RecordStore> store_with(const History& history);
/// The same events in another order of capture; declarations stay behind what they are about.
History shuffled(const History& history, std::mt19937_64& chance);

/// What random histories are about.
struct World {
    std::vector<std::string> things;  // instances of all kinds
    std::vector<std::string> lots;
    std::vector<std::string> classes;
    std::vector<std::string> all() const;
};
const World& world();

struct Chances {
    std::size_t events_max = 14;
    int moments = 8;  // few: so that many things happen at one moment
    bool declarations = true;
    bool other_owners = false;  // private events of other enterprises too
};
/// Of events of all types; not always sensible ones.
History random_history(std::mt19937_64& chance, const Chances& chances = {});

}  // namespace idnode::tests
