#include "resolver/engine/lookup_counts.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>

namespace idnode::resolver {

namespace {

constexpr std::size_t kSlots = 4'096;  // a power of two
constexpr std::size_t kProbes = 8;
constexpr std::size_t kPrefixBytesMax = 47;

std::atomic<std::uint64_t> counts_made{0};

}  // namespace

class LookupCounts::Table {
  public:
    /// By the thread that owns it.
    void count(std::string_view prefix) {
        if (prefix.empty() || prefix.size() > kPrefixBytesMax) return;
        const std::size_t first = std::hash<std::string_view>{}(prefix);
        for (std::size_t probe = 0; probe < kProbes; ++probe) {
            Slot& slot = slots_[(first + probe) % kSlots];
            const std::size_t length = slot.length.load(std::memory_order_relaxed);
            if (length == 0) {
                std::ranges::copy(prefix, slot.prefix.begin());
                slot.count.store(1, std::memory_order_relaxed);
                slot.length.store(static_cast<std::uint8_t>(prefix.size()),
                                  std::memory_order_release);
                return;
            }
            if (std::string_view(slot.prefix.data(), length) != prefix) continue;
            // One thread writes: no need for an atomic addition.
            slot.count.store(slot.count.load(std::memory_order_relaxed) + 1,
                             std::memory_order_relaxed);
            return;
        }
    }

    /// By whoever gathers, one at a time.
    void take(std::map<std::string, std::uint64_t>& out) {
        for (Slot& slot : slots_) {
            const std::size_t length = slot.length.load(std::memory_order_acquire);
            if (length == 0) continue;
            const std::uint64_t now = slot.count.load(std::memory_order_relaxed);
            if (now != slot.taken) out[{slot.prefix.data(), length}] += now - slot.taken;
            slot.taken = now;
        }
    }

  private:
    struct Slot {
        std::atomic<std::uint64_t> count{0};
        std::uint64_t taken = 0;
        std::atomic<std::uint8_t> length{0};  // written last; 0: free
        std::array<char, kPrefixBytesMax> prefix{};
    };
    std::array<Slot, kSlots> slots_;
};

LookupCounts::LookupCounts() : number_(++counts_made) {}
LookupCounts::~LookupCounts() = default;

void LookupCounts::count(std::string_view prefix) {
    own_table().count(prefix);
}

LookupCounts::Table& LookupCounts::own_table() {
    struct Own {
        std::uint64_t of = 0;
        Table* table = nullptr;
    };
    thread_local Own own;
    if (own.of == number_) return *own.table;
    const std::scoped_lock lock(mutex_);
    auto& table = tables_[std::this_thread::get_id()];
    if (!table) table = std::make_unique<Table>();
    own = {number_, table.get()};
    return *table;
}

std::map<std::string, std::uint64_t> LookupCounts::take() {
    std::map<std::string, std::uint64_t> out;
    const std::scoped_lock lock(mutex_);
    for (const auto& [thread, table] : tables_) table->take(out);
    return out;
}

}  // namespace idnode::resolver
