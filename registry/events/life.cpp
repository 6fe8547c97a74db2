#include "registry/events/life.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace idnode::events {

namespace {

using registration::Outcome;

// A thing lies in few containers at a time, and in some dozens in its life.
constexpr std::size_t kStaysMax = 256;
constexpr std::size_t kNestingMax = 8;
// What was put somewhere more often than that is a class or a lot, and is in many places at once.
constexpr std::size_t kLinksMax = 1'024;
// Events of one time of event and record that are put in the order of their ids: those of one
// document. More than these stay as they were captured.
constexpr std::size_t kTiesMax = 256;

/// Whether it was put into things, or seen in them, more often than is looked at.
Outcome<bool> is_everywhere(EventReader& reader, std::string_view cid) {
    std::size_t links = 0;
    const auto read = reader.links(cid, LinkRole::kChild, {},
                                   [&links](const Link&) { return ++links <= kLinksMax; });
    if (!read) return registration::to_refusal(read.error());
    return links > kLinksMax;
}

LifeEvent to_life_event(const Touch& touch, const Stay* stay) {
    return {.end = touch.end,
            .what = touch.what,
            .via = stay == nullptr ? std::string() : stay->container,
            .took_out = stay != nullptr && stay->ended_by == touch.end.event,
            .distance = stay == nullptr ? 0 : stay->distance};
}

bool counts(const Touch& touch) {
    return !touch.end.declared && !touch.what.declares_error();
}

/// In the order of their keys; of several entries of one event the nearest is kept.
void sort_once(std::vector<LifeEvent>& events) {
    std::ranges::sort(events, {}, [](const LifeEvent& one) {
        return std::tuple(place_of(one.end), one.distance, std::string_view(one.via),
                          !one.took_out);
    });
    const auto repeated =
        std::ranges::unique(events, {}, [](const LifeEvent& one) { return place_of(one.end); });
    events.erase(repeated.begin(), repeated.end());
}

bool is_tie(const LifeEvent& one, const LifeEvent& other) {
    return one.end.event_time_ns == other.end.event_time_ns &&
           one.end.event.record_time_ms == other.end.event.record_time_ms;
}

}  // namespace

Outcome<bool> may_know(Access& access, const Containment& one) {
    const std::array<std::string_view, 2> cids{one.child, one.parent};
    return access.may_read({.enterprise_id = one.opened.enterprise_id,
                            .visibility = one.opened.visibility,
                            .level = one.opened.level,
                            .type = one.kind == ContainmentKind::kAssociation
                                        ? v1::EVENT_TYPE_ASSOCIATION
                                        : v1::EVENT_TYPE_AGGREGATION,
                            .biz_step = one.opened.biz_step,
                            .event_id = {},
                            .cids = cids});
}

StageMachine::Seen LifeEvent::seen() const {
    return {.type = what.type(),
            .action = what.action(),
            .biz_step = what.biz_step(),
            .stage = what.stage(),
            .roles = what.roles(),
            .inherited = is_inherited()};
}

Result<v1::EventRecord> record_of(EventReader& reader, const LifeEvent& one) {
    v1::EventRecord out;
    if (!one.what.record().empty() && out.ParseFromString(one.what.record())) return out;
    auto found = reader.find(one.end.event);
    if (!found) return std::move(found).error();
    if (!*found) return Error{Errc::kDamaged, "an event of the index by identifier is missing"};
    return **std::move(found);
}

Outcome<Stays> stays_of(EventReader& reader, Containments& containments, Access& access,
                        std::string_view cid) {
    struct Inside {
        std::string cid;
        Interval during;
    };
    Stays out;
    std::vector<Inside> level{{std::string(cid), {}}};
    for (std::size_t depth = 0; depth < kNestingMax && !level.empty(); ++depth) {
        std::vector<Inside> next;
        for (const Inside& inside : level) {
            const auto everywhere = is_everywhere(reader, inside.cid);
            if (!everywhere) return everywhere.error();
            if (*everywhere) {
                out.is_all = false;
                continue;
            }
            auto containers = containments.containers_of(inside.cid);
            if (!containers) return registration::to_refusal(containers.error());
            for (Containment& one : *containers) {
                const Interval during = overlap(one.during, inside.during);
                if (one.is_possible || during.is_empty()) continue;
                const auto known = may_know(access, one);
                if (!known) return known.error();
                if (!*known) {
                    ++out.redacted;
                    continue;
                }
                if (out.all.size() == kStaysMax) {
                    out.is_all = false;
                    return out;
                }
                const bool ended =
                    !one.during.is_open() && !one.is_implied && one.during.to_ns == during.to_ns;
                Stay stay{.container = one.parent, .during = during, .distance = depth + 1};
                if (ended) stay.ended_by = one.closed_by;
                out.all.push_back(std::move(stay));
                next.push_back({one.parent, during});
                if (depth == 0) out.direct.push_back(std::move(one));
            }
        }
        level = std::move(next);
    }
    return out;
}

