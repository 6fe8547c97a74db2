#include "storage/readers.h"

#include <algorithm>
#include <bitset>
#include <mutex>

namespace idnode::storage {
namespace {

constexpr std::size_t kUnknown = Readers::kThreadsMax + 1;
constexpr std::size_t kNone = Readers::kThreadsMax;

constinit std::mutex numbers_mutex;
constinit std::bitset<Readers::kThreadsMax> numbers_taken;

/// Of the calling thread; no other living thread has the same. Without constructor and destructor,
/// so that looking at it costs nothing.
constinit thread_local std::size_t thread_number = kUnknown;

/// Takes a number, and gives it back when the thread ends.
class ThreadNumber {
  public:
    ThreadNumber() {
        const std::scoped_lock lock(numbers_mutex);
        thread_number = 0;
        while (thread_number < kNone && numbers_taken[thread_number]) ++thread_number;
        if (thread_number < kNone) numbers_taken.set(thread_number);
    }
    ~ThreadNumber() {
        const std::scoped_lock lock(numbers_mutex);
        if (thread_number < kNone) numbers_taken.reset(thread_number);
        thread_number = kNone;
    }
    ThreadNumber(const ThreadNumber&) = delete;
    ThreadNumber& operator=(const ThreadNumber&) = delete;
};

}  // namespace

Readers::Place* Readers::own_place() {
    if (thread_number == kUnknown) static thread_local const ThreadNumber number;
    return thread_number < kNone ? &places_[thread_number] : nullptr;
}

bool Readers::have_left(Epoch epoch) const {
    return std::ranges::all_of(places_, [&](const Place& place) {
        const Epoch since = place.since.load();
        return since == 0 || since >= epoch;
    });
}

Readers::Counts Readers::counts() const {
    Counts out;
    for (const Place& place : places_) {
        out.hits += place.hits.load(std::memory_order_relaxed);
        out.misses += place.misses.load(std::memory_order_relaxed);
    }
    return out;
}

}  // namespace idnode::storage
