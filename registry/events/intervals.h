#pragma once

#include <cstdint>
#include <vector>

namespace idnode::events {

/// From `from_ns` until just before `to_ns`, in nanoseconds since 1970 UTC.
struct Interval {
    static constexpr std::int64_t kNoBegin = INT64_MIN;
    static constexpr std::int64_t kNoEnd = INT64_MAX;

    std::int64_t from_ns = kNoBegin;
    std::int64_t to_ns = kNoEnd;

    constexpr bool is_empty() const { return from_ns >= to_ns; }
    constexpr bool covers(std::int64_t at_ns) const { return from_ns <= at_ns && at_ns < to_ns; }
    constexpr bool is_open() const { return to_ns == kNoEnd; }
    /// One moment.
    static constexpr Interval at(std::int64_t at_ns) { return {at_ns, at_ns + 1}; }
    bool operator==(const Interval&) const = default;
};
constexpr Interval overlap(const Interval& one, const Interval& other) {
    return {one.from_ns > other.from_ns ? one.from_ns : other.from_ns,
            one.to_ns < other.to_ns ? one.to_ns : other.to_ns};
}

/// A set of moments: intervals that neither meet nor touch, ascending. Nearly always there is one,
/// and it takes no memory of its own.
class Intervals {
  public:
    Intervals() = default;
    explicit Intervals(const Interval& one) { add(one); }

    bool is_empty() const { return first_.is_empty(); }
    std::size_t count() const { return is_empty() ? 0 : 1 + rest_.size(); }
    const Interval& operator[](std::size_t index) const {
        return index == 0 ? first_ : rest_[index - 1];
    }
    /// Only of sets that are not empty.
    std::int64_t begin_ns() const { return first_.from_ns; }
    std::int64_t end_ns() const { return rest_.empty() ? first_.to_ns : rest_.back().to_ns; }

    bool covers(std::int64_t at_ns) const;
    /// True: something was added.
    bool add(const Interval& one);
    bool add(const Intervals& others);
    Intervals overlap_with(const Interval& one) const;

    bool operator==(const Intervals&) const = default;

  private:
    Interval first_{.from_ns = 0, .to_ns = 0};
    std::vector<Interval> rest_;
};

}  // namespace idnode::events