/// Ascending, from each source as many as could all come first.
Result<void> LifeReader::gather(const Limits& limits, Part& out) {
    const auto add = [&](std::string_view cid, EventReader::Range range,
                         const Stay* stay) -> Result<void> {
        range.from_ns = std::max(range.from_ns, limits.after.event_time_ns);
        range.before_ns = std::min(range.before_ns, limits.before_ns);
        if (range.from_ns >= range.before_ns) return {};
        std::size_t added = 0;
        std::optional<LifePlace> last;
        return reader_.touches(cid, range, [&](const Touch& touch) {
            if (!counts(touch) || place_of(touch.end) <= limits.after) return true;
            // One more than wanted says that there is more; of ties all that may be sorted.
            const bool ties = last && last->event_time_ns == touch.end.event_time_ns &&
                              last->event.record_time_ms == touch.end.event.record_time_ms;
            if (added > limits.count && !(ties && added <= limits.count + kTiesMax)) {
                out.is_all = false;
                return false;
            }
            last = place_of(touch.end);
            out.events.push_back(to_life_event(touch, stay));
            ++added;
            return true;
        });
    };
    if (auto done = add(cid_, {}, nullptr); !done) return done;
    for (const Stay& stay : stays_) {
        auto done = add(stay.container, {stay.during.from_ns, stay.during.to_ns}, &stay);
        if (!done) return done;
        if (done = gather_end(limits, stay, out); !done) return done;
    }
    return {};
}

/// The event that took everything out stands just behind the stay.
Result<void> LifeReader::gather_end(const Limits& limits, const Stay& stay, Part& out) {
    const std::int64_t at = stay.during.to_ns;
    if (!stay.ended_by || at >= limits.before_ns || at < limits.after.event_time_ns) return {};
    return reader_.touches(stay.container, {at, at + 1}, [&](const Touch& touch) {
        if (touch.end.event != *stay.ended_by) return true;
        if (counts(touch) && place_of(touch.end) > limits.after) {
            out.events.push_back(to_life_event(touch, &stay));
        }
        return false;
    });
}

Result<void> LifeReader::gather_back(const Limits& limits, const Stay* stay, Part& out) {
    EventReader::Range range{INT64_MIN, limits.before_ns};
    if (stay != nullptr) {
        range = {stay->during.from_ns, std::min(stay->during.to_ns, limits.before_ns)};
        if (range.from_ns >= range.before_ns) return {};
    }
    std::size_t added = 0;
    return reader_.touches_back(
        stay == nullptr ? std::string_view(cid_) : stay->container, range, [&](const Touch& touch) {
            if (!counts(touch)) return true;
            if (added == limits.count) {
                (stay == nullptr ? out.is_all : out.is_all_inherited) = false;
                return false;
            }
            out.events.push_back(to_life_event(touch, stay));
            ++added;
            return true;
        });
}

/// Events of one time of event and record in the order of their ids (§10.3).
Result<void> LifeReader::settle_ties(std::vector<LifeEvent>& events) {
    for (std::size_t begin = 0, end = 0; begin < events.size(); begin = end) {
        while (end < events.size() && is_tie(events[begin], events[end])) ++end;
        if (end - begin < 2 || end - begin > kTiesMax) continue;
        std::vector<std::pair<std::string, LifeEvent>> by_id;
        for (std::size_t at = begin; at < end; ++at) {
            const auto record = record_of(reader_, events[at]);
            if (!record) return record.error();
            by_id.emplace_back(record->event_id(), std::move(events[at]));
        }
        std::ranges::sort(by_id, {}, &std::pair<std::string, LifeEvent>::first);
        for (std::size_t at = begin; at < end; ++at) {
            events[at] = std::move(by_id[at - begin].second);
        }
    }
    return {};
}

Result<LifeReader::Part> LifeReader::forward(const LifePlace& after, std::int64_t before_ns,
                                             std::size_t count) {
    Part out;
    auto gathered = gather({after, before_ns, count}, out);
    if (!gathered) return gathered.error();
    sort_once(out.events);
    std::size_t kept = std::min(count, out.events.size());
    while (kept > 0 && kept < out.events.size() && kept < count + kTiesMax &&
           is_tie(out.events[kept - 1], out.events[kept])) {
        ++kept;
    }
    if (kept < out.events.size()) out.is_all = false;
    out.events.resize(kept);
    if (auto settled = settle_ties(out.events); !settled) return settled.error();
    return out;
}

Result<LifeReader::Part> LifeReader::backward(std::int64_t before_ns, std::size_t own_max,
                                              std::size_t inherited_max) {
    Part out;
    auto gathered = gather_back({.before_ns = before_ns, .count = own_max}, nullptr, out);
    for (std::size_t at = 0; gathered && at < stays_.size(); ++at) {
        const Limits limits{.before_ns = before_ns, .count = inherited_max};
        gathered = gather_back(limits, &stays_[at], out);
        if (gathered) gathered = gather_end(limits, stays_[at], out);
    }
    if (!gathered) return gathered.error();
    sort_once(out.events);
    if (auto settled = settle_ties(out.events); !settled) return settled.error();
    std::ranges::reverse(out.events);
    return out;
}

}  // namespace idnode::events
