#include "storage/places.h"

#include <sodium/crypto_shorthash_siphash24.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <random>
#include <string>
#include <utility>

#include "storage/key_hash.h"

namespace idnode::storage {
namespace {

constexpr std::uint64_t kBytesMin = 64U << 10U;
constexpr std::size_t kStripes = 4096;
constexpr std::size_t kKeysForeseen = 64;
constexpr std::size_t kSlots = 4;
constexpr unsigned kTagBits = 48;
constexpr std::uint64_t kTagMask = (std::uint64_t{1} << kTagBits) - 1;

// Words: number of the table, offset, count.
constexpr unsigned kBytesBits = 12;
constexpr unsigned kOffsetBits = 30;
static_assert(Places::kStoredBytesMax == (1U << kBytesBits) - 1);
static_assert(Places::kOffsetMax == (1U << kOffsetBits) - 1);
static_assert(OpenTables::kNumberMax >> (64 - kBytesBits - kOffsetBits) == 0);

std::uint64_t to_word(const TablePlace& place) {
    return (std::uint64_t{place.table} << (kOffsetBits + kBytesBits)) |
           (std::uint64_t{place.offset} << kBytesBits) | place.bytes;
}

TablePlace to_place(std::uint64_t word) {
    return {.table = static_cast<std::uint32_t>(word >> (kOffsetBits + kBytesBits)),
            .offset = static_cast<std::uint32_t>(word >> kBytesBits) & Places::kOffsetMax,
            .bytes = static_cast<std::uint32_t>(word) & Places::kStoredBytesMax};
}

}  // namespace

struct Places::Hash {
    std::uint64_t place;  // chooses the first bucket and the stripe
    std::uint64_t other;  // the second bucket, and the tag

    std::uint64_t tag() const { return other & kTagMask; }
};

/// A line of the processor's cache. Its version is odd while somebody writes; who reads compares it
/// before and after. All zero: empty.
class alignas(64) Places::Bucket {
  public:
    /// 0: not here, or not to be known now.
    Word find(std::uint64_t tag) const {
        const std::uint64_t before = version_.load(std::memory_order_acquire);
        const std::optional<std::size_t> at = slot_of(tag);
        if (!at) return 0;
        const Word word = words_[*at].load(std::memory_order_acquire);
        const bool is_whole = before % 2 == 0 && version_.load(std::memory_order_relaxed) == before;
        return is_whole ? word : 0;
    }
    std::ptrdiff_t free_slots() const {
        return std::ranges::count_if(words_, [](const auto& word) { return word.load() == 0; });
    }
    /// Replaces what has the tag, or takes a free slot, or with `victim` that slot. Says by how
    /// much the number of entries grew; nothing: there is no room.
    std::optional<unsigned> put(std::uint64_t tag, Word word, std::optional<std::size_t> victim) {
        const Writing writing(*this);
        std::optional<std::size_t> at = slot_of(tag);
        if (!at) at = free_slot();
        if (!at) at = victim;
        if (!at) return std::nullopt;
        const unsigned grown = words_[*at].load(std::memory_order_relaxed) == 0 ? 1 : 0;
        set_tag(*at, tag);
        words_[*at].store(word, std::memory_order_release);
        return grown;
    }
    bool remove(std::uint64_t tag) {
        const Writing writing(*this);
        const auto at = slot_of(tag);
        if (at) words_[*at].store(0, std::memory_order_release);
        return at.has_value();
    }
    void clear() {
        const Writing writing(*this);
        for (auto& word : words_) word.store(0, std::memory_order_release);
    }

  private:
    class Writing {
      public:
        explicit Writing(Bucket& bucket) : bucket_(bucket) {
            std::uint64_t version = bucket.version_.load(std::memory_order_relaxed) & ~1ULL;
            while (!bucket.version_.compare_exchange_weak(version, version + 1)) version &= ~1ULL;
        }
        ~Writing() { bucket_.version_.fetch_add(1); }
        Writing(const Writing&) = delete;
        Writing& operator=(const Writing&) = delete;

      private:
        Bucket& bucket_;
    };

