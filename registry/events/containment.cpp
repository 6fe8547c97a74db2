#include "registry/events/containment.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "proto/schemes/canonical.h"

namespace idnode::events {

namespace {

ContainmentKind kind_of(const v1::EventLink& link) {
    return link.type() == v1::EVENT_TYPE_ASSOCIATION ? ContainmentKind::kAssociation
                                                     : ContainmentKind::kAggregation;
}

Containment::Source source_of(const v1::EventLink& link) {
    return {.enterprise_id = link.enterprise_id(),
            .visibility = link.visibility(),
            .level = link.level(),
            .biz_step = link.biz_step()};
}

/// Whether a thing can be in one such parent at a time: in a package, or a part in a machine. An
/// amount of a class can be in many, and so can what is tied to a place or a sensor.
bool is_exclusive(const v1::EventLink& link) {
    if (link.is_class()) return false;
    return kind_of(link) == ContainmentKind::kAggregation || link.biz_step() == "assembling" ||
           link.biz_step() == "installing";
}

}  // namespace

/// What one event says of one child and one parent.
struct Containments::Step {
    ContainmentKind kind;
    v1::EventAction action;
    bool is_exclusive;
    std::string parent;
    std::string parent_key;
    EntryEnd end;
    Containment::Source source;
    std::string event_id{};  // only where it is needed to put steps in order

    /// At one moment things are taken out before others are put in, and seen last.
    int rank() const {
        if (action == v1::EVENT_ACTION_DELETE) return 0;
        return action == v1::EVENT_ACTION_ADD ? 1 : 2;
    }
};

namespace {

/// Goes through what is said of one child, in order.
class Builder {
  public:
    explicit Builder(std::string_view child) : child_(child) {}

    template <class Step>
    void take(const Step& step) {
        const At at{step.kind, step.parent_key};
        if (step.action == v1::EVENT_ACTION_DELETE) {
            close(at, step, false);
        } else if (step.action == v1::EVENT_ACTION_ADD) {
            open(at, step);
        } else {
            seen_.push_back(make(step));
            seen_.back().during = Interval::at(step.end.event_time_ns);
            seen_.back().is_possible = true;
        }
    }

    std::vector<Containment> finish() {
        for (auto& [at, one] : open_) done_.push_back(std::move(one.containment));
        std::erase_if(done_, [](const Containment& one) { return one.during.is_empty(); });
        const std::size_t sure = done_.size();
        for (Containment& one : seen_) {
            const bool is_known = std::any_of(
                done_.begin(), done_.begin() + static_cast<std::ptrdiff_t>(sure),
                [&one](const Containment& other) {
                    return other.kind == one.kind && other.parent_key == one.parent_key &&
                           other.during.covers(one.during.from_ns);
                });
            if (!is_known) done_.push_back(std::move(one));
        }
        std::ranges::sort(done_, {}, [](const Containment& one) {
            return std::tuple(one.during.from_ns, one.kind, std::string_view(one.parent_key),
                              one.is_possible, one.during.to_ns);
        });
        return std::move(done_);
    }

  private:
    using At = std::pair<ContainmentKind, std::string>;
    struct Open {
        Containment containment;
        bool is_exclusive;
    };

    template <class Step>
    Containment make(const Step& step) const {
        return {.kind = step.kind,
                .parent = step.parent,
                .parent_key = step.parent_key,
                .child = child_,
                .during = {.from_ns = step.end.event_time_ns, .to_ns = Interval::kNoEnd},
                .opened_by = step.end.event,
                .opened = step.source};
    }
    template <class Step>
    void open(const At& at, const Step& step) {
        if (step.is_exclusive) close_others(at, step);
        const auto [place, is_new] = open_.try_emplace(at, make(step), step.is_exclusive);
        // While it is inside, putting it in once more is evidence only, but may say how it is tied.
        if (!is_new) place->second.is_exclusive |= step.is_exclusive;
    }
    template <class Step>
    void close_others(const At& at, const Step& step) {
        std::vector<At> others;
        for (const auto& [other, one] : open_) {
            if (other != at && other.first == at.first && one.is_exclusive) others.push_back(other);
        }
        for (const At& other : others) close(other, step, true);
    }
    template <class Step>
    void close(const At& at, const Step& step, bool is_implied) {
        const auto found = open_.find(at);
        if (found == open_.end()) return;
        Containment closed = std::move(found->second.containment);
        open_.erase(found);
        closed.during.to_ns = step.end.event_time_ns;
        closed.closed_by = step.end.event;
        closed.closed = step.source;
        closed.is_implied = is_implied;
        done_.push_back(std::move(closed));
    }

