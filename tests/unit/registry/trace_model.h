#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "event_histories.h"

/// The graph of §14 of the identifiers document, in the slowest and most obvious way: what is true
/// is worked out anew for each single moment, by playing the events back.
namespace idnode::tests {

/// Moments: 2t is the second t, 2t+1 any time between it and the next.
using Moment = int;
constexpr Moment moment_of(std::int64_t at_ns) {
    return static_cast<Moment>(2 * (at_ns / sec(1)) + (at_ns % sec(1) == 0 ? 0 : 1));
}
constexpr std::int64_t time_of(Moment moment) {
    return sec(static_cast<double>(moment) / 2);
}

class TraceModel {
  public:
    /// The first `known` captured events of the history, and what happened up to `as_of`; all
    /// events happen at seconds from 1 to `seconds`.
    TraceModel(const History& history, std::size_t known, Moment as_of, int seconds);

    using Moments = std::set<Moment>;
    /// What was affected when, the start not among it.
    std::map<std::string, Moments> forward(const std::string& start) const;
    /// What was in it when.
    std::map<std::string, Moments> back(const std::string& start) const;
    /// Whether the child is in the parent at the moment.
    bool is_inside(v1::EventType kind, const std::string& parent, const std::string& child,
                   Moment at) const;
    Moment last() const { return last_; }

  private:
    std::set<std::pair<v1::EventType, std::string>> parents(const std::string& child,
                                                            Moment at) const;
    std::set<std::string> lots_of(const std::string& thing) const;
    bool is_used(const std::string& thing, Moment at) const;

    std::vector<v1::EventRecord> events_;  // in the order of §14.1
    std::set<std::string> things_;         // all that are named
    Moment last_;
};

}  // namespace idnode::tests
