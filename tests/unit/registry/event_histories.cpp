#include "event_histories.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "storage/stores.h"

namespace idnode::tests {

namespace {

class StillClock final : public model::Clock {
  public:
    model::TimeMs now() const override { return 1'000; }
};

/// Ids in no order that means anything.
std::string next_event_id() {
    static std::mt19937_64 chance(20'261'121);
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out = "urn:uuid:";
    for (int at = 0; at < 16; ++at) out += kDigits[chance() % kDigits.size()];
    return out;
}

v1::EventRecord event(double at, v1::EventType type, v1::EventAction action,
                      std::string_view biz_step) {
    v1::EventRecord out;
    out.set_event_id(next_event_id());
    out.set_type(type);
    out.set_action(action);
    out.set_event_time_ns(sec(at));
    out.set_biz_step(std::string(biz_step));
    out.set_enterprise_id(1);
    out.mutable_label()->set_visibility(v1::VISIBILITY_PUBLIC);
    out.mutable_label()->set_level(v1::DATA_LEVEL_GENERAL);
    out.set_body("{}");
    return out;
}

v1::EventRecord containing(double at, v1::EventType type, v1::EventAction action,
                           std::string_view biz_step, std::string_view parent, Cids children) {
    v1::EventRecord out = event(at, type, action, biz_step);
    out.set_parent(std::string(parent));
    for (const auto child : children) out.add_children(std::string(child));
    return out;
}

/// Makes one event after another up.
class Inventor {
  public:
    Inventor(std::mt19937_64& chance, const Chances& chances)
        : chance_(chance), chances_(chances) {}

    v1::EventRecord invent() {
        v1::EventRecord out = of_any_type();
        if (chances_.other_owners && one_in(3)) {
            out.set_enterprise_id(2 + below(2));
            out.mutable_label()->set_visibility(v1::VISIBILITY_PRIVATE);
        }
        return out;
    }
    std::size_t below(std::size_t count) { return static_cast<std::size_t>(chance_() % count); }
    bool one_in(std::size_t count) { return below(count) == 0; }

  private:
    const std::string& any(const std::vector<std::string>& of) { return of[below(of.size())]; }
    double at() {
        return static_cast<double>(1 + below(static_cast<std::size_t>(chances_.moments)));
    }
    v1::EventAction action() {
        static constexpr std::array kActions{v1::EVENT_ACTION_ADD, v1::EVENT_ACTION_ADD,
                                             v1::EVENT_ACTION_DELETE, v1::EVENT_ACTION_DELETE,
                                             v1::EVENT_ACTION_OBSERVE};
        return kActions[below(kActions.size())];
    }

    v1::EventRecord of_any_type() {
        switch (below(6)) {
            case 0:
                return of_objects();
            case 1:
            case 2:
                return contained(v1::EVENT_TYPE_AGGREGATION);
            case 3:
                return contained(v1::EVENT_TYPE_ASSOCIATION);
            default:
                return transformed();
        }
    }
    v1::EventRecord of_objects() {
        static constexpr std::array<std::string_view, 4> kSteps{"commissioning", "shipping",
                                                                "receiving", "inspecting"};
        const v1::EventAction what = action();
        v1::EventRecord out =
            object_event(at(), what, kSteps[below(kSteps.size())], {any(world().things)});
        if (what == v1::EVENT_ACTION_DELETE) out.set_biz_step("decommissioning");
        if (what != v1::EVENT_ACTION_ADD) return out;
        out.set_biz_step("commissioning");
        if (one_in(2)) out.add_lots(any(world().lots));
        return out;
    }
    v1::EventRecord contained(v1::EventType type) {
        static constexpr std::array<std::string_view, 4> kSteps{"assembling", "installing",
                                                                "packing", ""};
        v1::EventRecord out =
            containing(at(), type, action(), kSteps[below(kSteps.size())], any(world().things), {});
        const bool empties = out.action() == v1::EVENT_ACTION_DELETE && one_in(3);
        if (empties) return out;
        for (std::size_t count = 1 + below(2); count > 0; --count) {
            const std::string& child = any(world().things);
            if (child != out.parent()) out.add_children(child);
        }
        if (out.children_size() == 0 || one_in(5)) {
            add_quantity(*out.mutable_child_quantities(), any(world().lots), 5);
        }
        return out;
    }
    v1::EventRecord transformed() {
        v1::EventRecord out = transformation(at(), {}, {});
        const std::size_t run = below(4);
        if (run < 2) out.set_transformation_id("urn:run:" + std::to_string(run));
        const bool is_run = run < 2;
        if (!is_run || !one_in(3))
            name_some(*out.mutable_inputs(), *out.mutable_input_quantities());
        if (!is_run || out.inputs_size() + out.input_quantities_size() == 0 || one_in(2)) {
            name_some(*out.mutable_outputs(), *out.mutable_output_quantities());
        }
        if (out.outputs_size() > 0 && one_in(4)) out.add_lots(any(world().lots));
        return out;
    }
    void name_some(google::protobuf::RepeatedPtrField<std::string>& instances,
                   google::protobuf::RepeatedPtrField<v1::EventQuantity>& amounts) {
        if (one_in(4)) {
            add_quantity(amounts, one_in(4) ? any(world().classes) : any(world().lots), 10, "KGM");
        } else {
            *instances.Add() = any(world().things);
        }
    }

