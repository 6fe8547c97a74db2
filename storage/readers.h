#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace idnode::storage {

/// Who reads memory that others want to use again. A reader says when it began, in a place of its
/// thread's own, and waits for nobody. Whoever takes something out of sight calls `retire`
/// afterwards; it may overwrite it once `have_left` says so.
///
/// Why that is enough: announcements, `retire`, and the pointers by which things are found are all
/// sequentially consistent. Either `have_left` sees the announcement of a reader that began before,
/// and says no; or that announcement comes later, and then the reader, which looks at the pointers
/// after it, no longer finds the thing.
class Readers {
  public:
    using Epoch = std::uint64_t;
    /// More than a node has. Threads above that number cannot read here.
    static constexpr std::size_t kThreadsMax = 256;

    Readers() : places_(kThreadsMax) {}

  private:
    /// Lines of its own, with their neighbours, which processors fetch together.
    struct alignas(128) Place {
        std::atomic<Epoch> since{0};  // 0: not reading
        std::atomic<std::uint64_t> hits{0};
        std::atomic<std::uint64_t> misses{0};
    };

  public:
    /// One read of the calling thread, which must not begin another one meanwhile.
    class Reading {
      public:
        explicit Reading(Readers& readers) : place_(readers.own_place()) {
            if (place_ != nullptr) place_->since.exchange(readers.epoch_.load());
        }
        ~Reading() {
            if (place_ != nullptr) place_->since.store(0, std::memory_order_release);
        }
        Reading(const Reading&) = delete;
        Reading& operator=(const Reading&) = delete;
        /// False: too many threads.
        explicit operator bool() const { return place_ != nullptr; }
        void count(bool hit) {
            auto& counter = hit ? place_->hits : place_->misses;
            counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        }

      private:
        Place* place_;
    };

    Epoch retire() { return epoch_.fetch_add(1) + 1; }
    /// Whether everybody has left who began before `retire` gave `epoch`.
    bool have_left(Epoch epoch) const;

    struct Counts {
        std::uint64_t hits = 0;
        std::uint64_t misses = 0;
    };
    Counts counts() const;

  private:
    /// Null: too many threads.
    Place* own_place();

    std::atomic<Epoch> epoch_{1};
    std::vector<Place> places_;
};

}  // namespace idnode::storage
