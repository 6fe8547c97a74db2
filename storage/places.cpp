#include "storage/places.h"

#include <sodium/crypto_shorthash_siphash24.h>

#include <algorithm>
#include <bit>
#include <random>
#include <string>
#include <utility>

#include "storage/key_hash.h"

namespace idnode::storage {
namespace {

constexpr std::uint64_t kBytesMin = 64U << 10U;
constexpr std::size_t kGroups = 4096;
constexpr std::size_t kKeysForeseen = 64;
constexpr std::size_t kSlots = 4;
constexpr unsigned kTagBits = 48;
constexpr std::uint64_t kTagMask = (std::uint64_t{1} << kTagBits) - 1;

// Words: number of the table, offset, count. Of what is there, nobody knows where: no table.
constexpr std::uint64_t kThere = 1;
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
    std::uint64_t place;  // chooses the first bucket and the group
    std::uint64_t other;  // the second bucket, and the tag

    std::uint64_t tag() const { return other & kTagMask; }
};

/// A line of the processor's cache. Its version is odd while somebody writes; who reads compares it
/// before and after; its highest bit says that something was forgotten. All zero: empty.
class alignas(64) Places::Bucket {
  public:
    /// 0: not here, or not to be known now.
    Word find(std::uint64_t tag) const {
        const std::uint64_t before = version_.load(std::memory_order_acquire);
        const std::optional<std::size_t> at = slot_of(tag);
        if (!at) return 0;
        const Word word = words_[*at].load(std::memory_order_acquire);
        return is_whole(before) ? word : 0;
    }
    /// Whether it is not here and has not been forgotten.
    bool lacks(std::uint64_t tag) const {
        const std::uint64_t before = version_.load(std::memory_order_acquire);
        return (before & kForgot) == 0 && !slot_of(tag) && is_whole(before);
    }
    std::ptrdiff_t free_slots() const {
        return std::ranges::count_if(words_, [](const auto& word) { return word.load() == 0; });
    }
    /// Replaces what has the tag, or takes a free slot, or that of the victim, which is forgotten.
    /// True: there is one more.
    bool put(std::uint64_t tag, Word word, std::size_t victim) {
        const Writing writing(*this);
        std::optional<std::size_t> at = slot_of(tag);
        if (!at) at = free_slot();
        if (!at) version_.fetch_or(kForgot);
        const std::size_t into = at.value_or(victim);
        const bool is_more = words_[into].load(std::memory_order_relaxed) == 0;
        set_tag(into, tag);
        words_[into].store(word, std::memory_order_release);
        return is_more;
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
        version_.fetch_and(~kForgot);
    }

  private:
    static constexpr std::uint64_t kForgot = std::uint64_t{1} << 63U;