    std::mt19937_64& chance_;
    const Chances& chances_;
};

}  // namespace

v1::EventRecord object_event(double at, v1::EventAction action, std::string_view biz_step,
                             Cids epcs) {
    v1::EventRecord out = event(at, v1::EVENT_TYPE_OBJECT, action, biz_step);
    for (const auto epc : epcs) out.add_epcs(std::string(epc));
    return out;
}

v1::EventRecord aggregation(double at, v1::EventAction action, std::string_view biz_step,
                            std::string_view parent, Cids children) {
    return containing(at, v1::EVENT_TYPE_AGGREGATION, action, biz_step, parent, children);
}

v1::EventRecord association(double at, v1::EventAction action, std::string_view biz_step,
                            std::string_view parent, Cids children) {
    return containing(at, v1::EVENT_TYPE_ASSOCIATION, action, biz_step, parent, children);
}

v1::EventRecord transformation(double at, Cids inputs, Cids outputs,
                               std::string_view transformation_id) {
    v1::EventRecord out =
        event(at, v1::EVENT_TYPE_TRANSFORMATION, v1::EVENT_ACTION_UNSPECIFIED, "commissioning");
    for (const auto one : inputs) out.add_inputs(std::string(one));
    for (const auto one : outputs) out.add_outputs(std::string(one));
    out.set_transformation_id(std::string(transformation_id));
    return out;
}

void add_quantity(google::protobuf::RepeatedPtrField<v1::EventQuantity>& to,
                  std::string_view epc_class, double quantity, std::string_view uom) {
    v1::EventQuantity& added = *to.Add();
    added.set_epc_class(std::string(epc_class));
    added.set_quantity(quantity);
    added.set_uom(std::string(uom));
}

Captured declaration_about(const History& history, std::size_t place) {
    Captured out{.event = history[place].event, .declares = place};
    out.event.mutable_error()->set_reason("did_not_occur");
    return out;
}

std::unique_ptr<model::RecordStore> store_with(const History& history) {
    static const StillClock clock;
    auto store = storage::make_memory_store(clock);
    model::Change change;
    for (std::size_t place = 0; place < history.size(); ++place) {
        v1::EventRecord event = history[place].event;
        event.set_record_time_ms(key_at(place).record_time_ms);
        std::optional<events::EventKey> declares;
        if (history[place].declares != Captured::kNothing) {
            declares = key_at(history[place].declares);
        }
        events::append_event(key_at(place), event, declares, change.objects);
    }
    if (!store->commit(change)) std::abort();
    return store;
}

History shuffled(const History& history, std::mt19937_64& chance) {
    std::vector<std::size_t> order(history.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::shuffle(order, chance);
    std::vector<std::size_t> place_of(history.size(), Captured::kNothing);
    History out;
    const auto take = [&](std::size_t from) {
        place_of[from] = out.size();
        out.push_back(history[from]);
    };
    for (const std::size_t from : order) {
        if (history[from].declares == Captured::kNothing) take(from);
    }
    for (const std::size_t from : order) {
        const std::size_t about = history[from].declares;
        if (about == Captured::kNothing) continue;
        take(from);
        out.back().declares = place_of[about];
    }
    return out;
}

std::vector<std::string> World::all() const {
    std::vector<std::string> out = things;
    out.insert(out.end(), lots.begin(), lots.end());
    out.insert(out.end(), classes.begin(), classes.end());
    return out;
}

const World& world() {
    static const World kWorld{
        .things = {"hdl:88.100.7/PART-1", "hdl:88.100.7/PART-2", "hdl:88.100.7/PUMP-1",
                   "hdl:88.100.7/PUMP-2", "hdl:88.100.8/UNIT-5",
                   "gs1:/01/06901234567892/10/L1/21/S1", "gs1:/01/06901234567892/21/S2",
                   "gs1:/00/069012340000000016", "gs1:/00/069012340000000023"},
        .lots = {"gs1:/01/06901234567892/10/L1", "gs1:/01/16901234567899/10/B7"},
        .classes = {"gs1:/01/06901234567892"}};
    return kWorld;
}

History random_history(std::mt19937_64& chance, const Chances& chances) {
    Inventor inventor(chance, chances);
    History out;
    for (std::size_t count = 2 + inventor.below(chances.events_max - 1); count > 0; --count) {
        out.push_back({.event = inventor.invent()});
    }
    if (!chances.declarations) return out;
    const std::size_t events = out.size();
    for (std::size_t place = 0; place < events; ++place) {
        if (inventor.one_in(8)) out.push_back(declaration_about(out, place));
    }
    return out;
}

}  // namespace idnode::tests
