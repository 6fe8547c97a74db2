#include "registry/events/state.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <utility>

#include "registry/events/event_time.h"
#include "registry/events/life.h"
#include "registry/events/stages.h"

namespace idnode::events {

namespace {

using registration::Outcome;
using registration::to_refusal;

// Entries of the index that are looked at, and events that are read: an identifier with more of
// them is a class or a place, whose state says little.
constexpr std::size_t kOwnMax = 4'096;
constexpr std::size_t kInheritedMax = 256;
constexpr std::size_t kReadsMax = 512;
constexpr std::size_t kChildrenMax = 1'000;

/// Bits of `v1::EventTells` for which the last word counts.
constexpr std::uint32_t kLastWord = v1::EVENT_TELLS_DISPOSITION | v1::EVENT_TELLS_READ_POINT |
                                    v1::EVENT_TELLS_BIZ_LOCATION | v1::EVENT_TELLS_OWNER |
                                    v1::EVENT_TELLS_POSSESSOR;
constexpr std::uint32_t kPlaces = v1::EVENT_TELLS_READ_POINT | v1::EVENT_TELLS_BIZ_LOCATION;
constexpr std::uint32_t kWhole =  // what an event of a container says of all that is in it
    v1::EVENT_ROLE_EPC | v1::EVENT_ROLE_CHILD;

/// What an event says of the identifier: bits of `v1::EventTells`, and whether its stage counts.
struct Telling {
    std::uint32_t tells = 0;
    bool stage = false;
};

bool is_of_contents(std::string_view stage) {
    const StageRow* row = find_stage(stage);
    return row != nullptr && row->of_contents;
}

/// Moving a container moves what is in it. That it was recalled, or ended, is said of itself only,
/// and so is what happened to something else inside.
Telling telling_of_container(const LifeEvent& one) {
    const bool as_a_whole = one.took_out || (one.what.roles() & kWhole) != 0;
    if (!as_a_whole) return {.tells = one.what.tells() & kPlaces};
    const bool stage = is_of_contents(one.what.stage());
    Telling out{.tells = one.what.tells() & kLastWord, .stage = stage};
    if (!stage && !one.what.stage().empty())
        out.tells &= ~std::uint32_t{v1::EVENT_TELLS_DISPOSITION};
    return out;
}

/// What went into a transformation is told nothing about by it, nor is a lot by what is said of
/// things that are of it. A place in which something is installed is not being installed.
Telling telling_of_own(const LifeEvent& one) {
    constexpr std::uint32_t kTold =
        v1::EVENT_ROLE_EPC | v1::EVENT_ROLE_PARENT | v1::EVENT_ROLE_CHILD | v1::EVENT_ROLE_OUTPUT;
    const std::uint32_t roles = one.what.roles();
    if ((roles & kTold) == 0) return {};
    const std::string_view stage = one.what.stage();
    const bool is_parent = (roles & kTold) == v1::EVENT_ROLE_PARENT;
    const bool is_some = (roles & v1::EVENT_ROLE_CLASS) != 0 && stage == "decommission";
    return {.tells = one.what.tells(),
            .stage = !stage.empty() && !is_some && !(is_parent && stage == "installation")};
}

Telling telling_of(const LifeEvent& one) {
    return one.is_inherited() ? telling_of_container(one) : telling_of_own(one);
}

std::string_view destination_of(const v1::EventRecord& record, std::string_view type) {
    for (const v1::EventReference& one : record.destinations()) {
        if (one.type() == type) return one.id();
    }
    return {};
}

/// Takes events, the latest first, until nothing is missing.
class Reading {
  public:
    Reading(EventReader& events, Access& access) : events_(events), access_(access) {}

    Outcome<void> take(const LifeEvent& one) {
        const Telling telling = telling_of(one);
        const bool ages = is_missing_existence(one);
        const std::uint32_t wanted =
            telling.tells & (missing_ | std::uint32_t{v1::EVENT_TELLS_PERSISTENT});
        const bool wants_stage = telling.stage && !state_.stage;
        const bool is_last = !state_.last_event_ns;
        const bool wants_capturer = !capturer_ && !one.is_inherited();
        if (wanted == 0 && !wants_stage && !ages && !is_last && !wants_capturer) return {};
        auto record = read(one);
        if (!record) return record.error();
        if (!*record) return {};
        if (is_last) state_.last_event_ns = one.end.event_time_ns;
        if (wants_capturer) capturer_ = (*record)->enterprise_id();
        if (wants_stage) state_.stage = {(*record)->stage(), one.via};
        if (ages) take_existence(one, **record);
        take(wanted, one, **record);
        return {};
    }