    bool is_whole(std::uint64_t before) const {
        return before % 2 == 0 && version_.load(std::memory_order_relaxed) == before;
    }

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

/// Keys that are locked together.
struct Places::Group {
    std::mutex mutex;
    Stripe stripe;
};

Result<std::unique_ptr<Places>> Places::make(std::uint64_t bytes,
                                             std::shared_ptr<OpenTables> tables) {
    auto memory = std::make_unique<ZeroMemory>(std::max(bytes, kBytesMin));
    if (!*memory) {
        return Error{Errc::kLimit, "the system gives no " + std::to_string(bytes >> 20U) +
                                       " MiB of address space for places of records; lower "
                                       "data.places_mb"};
    }
    return std::unique_ptr<Places>(new Places(std::move(memory), std::move(tables)));
}

Places::Places(std::unique_ptr<ZeroMemory> memory, std::shared_ptr<OpenTables> tables)
    : memory_(std::move(memory)),
      tables_(std::move(tables)),
      buckets_(memory_->take<Bucket>(memory_->left() / sizeof(Bucket))),
      groups_(std::make_unique<Group[]>(kGroups)) {
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

/// Whether the disk has nothing under the key. It was not found here.
bool Places::lacks(const Hash& hash) const {
    const Stripe& stripe = group_of(hash).stripe;
    const std::uint64_t replacements = replacements_.load();
    const Stripe::Word word = stripe.word();
    if (replacements != complete_at_.load() || Stripe::is_changing(word)) return false;
    const bool is_without = std::ranges::all_of(
        buckets_of(hash), [&](const Bucket* bucket) { return bucket->lacks(hash.tag()); });
    return is_without && stripe.word() == word && replacements_.load() == replacements;
}

Places::Group& Places::group_of(const Hash& hash) const {
    return groups_[hash.place % kGroups];
}

Places::Found Places::read(std::string_view key, Bytes& scratch,
                           model::FunctionRef<void(BytesView)> visit) const {
    const Hash hash = hash_of(key);
    const Word word = find(hash);
    if (word == 0) return lacks(hash) ? Found::kAbsent : Found::kUnknown;
    if (word == kThere) return Found::kUnknown;
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
            if (word == 0 || word == kThere) continue;
            const TablePlace place = to_place(word);
            const OpenTable* const table = tables_->find(place.table);
            if (table != nullptr) table->prefetch(place.offset, place.bytes);
        }
    }
}

void Places::learn(std::string_view key, const TablePlace& place, Moment moment) {
    if (!is_used() || place.bytes > kStoredBytesMax || place.offset > kOffsetMax) return;
    const Hash hash = hash_of(key);
    Group& group = group_of(hash);
    const std::unique_lock lock(group.mutex, std::try_to_lock);
    if (lock && group.stripe.is_unchanged_since(moment)) put(hash, to_word(place));
}

void Places::begin_walk() {
    replacements_before_walk_ = replacements_.load();
    is_used_.store(true);
}

void Places::end_walk() {
    complete_at_.store(replacements_before_walk_);
}

/// If it has been erased since, the store is asked for it in vain.
void Places::tell(std::string_view key) {
    const Hash hash = hash_of(key);
    const std::scoped_lock lock(group_of(hash).mutex);
    if (find(hash) == 0) put(hash, kThere);
}

/// With the lock of the key's group.
void Places::put(const Hash& hash, Word word) {
    const auto buckets = buckets_of(hash);
    const bool is_first = buckets[0]->find(hash.tag()) != 0;
    const bool is_second = buckets[1]->find(hash.tag()) != 0;
    const bool has_more = buckets[1]->free_slots() > buckets[0]->free_slots();
    Bucket& into = *buckets[is_second || (!is_first && has_more) ? 1 : 0];
    if (into.put(hash.tag(), word, hash.place % kSlots)) {
        count_.fetch_add(1, std::memory_order_relaxed);
    }
}

void Places::remove(const Hash& hash) {
    for (Bucket* bucket : buckets_of(hash)) {
        if (bucket->remove(hash.tag())) count_.fetch_sub(1, std::memory_order_relaxed);
    }
}

void Places::begin_change(std::string_view key) {
    const Hash hash = hash_of(key);
    Group& group = group_of(hash);
    const std::scoped_lock lock(group.mutex);
    group.stripe.begin_change();
    remove(hash);
}

void Places::end_change(std::string_view key, bool is_there) {
    const Hash hash = hash_of(key);
    Group& group = group_of(hash);
    const std::scoped_lock lock(group.mutex);
    if (is_there && is_used()) put(hash, kThere);
    group.stripe.end_change(changes_.fetch_add(1) + 1);
}

void Places::begin_replacement() {
    replacements_.fetch_add(1);
    for (Group& group : std::span(groups_.get(), kGroups)) {
        const std::scoped_lock lock(group.mutex);
        group.stripe.begin_change();
    }
    for (Bucket& bucket : buckets_) bucket.clear();
    count_.store(0);
}

void Places::end_replacement() {
    const Moment now = changes_.fetch_add(1) + 1;
    for (Group& group : std::span(groups_.get(), kGroups)) {
        const std::scoped_lock lock(group.mutex);
        group.stripe.end_change(now);
    }
}

std::uint64_t Places::room() const {
    constexpr std::uint64_t kPercent = 85;
    return buckets_.size() * kSlots * kPercent / 100;
}

}  // namespace idnode::storage
