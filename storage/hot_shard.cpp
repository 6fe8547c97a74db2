#include "storage/hot_shard.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "proto/base/assert.h"
#include "storage/key_hash.h"

namespace idnode::storage {
namespace {

constexpr unsigned kTagShift = 48;
constexpr std::uint64_t kOffsetMask = (std::uint64_t{1} << kTagShift) - 1;
constexpr std::byte kRead{1};
constexpr std::size_t kEntryHeaderBytes = 5;
constexpr std::size_t kEntryBytesMax =
    kEntryHeaderBytes + HotShard::kKeyBytesMax + HotShard::kStoredBytesMax;
/// What may move on from a piece that is emptied: so much that there is room for something new.
constexpr std::size_t kSurvivorBytesMax = HotShard::kPieceBytes - kEntryBytesMax;
static_assert(kEntryBytesMax < HotShard::kPieceBytes / 2);
constexpr std::size_t kCacheLineBytes = 64;
/// With two nothing leaves before 96 of 100 slots are taken; with one some do at 80.
constexpr unsigned kMovesMax = 2;
/// Most entries lie in as many lines.
constexpr std::size_t kEntryLinesForeseen = 6;

std::atomic_ref<std::uint64_t> atomic(std::uint64_t& slot) {
    return std::atomic_ref(slot);
}

/// What whoever holds the lock reads: nobody else writes.
std::uint64_t value_of(std::uint64_t& slot) {
    return atomic(slot).load(std::memory_order_relaxed);
}

std::uint64_t word_of(std::uint64_t tag, std::uint64_t offset) {
    return (tag << kTagShift) | (offset + 1);
}

}  // namespace

struct HotShard::Entry {
    std::byte* at;
    std::string_view key;
    BytesView stored;