    /// Three tags have the low bits of a word each, the fourth has what is left of the three.
    std::uint64_t tag_at(std::size_t at) const {
        const auto word = [this](std::size_t i) {
            return tags_[i].load(std::memory_order_acquire);
        };
        if (at < tags_.size()) return word(at) & kTagMask;
        return (word(0) >> kTagBits) | (word(1) >> kTagBits << 16U) | (word(2) >> kTagBits << 32U);
    }
    void set_tag(std::size_t at, std::uint64_t tag) {
        const auto set = [this](std::size_t i, std::uint64_t mask, std::uint64_t bits) {
            const std::uint64_t others = tags_[i].load(std::memory_order_relaxed) & ~mask;
            tags_[i].store(others | bits, std::memory_order_release);
        };
        if (at < tags_.size()) return set(at, kTagMask, tag);
        for (std::size_t i = 0; i < tags_.size(); ++i) {
            set(i, ~kTagMask, tag >> (16U * i) << kTagBits);
        }
    }
    std::optional<std::size_t> slot_of(std::uint64_t tag) const {
        for (std::size_t at = 0; at < kSlots; ++at) {
            if (tag_at(at) == tag && words_[at].load(std::memory_order_acquire) != 0) return at;
        }
        return std::nullopt;
    }
    std::optional<std::size_t> free_slot() const {
        for (std::size_t at = 0; at < kSlots; ++at) {
            if (words_[at].load(std::memory_order_relaxed) == 0) return at;
        }
        return std::nullopt;
    }

    std::atomic<std::uint64_t> version_;
    std::array<std::atomic<std::uint64_t>, 3> tags_;
    std::array<std::atomic<Word>, kSlots> words_;  // 0: free
};

/// Zeros that take no memory until they are written.
class Places::Memory {
  public:
    explicit Memory(std::size_t bytes) : bytes_(bytes) {
        void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at == MAP_FAILED) return;
        at_ = at;
        // Advice: with small pages each look waits for an address translation too.
        (void)::madvise(at, bytes, MADV_HUGEPAGE);
    }
    ~Memory() {
        if (at_ != nullptr) ::munmap(at_, bytes_);
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    explicit operator bool() const { return at_ != nullptr; }
    std::span<Bucket> buckets() const {
        static_assert(sizeof(Bucket) == 64);
        return {static_cast<Bucket*>(at_), bytes_ / sizeof(Bucket)};
    }

  private:
    void* at_ = nullptr;
    std::size_t bytes_;
};

/// What a group of keys goes through.
class Places::Stripe {
  public:
    template <class Work>
    void begin_change(Work work) {
        const std::scoped_lock lock(mutex_);
        ++under_way_;
        work();
    }
    void end_change(Moment now) {
        const std::scoped_lock lock(mutex_);
        --under_way_;
        changed_ = now;
    }
    template <class Work>
    void if_unchanged_since(Moment moment, Work work) {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        if (lock && under_way_ == 0 && changed_ <= moment) work();
    }

