#include "storage/hot_records.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <mutex>
#include <string>
#include <utility>

#include "storage/key_hash.h"

namespace idnode::storage {
namespace {

// A shard's lock is held for a microsecond; more shards would only cut the arena into smaller
// rings.
constexpr std::size_t kShardsMax = 8;
constexpr std::uint64_t kShardBytesMin = 16U << 20U;
/// What a slot must be worth: with records of 300 octets four fifths of the table are used, with
/// smaller ones all of it.
constexpr std::uint64_t kBytesOfSlot = 240;
/// A key that missed is remembered until another one takes its place.
constexpr std::uint64_t kSlotsOfMissed = 4;
/// Of each shard. While the warm-up reads, changes in the same stripe make it skip a record.
constexpr std::size_t kStripes = 1024;
constexpr std::size_t kKeysForeseen = 64;

}  // namespace

/// Zeros that take no memory until they are written.
class HotRecords::Memory {
  public:
    explicit Memory(std::size_t bytes) : bytes_(bytes) {
        void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at == MAP_FAILED) return;
        at_ = static_cast<std::byte*>(at);
        // Advice: with small pages each look at a record waits for an address translation too.
        (void)::madvise(at, bytes, MADV_HUGEPAGE);
    }
    ~Memory() {
        if (at_ != nullptr) ::munmap(at_, bytes_);
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    explicit operator bool() const { return at_ != nullptr; }
    /// The next `count` of it, from the beginning of a cache line.
    template <class T>
    std::span<T> take(std::size_t count) {
        T* at = reinterpret_cast<T*>(at_ + taken_);
        taken_ = (taken_ + count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
        return {at, count};
    }
    std::size_t left() const { return bytes_ - taken_; }

  private:
    static constexpr std::size_t kAlignment = 64;

    std::byte* at_ = nullptr;
    std::size_t bytes_;
    std::size_t taken_ = 0;
};

struct HotRecords::Shard {
    static constexpr Moment kChanging = std::numeric_limits<Moment>::max();

    Shard(std::span<std::uint64_t> slots, std::span<std::byte> arena, Readers& readers)
        : records(slots, arena, readers) {}

    Moment& stripe_of(std::uint64_t hash) { return changed[hash % kStripes]; }
    /// Whether what was read after `moment` may still be what the disk holds.
    bool is_unchanged(std::uint64_t hash, Moment moment) { return stripe_of(hash) <= moment; }
    void set_room() { has_room.store(records.has_room(), std::memory_order_relaxed); }

    HotShard records;
    alignas(64) std::mutex mutex;
    std::array<Moment, kStripes> changed{};  // when last, by stripe
    std::atomic<bool> has_room{true};        // of `records`, for those without the lock
};

Result<std::unique_ptr<HotRecords>> HotRecords::make(std::uint64_t bytes) {
    bytes = std::max(bytes, kBytesMin);
    auto memory = std::make_unique<Memory>(bytes);
    if (!*memory) {
        return Error{Errc::kLimit, "the system gives no " + std::to_string(bytes >> 20U) +
                                       " MiB of address space for records in memory; lower "
                                       "data.records_mb"};
    }
    return std::unique_ptr<HotRecords>(new HotRecords(std::move(memory), bytes));
}

HotRecords::HotRecords(std::unique_ptr<Memory> memory, std::uint64_t bytes)
    : memory_(std::move(memory)), bytes_(bytes) {
    const auto count = std::clamp<std::size_t>(bytes / kShardBytesMin, 1, kShardsMax);
    const std::uint64_t groups = bytes / count / kBytesOfSlot / HotShard::kSlotsOfGroup;
    missed_ = memory_->take<std::uint16_t>(bytes / kBytesOfSlot / kSlotsOfMissed);
    std::vector<std::span<std::uint64_t>> tables(count);
    for (auto& table : tables) {
        table = memory_->take<std::uint64_t>(groups * HotShard::kSlotsOfGroup);
    }
    const std::size_t pieces = memory_->left() / count / HotShard::kPieceBytes;
    for (const auto& table : tables) {
        const auto arena = memory_->take<std::byte>(pieces * HotShard::kPieceBytes);
        shards_.push_back(std::make_unique<Shard>(table, arena, readers_));
    }
}

HotRecords::~HotRecords() = default;

/// By bits that say little about the place inside the shard.
HotRecords::Shard& HotRecords::shard_of(std::uint64_t hash) const {
    return *shards_[scaled(std::rotr(hash, 16), shards_.size())];
}

bool HotRecords::read(std::string_view key, model::FunctionRef<void(BytesView)> visit) const {
    const std::uint64_t hash = key_hash(key);
    const HotShard& records = shard_of(hash).records;
    Readers::Reading reading(readers_);
    if (!reading) return false;
    const auto stored = records.find(records.address_of(hash), key);
    reading.count(stored.has_value());
    if (stored) visit(*stored);
    return stored.has_value();
}

void HotRecords::foresee(std::span<const std::string_view> keys) const {
    struct Foreseen {
        const HotShard* records;
        HotShard::Address address;
    };
    std::array<Foreseen, kKeysForeseen> all;
    for (; !keys.empty(); keys = keys.subspan(std::min(keys.size(), kKeysForeseen))) {
        const std::size_t count = std::min(keys.size(), kKeysForeseen);
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t hash = key_hash(keys[i]);
            const HotShard& records = shard_of(hash).records;
            all[i] = {&records, records.address_of(hash)};
            records.prefetch_slots(all[i].address);
        }
        for (const Foreseen& one : std::span(all).first(count)) {
            one.records->prefetch_entry(one.address);
        }
    }
}

void HotRecords::offer(std::string_view key, BytesView stored, Moment moment) {
    if (stored.size() > kStoredBytesMax || key.size() > HotShard::kKeyBytesMax) return;
    const std::uint64_t hash = key_hash(key);
    Shard& shard = shard_of(hash);
    if (!missed_before(hash) && !shard.has_room.load(std::memory_order_relaxed)) return;
    const std::unique_lock lock(shard.mutex, std::try_to_lock);
    if (!lock || !shard.is_unchanged(hash, moment)) return;
    shard.records.put(shard.records.address_of(hash), key, stored);
    shard.set_room();
}

bool HotRecords::fill(std::string_view key, BytesView stored, Moment moment) {
    if (stored.size() > kStoredBytesMax || key.size() > HotShard::kKeyBytesMax) return true;
    const std::uint64_t hash = key_hash(key);
    Shard& shard = shard_of(hash);
    const std::scoped_lock lock(shard.mutex);
    if (!shard.records.has_room()) return false;
    if (!shard.is_unchanged(hash, moment)) return true;
    shard.records.put(shard.records.address_of(hash), key, stored);
    shard.set_room();
    return true;
}

void HotRecords::begin_change(std::string_view key) {
    const std::uint64_t hash = key_hash(key);
    Shard& shard = shard_of(hash);
    const std::scoped_lock lock(shard.mutex);
    shard.stripe_of(hash) = Shard::kChanging;
    // What was here is to be here again.
    if (shard.records.remove(shard.records.address_of(hash), key)) missed_before(hash);
    shard.set_room();
}

void HotRecords::end_change(std::string_view key, std::optional<BytesView> stored) {
    const std::uint64_t hash = key_hash(key);
    Shard& shard = shard_of(hash);
    const bool is_small = stored && stored->size() <= kStoredBytesMax;
    const std::scoped_lock lock(shard.mutex);
    shard.stripe_of(hash) = changes_.fetch_add(1) + 1;
    if (!is_small || key.size() > HotShard::kKeyBytesMax) return;
    if (!missed_before(hash) && !shard.records.has_room()) return;
    shard.records.put(shard.records.address_of(hash), key, *stored);
    shard.set_room();
}

void HotRecords::begin_replacement() {
    for (const auto& shard : shards_) {
        const std::scoped_lock lock(shard->mutex);
        shard->changed.fill(Shard::kChanging);
        shard->records.clear();
        shard->set_room();
    }
}

void HotRecords::end_replacement() {
    for (const auto& shard : shards_) {
        const std::scoped_lock lock(shard->mutex);
        shard->changed.fill(changes_.fetch_add(1) + 1);
    }
}

HotRecords::Counts HotRecords::counts() const {
    Counts out;
    for (const auto& shard : shards_) {
        const std::scoped_lock lock(shard->mutex);
        out.records += shard->records.records();
        out.bytes += shard->records.bytes_used();
    }
    out.bytes_max = bytes_;
    const Readers::Counts reads = readers_.counts();
    out.hits = reads.hits;
    out.misses = reads.misses;
    return out;
}

bool HotRecords::missed_before(std::uint64_t hash) {
    const auto tag = static_cast<std::uint16_t>(hash);
    const std::atomic_ref<std::uint16_t> place(missed_[spread(hash, missed_.size())]);
    if (place.load(std::memory_order_relaxed) == tag) return true;
    place.store(tag, std::memory_order_relaxed);
    return false;
}

}  // namespace idnode::storage
