#include "storage/hot_records.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "storage/key_hash.h"

namespace idnode::storage {
namespace {

// A shard's lock is held for a microsecond; more shards would only cut the arena into smaller
// rings.
constexpr std::size_t kShardsMax = 8;
constexpr std::uint64_t kShardBytesMin = 16U << 20U;
/// A key that missed is remembered until another one takes its place.
constexpr std::uint64_t kSlotsOfMissed = 4;
/// Of each shard. While the warm-up reads, changes in the same stripe make it read a record again.
constexpr std::size_t kStripes = 1024;
constexpr std::size_t kKeysForeseen = 64;
/// A reader that is interrupted holds on to the piece that is to be written next.
constexpr int kWaitsForReadersMax = 100;
constexpr std::chrono::microseconds kWaitForReaders{100};

}  // namespace

struct HotRecords::Shard {
    static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

    Shard(std::span<std::uint64_t> slots, std::span<std::byte> arena, Readers& readers)
        : records(slots, arena, readers) {}

    Stripe& stripe_of(std::uint64_t hash) { return stripes[hash % kStripes]; }
    void set_room() { has_room.store(records.has_room(), std::memory_order_relaxed); }
    bool lacks(std::uint64_t hash, std::string_view key) const;
    /// With the lock, both. False: no room that nobody looks at.
    bool keep(std::uint64_t hash, std::string_view key, BytesView stored);
    /// The same, after a while.
    bool keep_patiently(std::uint64_t hash, std::string_view key, BytesView stored);