  private:
    std::mutex mutex_;
    std::uint32_t under_way_ = 0;
    Moment changed_ = 0;
};

Result<std::unique_ptr<Places>> Places::make(std::uint64_t bytes,
                                             std::shared_ptr<OpenTables> tables) {
    auto memory = std::make_unique<Memory>(std::max(bytes, kBytesMin));
    if (!*memory) {
        return Error{Errc::kLimit, "the system gives no " + std::to_string(bytes >> 20U) +
                                       " MiB of address space for places of records; lower "
                                       "data.places_mb"};
    }
    return std::unique_ptr<Places>(new Places(std::move(memory), std::move(tables)));
}

Places::Places(std::unique_ptr<Memory> memory, std::shared_ptr<OpenTables> tables)
    : memory_(std::move(memory)),
      tables_(std::move(tables)),
      buckets_(memory_->buckets()),
      stripes_(std::make_unique<Stripe[]>(kStripes)) {
    static_assert(sizeof(secret_) == crypto_shorthash_siphashx24_KEYBYTES);
    std::random_device random;
    for (unsigned char& octet : secret_) octet = static_cast<unsigned char>(random());
}

Places::~Places() = default;

Places::Hash Places::hash_of(std::string_view key) const {
    std::array<unsigned char, crypto_shorthash_siphashx24_BYTES> out;
    crypto_shorthash_siphashx24(out.data(), reinterpret_cast<const unsigned char*>(key.data()),
                                key.size(), secret_.data());
    return std::bit_cast<Hash>(out);
}

std::array<Places::Bucket*, 2> Places::buckets_of(const Hash& hash) const {
    // The tag's bits say least about the high ones, which choose.
    return {&buckets_[scaled(hash.place, buckets_.size())],
            &buckets_[scaled(hash.other, buckets_.size())]};
}

Places::Word Places::find(const Hash& hash) const {
    for (const Bucket* bucket : buckets_of(hash)) {
        if (const Word word = bucket->find(hash.tag())) return word;
    }
    return 0;
}

Places::Stripe& Places::stripe_of(const Hash& hash) const {
    return stripes_[hash.place % kStripes];
}

Places::Found Places::read(std::string_view key, Bytes& scratch,
                           model::FunctionRef<void(BytesView)> visit) const {
    const Word word = find(hash_of(key));
    if (word == 0) return Found::kUnknown;
    const TablePlace place = to_place(word);
    Readers::Reading reading(tables_->readers());
    if (!reading) return Found::kUnknown;
    const OpenTable* const table = tables_->find(place.table);
    if (table == nullptr) return Found::kUnknown;
    const auto octets = table->read_at_once(place.offset, place.bytes, scratch);
    if (!octets) return Found::kOnDisk;
    reading.count(true);
    visit(*octets);
    return Found::kRecord;
}

void Places::foresee(std::span<const std::string_view> keys) const {
    std::array<Hash, kKeysForeseen> all;
    for (; !keys.empty(); keys = keys.subspan(std::min(keys.size(), kKeysForeseen))) {
        const std::size_t count = std::min(keys.size(), kKeysForeseen);
        for (std::size_t i = 0; i < count; ++i) {
            all[i] = hash_of(keys[i]);
            for (const Bucket* bucket : buckets_of(all[i])) __builtin_prefetch(bucket);
        }
        const Readers::Reading reading(tables_->readers());
        if (!reading) return;
        for (const Hash& hash : std::span(all).first(count)) {
            const Word word = find(hash);
            if (word == 0) continue;
            const TablePlace place = to_place(word);
            const OpenTable* const table = tables_->find(place.table);
            if (table != nullptr) table->prefetch(place.offset, place.bytes);
        }
    }
}

void Places::learn(std::string_view key, const TablePlace& place, Moment moment) {
    if (place.bytes > kStoredBytesMax || place.offset > kOffsetMax) return;
    const Hash hash = hash_of(key);
    stripe_of(hash).if_unchanged_since(moment, [&] { put(hash, to_word(place)); });
}

void Places::put(const Hash& hash, Word word) {
    const auto buckets = buckets_of(hash);
    // Where it is, or where there is more room; otherwise one of the first bucket's is forgotten.
    const bool is_first = buckets[0]->find(hash.tag()) != 0;
    const bool is_second = buckets[1]->find(hash.tag()) != 0;
    const bool has_more = buckets[1]->free_slots() > buckets[0]->free_slots();
    Bucket* const into = is_second || (!is_first && has_more) ? buckets[1] : buckets[0];
    const auto grown = into->put(hash.tag(), word, hash.place % kSlots);
    if (grown) count_.fetch_add(*grown, std::memory_order_relaxed);
}

void Places::remove(const Hash& hash) {
    for (Bucket* bucket : buckets_of(hash)) {
        if (bucket->remove(hash.tag())) count_.fetch_sub(1, std::memory_order_relaxed);
    }
}

void Places::begin_change(std::string_view key) {
    const Hash hash = hash_of(key);
    stripe_of(hash).begin_change([&] { remove(hash); });
}

void Places::end_change(std::string_view key) {
    stripe_of(hash_of(key)).end_change(changes_.fetch_add(1) + 1);
}

void Places::begin_replacement() {
    for (std::size_t i = 0; i < kStripes; ++i) stripes_[i].begin_change([] {});
    for (Bucket& bucket : buckets_) bucket.clear();
    count_.store(0);
}

void Places::end_replacement() {
    const Moment now = changes_.fetch_add(1) + 1;
    for (std::size_t i = 0; i < kStripes; ++i) stripes_[i].end_change(now);
}

std::uint64_t Places::room() const {
    constexpr std::uint64_t kPercent = 85;
    return buckets_.size() * kSlots * kPercent / 100;
}

}  // namespace idnode::storage