    std::size_t bytes() const { return kEntryHeaderBytes + key.size() + stored.size(); }
    std::atomic_ref<std::byte> mark() const { return std::atomic_ref(*at); }
    bool is_marked() const { return mark().load(std::memory_order_relaxed) == kRead; }
};

HotShard::HotShard(std::span<std::uint64_t> slots, std::span<std::byte> arena, Readers& readers)
    : slots_(slots),
      groups_(slots.size() / kSlotsOfGroup),
      arena_(arena),
      readers_(readers),
      pieces_(arena.size() / kPieceBytes) {}

HotShard::Address HotShard::address_of(std::uint64_t hash) const {
    Address out;
    out.tag = hash >> kTagShift;
    out.home = scaled(hash << (64U - kTagShift), groups_);
    out.other = other_group(out.home, out.tag);
    return out;
}

/// Of the other group this is the first one again.
std::uint64_t HotShard::other_group(std::uint64_t group, std::uint64_t tag) const {
    const std::uint64_t sum = spread(tag + 1, groups_) + groups_ - group;
    return sum < groups_ ? sum : sum - groups_;
}

HotShard::Entry HotShard::entry_at(std::uint64_t offset) const {
    std::byte* at = arena_.data() + offset;
    std::array<std::uint16_t, 2> sizes;
    std::memcpy(sizes.data(), at + 1, sizeof sizes);
    const char* key = reinterpret_cast<const char*>(at + kEntryHeaderBytes);
    return {at, {key, sizes[0]}, {at + kEntryHeaderBytes + sizes[0], sizes[1]}};
}

HotShard::Entry HotShard::entry_of(std::uint64_t word) const {
    return entry_at((word & kOffsetMask) - 1);
}

template <class IsIt>
std::uint64_t* HotShard::slot_where(const Address& address, IsIt is_it) const {
    for (const std::uint64_t number : {address.home, address.other}) {
        for (std::uint64_t& slot : group(number)) {
            const std::uint64_t word = atomic(slot).load();
            if (word >> kTagShift == address.tag && word != 0 && is_it(word)) return &slot;
        }
    }
    return nullptr;
}

std::optional<BytesView> HotShard::find(const Address& address, std::string_view key) const {
    std::optional<BytesView> found;
    slot_where(address, [&](std::uint64_t word) {
        const Entry entry = entry_of(word);
        if (entry.key != key) return false;
        if (!entry.is_marked()) entry.mark().store(kRead, std::memory_order_relaxed);
        found = entry.stored;
        return true;
    });
    return found;
}

void HotShard::prefetch_slots(const Address& address) const {
    __builtin_prefetch(group(address.home).data());
}

void HotShard::prefetch_entry(const Address& address) const {
    slot_where(address, [this](std::uint64_t word) {
        const std::byte* at = arena_.data() + (word & kOffsetMask) - 1;
        for (std::size_t line = 0; line < kEntryLinesForeseen; ++line) {
            __builtin_prefetch(at + line * kCacheLineBytes);
        }
        return true;
    });
}

bool HotShard::put(const Address& address, std::string_view key, BytesView stored) {
    IDNODE_ASSERT(key.size() <= kKeyBytesMax && stored.size() <= kStoredBytesMax);
    if (slot_of(address, key) != nullptr) return true;
    const std::size_t bytes = kEntryHeaderBytes + key.size() + stored.size();
    if (pieces_[head_].used + bytes > kPieceBytes && !begin_piece()) return false;
    const std::uint64_t word = word_of(address.tag, append(key, stored));
    atomic(*free_slot(address)).store(word);
    ++records_;
    return true;
}

bool HotShard::remove(const Address& address, std::string_view key) {
    std::uint64_t* slot = slot_of(address, key);
    if (slot == nullptr) return false;
    drop(slot);
    return true;
}

/// The head goes on where it was: what lies there may still be looked at.
void HotShard::clear() {
    count_loss();
    for (std::uint64_t& slot : slots_) {
        if (value_of(slot) != 0) atomic(slot).store(0);
    }
    const Readers::Epoch retired = readers_.retire();
    for (Piece& piece : pieces_) {
        piece.live = 0;
        if (piece.used == 0 || &piece == &pieces_[head_]) continue;
        piece.used = 0;
        piece.retired = retired;
    }
    went_round_ = false;
    records_ = 0;
    live_bytes_ = 0;
}

std::uint64_t HotShard::bytes_used() const {
    std::uint64_t sum = 0;
    for (const Piece& piece : pieces_) {
        const bool is_touched = piece.used != 0 || piece.retired != 0;
        if (is_touched) sum += kPieceBytes;
    }
    return sum == 0 ? 0 : sum + slots_.size_bytes();
}

std::uint64_t* HotShard::slot_of(const Address& address, std::string_view key) const {
    return slot_where(address, [&](std::uint64_t word) { return entry_of(word).key == key; });
}

/// In its home group if it can be; else something moves on or, at last, leaves.
std::uint64_t* HotShard::free_slot(const Address& address) {
    for (unsigned moves = 0; moves <= kMovesMax; ++moves) {
        for (const std::uint64_t number : {address.home, address.other}) {
            if (std::uint64_t* slot = free_slot_in(number, moves)) return slot;
        }
    }
    const auto home = group(address.home);
    auto victim = std::ranges::find_if(
        home, [this](std::uint64_t& slot) { return !entry_of(value_of(slot)).is_marked(); });
    if (victim == home.end()) victim = home.begin() + next_victim_++ % kSlotsOfGroup;
    lose(&*victim);
    return &*victim;
}

/// Null: not with so many moves to other groups. What was moved is in both its places afterwards,
/// until the caller writes over the first.
std::uint64_t* HotShard::free_slot_in(std::uint64_t group_number, unsigned moves) {
    for (std::uint64_t& slot : group(group_number)) {
        const std::uint64_t word = value_of(slot);
        if (moves == 0) {
            if (word == 0) return &slot;
            continue;
        }
        std::uint64_t* to = free_slot_in(other_group(group_number, word >> kTagShift), moves - 1);
        if (to == nullptr) continue;
        atomic(*to).store(word);
        moves_.fetch_add(1);
        return &slot;
    }
    return nullptr;
}

std::uint64_t HotShard::append(std::string_view key, BytesView stored) {
    Piece& piece = pieces_[head_];
    const std::uint64_t offset = head_ * kPieceBytes + piece.used;
    std::byte* at = arena_.data() + offset;
    const std::array<std::uint16_t, 2> sizes{static_cast<std::uint16_t>(key.size()),
                                             static_cast<std::uint16_t>(stored.size())};
    *at = std::byte{0};
    std::memcpy(at + 1, sizes.data(), sizeof sizes);
    std::memcpy(at + kEntryHeaderBytes, key.data(), key.size());
    std::ranges::copy(stored, at + kEntryHeaderBytes + key.size());  // perhaps nothing
    const std::size_t bytes = kEntryHeaderBytes + key.size() + stored.size();
    piece.used += static_cast<std::uint32_t>(bytes);
    piece.live += static_cast<std::uint32_t>(bytes);
    live_bytes_ += bytes;
    return offset;
}

void HotShard::drop(std::uint64_t* slot) {
    forget(entry_of(value_of(*slot)));
    --records_;
    atomic(*slot).store(0);
}

void HotShard::lose(std::uint64_t* slot) {
    count_loss();
    drop(slot);
}

/// The entry is no longer in the table.
void HotShard::forget(const Entry& entry) {
    const auto offset = static_cast<std::size_t>(entry.at - arena_.data());
    pieces_[offset / kPieceBytes].live -= static_cast<std::uint32_t>(entry.bytes());
    live_bytes_ -= entry.bytes();
}

/// The spare piece was emptied when the head was begun: by now nobody looks at it, mostly.
bool HotShard::begin_piece() {
    if (!readers_.have_left(pieces_[spare_].retired)) return false;
    head_ = spare_;
    spare_ = next_to_empty();
    if (pieces_[spare_].used != 0) empty(spare_);
    return true;
}

std::size_t HotShard::next_to_empty() {
    for (std::size_t passed = 0; passed < pieces_.size(); ++passed) {
        hand_ = (hand_ + 1) % pieces_.size();
        const bool is_dense = is_roomy() && pieces_[hand_].live > kSurvivorBytesMax;
        if (hand_ != head_ && !is_dense) return hand_;
    }
    hand_ = (head_ + 1) % pieces_.size();  // only of very few pieces all can be dense
    return hand_;
}

void HotShard::empty(std::size_t number) {
    went_round_ = true;
    const bool keeps_unread = is_roomy();
    Piece& piece = pieces_[number];
    const std::uint64_t end = number * kPieceBytes + piece.used;
    for (std::uint64_t at = number * kPieceBytes; at < end;) {
        const Entry entry = entry_at(at);
        const Address address = address_of(key_hash(entry.key));
        const std::uint64_t here = word_of(address.tag, at);
        std::uint64_t* slot =
            slot_where(address, [here](std::uint64_t word) { return word == here; });
        at += entry.bytes();
        if (slot == nullptr) continue;
        const bool fits = pieces_[head_].used + entry.bytes() <= kSurvivorBytesMax;
        if (fits && (keeps_unread || entry.is_marked())) {
            forget(entry);
            atomic(*slot).store(word_of(address.tag, append(entry.key, entry.stored)));
        } else {
            lose(slot);
        }
    }
    piece.used = 0;
    piece.retired = readers_.retire();
}

}  // namespace idnode::storage