    const std::string child_;
    std::map<At, Open> open_;
    std::vector<Containment> done_;
    std::vector<Containment> seen_;
};

}  // namespace

EventReader::Range Containments::until_as_of() const {
    // What happens at the very moment counts.
    return {.from_ns = INT64_MIN, .before_ns = as_of_ns_ == INT64_MAX ? INT64_MAX : as_of_ns_ + 1};
}

Result<const std::vector<Containments::Emptied>*> Containments::emptied(const std::string& parent) {
    const auto [place, is_new] = emptied_.try_emplace(parent);
    if (is_new) {
        auto read =
            of_parents_.links(parent, LinkRole::kEmptied, until_as_of(), [&](const Link& link) {
                place->second.push_back({link.end, link.what});
                return true;
            });
        if (!read) return read.error();
    }
    return &place->second;
}

Result<std::vector<Containments::Step>> Containments::steps_of(std::string_view child) {
    std::vector<Step> out;
    auto read = of_children_.links(child, LinkRole::kChild, until_as_of(), [&](const Link& link) {
        out.push_back({.kind = kind_of(link.what),
                       .action = link.what.action(),
                       .is_exclusive = is_exclusive(link.what),
                       .parent = link.what.other(),
                       .parent_key = schemes::key_of(link.what.other()),
                       .end = link.end,
                       .source = source_of(link.what)});
        return true;
    });
    if (!read) return read.error();
    using Place = std::pair<ContainmentKind, std::string_view>;
    std::vector<std::pair<Place, std::string>> parents;
    parents.reserve(out.size());
    for (const Step& step : out) parents.push_back({{step.kind, step.parent_key}, step.parent});
    std::ranges::sort(parents);
    const auto repeated = std::ranges::unique(parents, {}, &std::pair<Place, std::string>::first);
    parents.erase(repeated.begin(), repeated.end());
    std::vector<Step> emptied_steps;
    for (const auto& [place, parent] : parents) {
        const auto emptied_then = emptied(parent);
        if (!emptied_then) return emptied_then.error();
        for (const Emptied& one : **emptied_then) {
            if (kind_of(one.what) != place.first) continue;
            emptied_steps.push_back({.kind = place.first,
                                     .action = v1::EVENT_ACTION_DELETE,
                                     .is_exclusive = false,
                                     .parent = parent,
                                     .parent_key = std::string(place.second),
                                     .end = one.end,
                                     .source = source_of(one.what)});
        }
    }
    std::ranges::move(emptied_steps, std::back_inserter(out));
    return out;
}

/// By time, then by what they do, then by event id (§14.1), never by when they became known.
Result<void> Containments::sort(std::vector<Step>& steps) {
    const auto place = [](const Step& step) {
        return std::pair(step.end.event_time_ns, step.rank());
    };
    std::ranges::sort(steps, {}, place);
    // Only a thing put into several parents at one moment needs more: then the ids are read.
    for (std::size_t begin = 0, end = 0; begin < steps.size(); begin = end) {
        while (end < steps.size() && place(steps[end]) == place(steps[begin])) ++end;
        if (end - begin < 2) continue;
        for (std::size_t at = begin; at < end; ++at) {
            auto record = records_.find(steps[at].end.event);
            if (!record) return record.error();
            if (*record) steps[at].event_id = (*record)->event_id();
        }
        std::sort(steps.begin() + static_cast<std::ptrdiff_t>(begin),
                  steps.begin() + static_cast<std::ptrdiff_t>(end),
                  [](const Step& a, const Step& b) { return a.event_id < b.event_id; });
    }
    return {};
}

Result<std::vector<Containment>> Containments::containers_of(std::string_view child) {
    auto steps = steps_of(child);
    if (!steps) return std::move(steps).error();
    if (auto sorted = sort(*steps); !sorted) return std::move(sorted).error();
    Builder builder(child);
    for (const Step& step : *steps) builder.take(step);
    return builder.finish();
}

Result<std::vector<Containment>> Containments::contents_of(std::string_view parent) {
    std::vector<std::pair<std::string, std::string>> children;  // key, identifier
    auto read = of_parents_.links(parent, LinkRole::kParent, until_as_of(), [&](const Link& link) {
        if (link.what.action() != v1::EVENT_ACTION_DELETE) {
            children.emplace_back(schemes::key_of(link.what.other()), link.what.other());
        }
        return true;
    });
    if (!read) return read.error();
    std::ranges::sort(children);
    const auto repeated =
        std::ranges::unique(children, {}, &std::pair<std::string, std::string>::first);
    children.erase(repeated.begin(), repeated.end());
    const std::string parent_key = schemes::key_of(parent);
    std::vector<Containment> out;
    for (const auto& [key, child] : children) {
        auto containers = containers_of(child);
        if (!containers) return std::move(containers).error();
        for (Containment& one : *containers) {
            if (one.parent_key == parent_key) out.push_back(std::move(one));
        }
    }
    return out;
}

Result<std::vector<Containment>> Containments::contents_of(std::string_view parent,
                                                           std::int64_t at_ns) {
    auto out = contents_of(parent);
    if (!out) return out;
    std::erase_if(*out, [at_ns](const Containment& one) {
        return one.is_possible || !one.during.covers(at_ns);
    });
    return out;
}

}  // namespace idnode::events