    HotShard records;
    std::atomic<std::uint64_t> complete_at{kNever};  // of its losses
    alignas(64) std::mutex mutex;
    std::uint64_t losses_before_walk = 0;
    std::atomic<bool> has_room{true};  // of `records`, for those without the lock
    std::array<Stripe, kStripes> stripes{};
};

/// Whether the disk has nothing under the key. It was not found here.
bool HotRecords::Shard::lacks(std::uint64_t hash, std::string_view key) const {
    const Stripe& stripe = stripes[hash % kStripes];
    const std::uint64_t losses = records.losses();
    const std::uint64_t moves = records.moves();
    const Stripe::Word word = stripe.word();
    if (losses != complete_at.load() || Stripe::is_changing(word)) return false;
    return !records.find(records.address_of(hash), key) && stripe.word() == word &&
           records.losses() == losses && records.moves() == moves;
}

bool HotRecords::Shard::keep(std::uint64_t hash, std::string_view key, BytesView stored) {
    if (key.size() > HotShard::kKeyBytesMax) return false;
    const BytesView kept = stored.size() > kStoredBytesMax ? BytesView() : stored;
    const bool is_kept = records.put(records.address_of(hash), key, kept);
    set_room();
    return is_kept;
}

bool HotRecords::Shard::keep_patiently(std::uint64_t hash, std::string_view key, BytesView stored) {
    for (int i = 0; i < kWaitsForReadersMax; ++i) {
        if (keep(hash, key, stored)) return true;
        std::this_thread::sleep_for(kWaitForReaders);
    }
    return false;
}

Result<std::unique_ptr<HotRecords>> HotRecords::make(std::uint64_t bytes,
                                                     std::uint64_t bytes_of_slot) {
    bytes = std::max(bytes, kBytesMin);
    auto memory = std::make_unique<ZeroMemory>(bytes);
    if (!*memory) {
        return Error{Errc::kLimit, "the system gives no " + std::to_string(bytes >> 20U) +
                                       " MiB of address space for records in memory; lower "
                                       "data.records_mb"};
    }
    return std::unique_ptr<HotRecords>(new HotRecords(std::move(memory), bytes, bytes_of_slot));
}

HotRecords::HotRecords(std::unique_ptr<ZeroMemory> memory, std::uint64_t bytes,
                       std::uint64_t bytes_of_slot)
    : memory_(std::move(memory)), bytes_(bytes) {
    const auto count = std::clamp<std::size_t>(bytes / kShardBytesMin, 1, kShardsMax);
    const std::uint64_t groups = bytes / count / bytes_of_slot / HotShard::kSlotsOfGroup;
    missed_ = memory_->take<std::uint16_t>(bytes / bytes_of_slot / kSlotsOfMissed);
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

HotRecords::Found HotRecords::read(std::string_view key,
                                   model::FunctionRef<void(BytesView)> visit) const {
    const std::uint64_t hash = key_hash(key);
    const Shard& shard = shard_of(hash);
    Readers::Reading reading(readers_);
    if (!reading) return Found::kUnknown;
    const auto stored = shard.records.find(shard.records.address_of(hash), key);
    Found found = Found::kUnknown;
    if (!stored) {
        // A look of its own, since what has just been looked at costs nothing, and what absence
        // depends on does.
        if (shard.lacks(hash, key)) found = Found::kAbsent;
    } else if (!stored->empty()) {
        visit(*stored);
        found = Found::kRecord;
    }
    reading.count(found != Found::kUnknown);
    return found;
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
    if (stored.size() > kStoredBytesMax) return;
    const std::uint64_t hash = key_hash(key);
    Shard& shard = shard_of(hash);
    if (!missed_before(hash) && !shard.has_room.load(std::memory_order_relaxed)) return;
    const std::unique_lock lock(shard.mutex, std::try_to_lock);
    if (!lock || !shard.stripe_of(hash).is_unchanged_since(moment)) return;
    shard.keep(hash, key, stored);
}

HotRecords::Filled HotRecords::fill(std::string_view key, BytesView stored, Moment moment) {
    const std::uint64_t hash = key_hash(key);
    Shard& shard = shard_of(hash);
    const std::scoped_lock lock(shard.mutex);
    if (!shard.records.has_room()) return Filled::kNoRoom;
    if (!shard.stripe_of(hash).is_unchanged_since(moment)) return Filled::kChanged;
    return shard.keep_patiently(hash, key, stored) ? Filled::kKept : Filled::kNoRoom;
}

void HotRecords::begin_walk() {
    for (const auto& shard : shards_) {
        const std::scoped_lock lock(shard->mutex);
        shard->losses_before_walk = shard->records.losses();
    }
}

void HotRecords::end_walk() {
    for (const auto& shard : shards_) shard->complete_at.store(shard->losses_before_walk);
}

void HotRecords::begin_change(std::string_view key) {
    const std::uint64_t hash = key_hash(key);
    Shard& shard = shard_of(hash);
    const std::scoped_lock lock(shard.mutex);
    shard.stripe_of(hash).begin_change();
    // What was here is to be here again.
    if (shard.records.remove(shard.records.address_of(hash), key)) missed_before(hash);
    shard.set_room();
}

void HotRecords::end_change(std::string_view key, std::optional<BytesView> stored) {
    const std::uint64_t hash = key_hash(key);
    Shard& shard = shard_of(hash);
    const std::scoped_lock lock(shard.mutex);
    if (stored) {
        const bool is_wanted = missed_before(hash) || shard.records.has_room();
        if (!is_wanted || !shard.keep_patiently(hash, key, *stored)) shard.records.count_loss();
    }
    shard.stripe_of(hash).end_change(changes_.fetch_add(1) + 1);
}

void HotRecords::begin_replacement() {
    for (const auto& shard : shards_) {
        const std::scoped_lock lock(shard->mutex);
        for (Stripe& stripe : shard->stripes) stripe.begin_change();
        shard->records.clear();
        shard->set_room();
    }
}

void HotRecords::end_replacement() {
    for (const auto& shard : shards_) {
        const std::scoped_lock lock(shard->mutex);
        const Moment now = changes_.fetch_add(1) + 1;
        for (Stripe& stripe : shard->stripes) stripe.end_change(now);
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
