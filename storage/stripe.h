#pragma once

#include <atomic>
#include <cstdint>

namespace idnode::storage {

/// A place in the order of a store's changes.
using Moment = std::uint64_t;

/// What a group of keys goes through: how many changes are under way, and below that number the
/// moment of the last one that ended. Readers look at it; who holds the lock of the group writes.
class Stripe {
  public:
    using Word = std::uint64_t;

    Word word() const { return word_.load(); }
    static bool is_changing(Word word) { return word >= kChange; }
    /// Whether what was read after `moment` may still be what the disk holds.
    bool is_unchanged_since(Moment moment) const { return word() <= moment; }
    void begin_change() { word_.store(word() + kChange); }
    void end_change(Moment now) { word_.store((word() / kChange - 1) * kChange + now); }

  private:
    /// More changes than a store sees in its life; more keys of a stripe than a group has.
    static constexpr Word kChange = Word{1} << 44U;

    std::atomic<Word> word_{0};
};

}  // namespace idnode::storage