    Outcome<void> take_first(const std::vector<LifeEvent>& latest_first) {
        for (auto at = latest_first.rbegin(); at != latest_first.rend(); ++at) {
            if (at->is_inherited()) continue;
            const auto record = read(*at);
            if (!record) return record.error();
            if (!*record) continue;
            state_.first_event_ns = at->end.event_time_ns;
            return {};
        }
        return {};
    }

    bool knows_place_and_stage() const {
        return state_.stage && (missing_ & (kPlaces | v1::EVENT_TELLS_DISPOSITION)) == 0;
    }

    State finish() {
        if (!state_.owner && capturer_) state_.owner = Holder{{}, *capturer_};
        if (!state_.possessor && capturer_) state_.possessor = Holder{{}, *capturer_};
        for (const auto& [word, is_set] : persistent_) {
            if (is_set) state_.persistent.push_back(word);
        }
        return std::move(state_);
    }

  private:
    /// Nothing: it may not be read.
    Outcome<std::optional<v1::EventRecord>> read(const LifeEvent& one) {
        if (reads_ == kReadsMax) {
            state_.is_whole = false;
            return std::optional<v1::EventRecord>{};
        }
        ++reads_;
        auto record = record_of(events_, one);
        if (!record) return to_refusal(record.error());
        const auto readable = access_.may_read(*record);
        if (!readable) return readable.error();
        if (*readable) return std::optional(*std::move(record));
        ++state_.redacted;
        return std::optional<v1::EventRecord>{};
    }

    bool is_missing_existence(const LifeEvent& one) const {
        if (state_.existence != Existence::kUnknown || one.is_inherited()) return false;
        const StageMachine::Seen seen = one.seen();
        return begins(seen) || ends(seen) || is_consumed(one);
    }
    static bool is_consumed(const LifeEvent& one) {
        return (one.what.roles() & v1::EVENT_ROLE_INPUT) != 0 &&
               (one.what.roles() & (v1::EVENT_ROLE_CLASS | v1::EVENT_ROLE_OUTPUT)) == 0;
    }
    void take_existence(const LifeEvent& one, const v1::EventRecord& record) {
        if (ends(one.seen())) {
            state_.existence = record.biz_step() == "destroying" ? Existence::kDestroyed
                                                                 : Existence::kDecommissioned;
        } else {
            state_.existence = is_consumed(one) ? Existence::kConsumed : Existence::kCommissioned;
        }
    }

    void take(std::uint32_t wanted, const LifeEvent& one, const v1::EventRecord& record) {
        const auto tells = [&](std::uint32_t what) {
            if ((wanted & what) == 0) return false;
            missing_ &= ~what;
            return true;
        };
        if (tells(v1::EVENT_TELLS_DISPOSITION))
            state_.disposition = {record.disposition(), one.via};
        if (tells(v1::EVENT_TELLS_READ_POINT)) state_.read_point = {record.read_point(), one.via};
        if (tells(v1::EVENT_TELLS_BIZ_LOCATION)) {
            state_.biz_location = {record.biz_location(), one.via};
        }
        if (tells(v1::EVENT_TELLS_OWNER)) {
            state_.owner = Holder{std::string(destination_of(record, "owning_party"))};
        }
        if (tells(v1::EVENT_TELLS_POSSESSOR)) {
            state_.possessor = Holder{std::string(destination_of(record, "possessing_party"))};
        }
        if ((wanted & v1::EVENT_TELLS_PERSISTENT) == 0) return;
        // What one event both sets and unsets is set.
        for (const auto& word : record.persistent_set()) persistent_.try_emplace(word, true);
        for (const auto& word : record.persistent_unset()) persistent_.try_emplace(word, false);
    }

