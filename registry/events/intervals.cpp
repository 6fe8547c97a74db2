#include "registry/events/intervals.h"

#include <algorithm>

namespace idnode::events {

bool Intervals::covers(std::int64_t at_ns) const {
    return first_.covers(at_ns) ||
           std::ranges::any_of(rest_, [at_ns](const Interval& one) { return one.covers(at_ns); });
}

bool Intervals::add(const Interval& one) {
    if (one.is_empty()) return false;
    if (is_empty()) {
        first_ = one;
        return true;
    }
    for (std::size_t at = 0; at < count(); ++at) {
        if ((*this)[at].from_ns <= one.from_ns && one.to_ns <= (*this)[at].to_ns) return false;
    }
    std::vector<Interval> all;
    all.reserve(count() + 1);
    for (std::size_t at = 0; at < count(); ++at) all.push_back((*this)[at]);
    all.push_back(one);
    std::ranges::sort(all, {}, &Interval::from_ns);
    std::size_t kept = 0;
    for (const Interval& next : all) {
        if (kept > 0 && next.from_ns <= all[kept - 1].to_ns) {
            all[kept - 1].to_ns = std::max(all[kept - 1].to_ns, next.to_ns);
        } else {
            all[kept++] = next;
        }
    }
    first_ = all.front();
    rest_.assign(all.begin() + 1, all.begin() + static_cast<std::ptrdiff_t>(kept));
    return true;
}

bool Intervals::add(const Intervals& others) {
    bool grew = false;
    for (std::size_t at = 0; at < others.count(); ++at) grew = add(others[at]) || grew;
    return grew;
}

Intervals Intervals::overlap_with(const Interval& one) const {
    Intervals out;
    for (std::size_t at = 0; at < count(); ++at) out.add(overlap((*this)[at], one));
    return out;
}

}  // namespace idnode::events
