#include "trace_model.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

namespace idnode::tests {

namespace {

using Event = v1::EventRecord;

Moment at(const Event& event) {
    return moment_of(event.event_time_ns());
}

/// Ties: DELETE before ADD, then event id.
auto order(const Event& event) {
    const int rank = event.action() == v1::EVENT_ACTION_DELETE ? 0
                     : event.action() == v1::EVENT_ACTION_ADD  ? 1
                                                               : 2;
    return std::tuple(event.event_time_ns(), rank, event.event_id());
}

bool names(const google::protobuf::RepeatedPtrField<std::string>& list, const std::string& thing) {
    return std::ranges::find(list, thing) != list.end();
}
bool names(const google::protobuf::RepeatedPtrField<v1::EventQuantity>& list,
           const std::string& thing) {
    return std::ranges::any_of(list, [&](const auto& one) { return one.epc_class() == thing; });
}
bool is_input(const Event& event, const std::string& thing) {
    return names(event.inputs(), thing) || names(event.input_quantities(), thing);
}
bool is_output(const Event& event, const std::string& thing) {
    return names(event.outputs(), thing) || names(event.output_quantities(), thing);
}
std::set<std::string> outputs(const Event& event) {
    std::set<std::string> out(event.outputs().begin(), event.outputs().end());
    for (const auto& one : event.output_quantities()) out.insert(one.epc_class());
    return out;
}
std::set<std::string> inputs(const Event& event) {
    std::set<std::string> out(event.inputs().begin(), event.inputs().end());
    for (const auto& one : event.input_quantities()) out.insert(one.epc_class());
    return out;
}
bool is_transformation(const Event& event) {
    return event.type() == v1::EVENT_TYPE_TRANSFORMATION;
}
bool is_one_run(const Event& one, const Event& other) {
    return is_transformation(one) && is_transformation(other) &&
           (one.event_id() == other.event_id() ||
            (!one.transformation_id().empty() &&
             one.transformation_id() == other.transformation_id()));
}
/// What the event says is of the lots that it names.
std::set<std::string> members(const Event& event) {
    const auto& list = is_transformation(event) ? event.outputs() : event.epcs();
    return {list.begin(), list.end()};
}
bool touches(const Event& event, const std::string& thing) {
    return std::ranges::any_of(events::touched_by(event),
                               [&](const events::Touched& one) { return one.cid == thing; });
}

}  // namespace

TraceModel::TraceModel(const History& history, std::size_t known, Moment as_of, int seconds)
    : last_(2 * seconds + 1) {
    std::set<std::size_t> wrong;
    for (std::size_t place = 0; place < std::min(known, history.size()); ++place) {
        if (history[place].declares != Captured::kNothing) wrong.insert(history[place].declares);
    }
    for (std::size_t place = 0; place < std::min(known, history.size()); ++place) {
        const Event& event = history[place].event;
        const bool is_declaration = history[place].declares != Captured::kNothing;
        if (is_declaration || wrong.contains(place) || at(event) > as_of) continue;
        events_.push_back(event);
        for (const auto& one : events::touched_by(event)) things_.insert(std::string(one.cid));
    }
    std::ranges::sort(events_, {}, order);
}

/// Plays everything back up to the moment.
std::set<std::pair<v1::EventType, std::string>> TraceModel::parents(const std::string& child,
                                                                    Moment until) const {
    struct Tie {
        bool is_only_one;  // of its kind
    };
    std::map<std::pair<v1::EventType, std::string>, Tie> in;
    for (const Event& event : events_) {
        const bool contains = event.type() == v1::EVENT_TYPE_AGGREGATION ||
                              event.type() == v1::EVENT_TYPE_ASSOCIATION;
        if (!contains || at(event) > until) continue;
        const bool is_amount = names(event.child_quantities(), child);
        const bool is_named = is_amount || names(event.children(), child);
        const std::pair key(event.type(), event.parent());
        if (event.action() == v1::EVENT_ACTION_DELETE) {
            const bool is_empty = event.children_size() + event.child_quantities_size() == 0;
            if (is_named || is_empty) in.erase(key);
        }
        if (event.action() != v1::EVENT_ACTION_ADD || !is_named) continue;
        const bool is_only_one =
            !is_amount && (event.type() == v1::EVENT_TYPE_AGGREGATION ||
                           event.biz_step() == "assembling" || event.biz_step() == "installing");
        if (is_only_one) {
            std::erase_if(in, [&](const auto& other) {
                return other.first != key && other.first.first == event.type() &&
                       other.second.is_only_one;
            });
        }
        const bool was = in.contains(key) && in[key].is_only_one;
        in[key] = {was || is_only_one};
    }
    std::set<std::pair<v1::EventType, std::string>> out;
    for (const auto& [key, tie] : in) out.insert(key);
    return out;
}

bool TraceModel::is_inside(v1::EventType kind, const std::string& parent, const std::string& child,
                           Moment when) const {
    return parents(child, when).contains({kind, parent});
}

std::set<std::string> TraceModel::lots_of(const std::string& thing) const {
    std::set<std::string> out;
    for (const Event& event : events_) {
        if (members(event).contains(thing)) out.insert(event.lots().begin(), event.lots().end());
    }
    const std::size_t serial = thing.find("/21/");
    if (serial != std::string::npos && thing.find("/10/") < serial) {
        out.insert(thing.substr(0, serial));
    }
    return out;
}

/// Whether the identifier is still in use.
bool TraceModel::is_used(const std::string& thing, Moment when) const {
    bool out = true;
    for (const Event& event : events_) {
        if (event.type() != v1::EVENT_TYPE_OBJECT || !names(event.epcs(), thing)) continue;
        if (event.action() == v1::EVENT_ACTION_ADD) out = true;
        if (event.action() == v1::EVENT_ACTION_DELETE && at(event) <= when) out = false;
        // Put into use again later: the whole time counts.
    }
    return out;
}

std::map<std::string, TraceModel::Moments> TraceModel::forward(const std::string& start) const {
    std::map<std::string, Moments> affected;
    for (Moment when = 0; when <= last_; ++when) affected[start].insert(when);
    const auto count = [&] {
        std::size_t out = 0;
        for (const auto& [thing, moments] : affected) out += moments.size();
        return out;
    };
    for (std::size_t before = 0; before != count();) {
        before = count();
        for (const auto& [thing, moments] : std::map(affected)) {
            std::set<std::string> names_of = lots_of(thing);
            names_of.insert(thing);
            for (const Moment when : moments) {
                // What is said of its lot is said of it.
                for (const std::string& name : names_of) {
                    for (const auto& [kind, parent] : parents(name, when)) {
                        affected[parent].insert(when);
                    }
                    for (const Event& event : events_) {
                        if (!is_transformation(event) || !is_input(event, name)) continue;
                        if (at(event) != when) continue;
                        for (const Event& other : events_) {
                            if (!is_one_run(event, other)) continue;
                            for (const std::string& made : outputs(other)) {
                                for (Moment then = when; then <= last_; ++then) {
                                    affected[made].insert(then);
                                }
                            }
                        }
                    }
                }
                // From a lot to what is of it, since that is known to be there.
                for (const Event& event : events_) {
                    if (at(event) > when) continue;
                    if (names(event.lots(), thing)) {
                        for (const std::string& member : members(event)) {
                            affected[member].insert(when);
                        }
                    }
                    for (const std::string& member : things_) {
                        if (member.starts_with(thing + "/21/") &&
                            thing.find("/10/") != std::string::npos && touches(event, member)) {
                            affected[member].insert(when);
                        }
                    }
                }
            }
        }
    }
    affected.erase(start);
    for (auto& [thing, moments] : affected) {
        std::erase_if(moments, [&](Moment when) { return !is_used(thing, when); });
    }
    return affected;
}

std::map<std::string, TraceModel::Moments> TraceModel::back(const std::string& start) const {
    // Pairs: a moment at which the thing matters, and one at which what became of it is in the
    // start. The same one until something is used up.
    std::map<std::string, std::set<std::pair<Moment, Moment>>> found;
    for (Moment when = 0; when <= last_; ++when) found[start].insert({when, when});
    const auto count = [&] {
        std::size_t out = 0;
        for (const auto& [thing, pairs] : found) out += pairs.size();
        return out;
    };
    for (std::size_t before = 0; before != count();) {
        before = count();
        for (const auto& [thing, pairs] : std::map(found)) {
            for (const std::string& lot : lots_of(thing)) {
                found[lot].insert(pairs.begin(), pairs.end());
            }
            for (const std::string& child : things_) {
                for (const auto& [matters, there] : pairs) {
                    for (const auto& [kind, parent] : parents(child, matters)) {
                        if (parent == thing) found[child].insert({matters, there});
                    }
                }
            }
            for (const Event& event : events_) {
                if (!is_transformation(event) || !is_output(event, thing)) continue;
                for (const auto& [matters, there] : pairs) {
                    if (matters < at(event) || there < at(event)) continue;
                    for (const Event& other : events_) {
                        if (!is_one_run(event, other)) continue;
                        for (const std::string& used : inputs(other)) {
                            found[used].insert({std::min(at(event), at(other)), there});
                        }
                    }
                }
            }
        }
    }
    found.erase(start);
    std::map<std::string, Moments> out;
    for (const auto& [thing, pairs] : found) {
        for (const auto& [matters, there] : pairs) out[thing].insert(there);
    }
    return out;
}

}  // namespace idnode::tests