    EventReader& events_;
    Access& access_;
    State state_;
    std::uint32_t missing_ = kLastWord;
    std::map<std::string, bool> persistent_;  // by its last word
    std::optional<std::uint64_t> capturer_;
    std::size_t reads_ = 0;
};

Outcome<void> add_children(const Lifecycle& lifecycle, Access& access,
                           const StateQuestion& question, State& out) {
    const model::RecordStore& store = lifecycle.registrar.store;
    // What was in it can be much more than what is, and more than anybody wants to have listed.
    std::size_t links = 0;
    EventReader parents(store, question.known);
    auto counted = parents.links(question.cid, LinkRole::kParent, {},
                                 [&links](const Link&) { return ++links <= kChildrenMax; });
    if (!counted) return to_refusal(counted.error());
    out.more_children = links > kChildrenMax;
    if (links == 0 || out.more_children) return {};
    Containments containments(store, question.known, question.as_of_ns);
    const auto contents = containments.contents_of(question.cid);
    if (!contents) return to_refusal(contents.error());
    for (const Containment& one : *contents) {
        if (one.is_possible || !one.during.is_open()) continue;
        const auto known = may_know(access, one);
        if (!known) return known.error();
        if (*known) {
            out.children.push_back({one.child, one.kind, one.during.from_ns});
        } else {
            ++out.redacted;
        }
    }
    return {};
}

std::string_view name_of(ContainmentKind kind) {
    return kind == ContainmentKind::kAssociation ? "association" : "aggregation";
}

void put(boost::json::object& out, std::string_view name, const std::optional<Said>& said) {
    if (!said) return;
    boost::json::object& one = out[name].emplace_object();
    one["id"] = said->value;
    if (!said->via.empty()) one["via"] = said->via;
}

void put(boost::json::object& out, std::string_view name, const std::optional<Holder>& holder) {
    if (!holder) return;
    boost::json::object& one = out[name].emplace_object();
    if (!holder->party.empty()) {
        one["party"] = holder->party;
    } else {
        one["enterprise"] = holder->enterprise_id;
    }
}

void put(boost::json::object& out, std::string_view name, const std::vector<Kin>& kin) {
    boost::json::array& list = out[name].emplace_array();
    for (const Kin& one : kin) {
        list.push_back({{"id", one.cid},
                        {"kind", name_of(one.kind)},
                        {"since", format_event_time(one.since_ns)}});
    }
}

}  // namespace

std::string_view name_of(Existence existence) {
    constexpr std::array<std::string_view, 5> kNames{"unknown", "commissioned", "consumed",
                                                     "decommissioned", "destroyed"};
    return kNames[static_cast<std::size_t>(existence)];
}

Outcome<State> read_state(const Lifecycle& lifecycle, Access& access,
                          const StateQuestion& question) {
    const model::RecordStore& store = lifecycle.registrar.store;
    const bool is_now = question.as_of_ns == INT64_MAX;
    Containments containments(store, question.known, question.as_of_ns);
    EventReader events(store, question.known);
    const auto stays = stays_of(events, containments, access, question.cid);
    if (!stays) return stays.error();
    LifeReader life(events, question.cid, stays->all);
    const auto part =
        life.backward(is_now ? INT64_MAX : question.as_of_ns + 1, kOwnMax, kInheritedMax);
    if (!part) return to_refusal(part.error());
    Reading reading(events, access);
    for (const LifeEvent& one : part->events) {
        if (auto done = reading.take(one); !done) return done.error();
    }
    if (auto done = reading.take_first(part->events); !done) return done.error();
    // What a container heard long ago matters only where nothing newer was said.
    const bool is_told = part->is_all_inherited || reading.knows_place_and_stage();
    State out = reading.finish();
    out.redacted += stays->redacted;
    out.is_whole = out.is_whole && part->is_all && is_told && stays->is_all;
    for (const Containment& one : stays->direct) {
        if (one.during.is_open()) out.parents.push_back({one.parent, one.kind, one.during.from_ns});
    }
    if (question.with_contents) {
        if (auto done = add_children(lifecycle, access, question, out); !done) return done.error();
    }
    return out;
}

boost::json::object state_object(std::string_view cid, const State& state) {
    boost::json::object out;
    out["id"] = cid;
    if (state.stage) {
        out["stage"] = state.stage->value;
        if (const StageRow* row = find_stage(state.stage->value)) out["stageName"] = row->chinese;
    }
    if (state.disposition) out["disposition"] = state.disposition->value;
    boost::json::array& persistent = out["persistentDisposition"].emplace_array();
    for (const std::string& word : state.persistent) persistent.emplace_back(word);
    out["existence"] = name_of(state.existence);
    put(out, "bizLocation", state.biz_location);
    put(out, "readPoint", state.read_point);
    put(out, "owner", state.owner);
    put(out, "possessor", state.possessor);
    put(out, "parents", state.parents);
    put(out, "children", state.children);
    if (state.more_children) out["moreChildren"] = true;
    if (state.first_event_ns) out["firstEventTime"] = format_event_time(*state.first_event_ns);
    if (state.last_event_ns) out["lastEventTime"] = format_event_time(*state.last_event_ns);
    if (state.redacted > 0) out["redacted"] = state.redacted;
    if (!state.is_whole) out["incomplete"] = true;
    return out;
}

std::string state_json(std::string_view cid, const State& state) {
    return boost::json::serialize(state_object(cid, state));
}

}  // namespace idnode::events
