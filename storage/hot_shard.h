#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/limits.h"
#include "storage/readers.h"

/// A table that leads to an arena: one shard of the records in memory.
///
/// The table is made of groups of eight slots, one cache line each; an entry is found in its home
/// group or, where that was full, in the one other group that follows from home group and tag, so
/// that it can be moved without a look at its key.
///
///   slot:   63      48 47                                    0
///           +---------+--------------------------------------+
///           | tag     | 1 + offset of the entry; 0: free     |
///           +---------+--------------------------------------+
///   entry:  0      1            3               5         5+k
///           +------+------------+---------------+---------+----------------+
///           | mark | u16 k      | u16 n         | key (k) | stored (n)     |
///           +------+------------+---------------+---------+----------------+
///
/// The arena is made of pieces. Entries are written into one of them, the head, and stay as they
/// are but for the mark, which readers set. When no piece is left that was never used, a hand goes
/// round and empties one after the other: entries that were read move on to the head, unmarked, and
/// the others leave the table. Where that is only to get rid of entries that were replaced, none
/// leave, and pieces with few of those are passed over.
namespace idnode::storage {

class HotShard {
  public:
    static constexpr std::size_t kSlotsOfGroup = 8;
    static constexpr std::size_t kPieceBytes = 64U << 10U;
    static constexpr std::size_t kStoredBytesMax = 16U << 10U;
    static constexpr std::size_t kKeyBytesMax = limits::kHandleBytesMax + 1;

    /// Where a key may be found.
    struct Address {
        std::uint64_t home = 0;  // groups
        std::uint64_t other = 0;
        std::uint64_t tag = 0;
    };

    /// Borrows all of it. `slots` are whole groups, all 0, at the beginning of a cache line;
    /// `arena` is whole pieces, at least four.
    HotShard(std::span<std::uint64_t> slots, std::span<std::byte> arena, Readers& readers);

    Address address_of(std::uint64_t hash) const;

    // For readers.

    /// What is stored, marked as read; valid until the reading of the calling thread ends. May
    /// fail to find something that is moved meanwhile.
    std::optional<BytesView> find(const Address& address, std::string_view key) const;
    /// How often something was moved from one group to the other one; grows before it leaves the
    /// first.
    std::uint64_t moves() const { return moves_.load(); }
    /// How often something that nobody removed left, or could not be kept; grows before it leaves.
    std::uint64_t losses() const { return losses_.load(); }
    /// Both only hints to the processor; no reading needs to be under way.
    void prefetch_slots(const Address& address) const;
    void prefetch_entry(const Address& address) const;

    // For one thread at a time.

    /// Puts the record there if there is none under this key. False: no room that nobody looks at.
    bool put(const Address& address, std::string_view key, BytesView stored);
    /// False: it was not there.
    bool remove(const Address& address, std::string_view key);
    void clear();
    void count_loss() { losses_.fetch_add(1); }
    /// Whether something may be kept without another record leaving for it.
    bool has_room() const { return !went_round_ || is_roomy(); }

    std::uint64_t records() const { return records_; }
    /// Of table and arena, as far as it has ever been written.
    std::uint64_t bytes_used() const;

  private:
    struct Piece {
        std::uint32_t used = 0;      // octets that hold entries, from its beginning
        std::uint32_t live = 0;      // of them: of entries in the table
        Readers::Epoch retired = 0;  // when it was emptied
    };
    struct Entry;

    std::span<std::uint64_t> group(std::uint64_t number) const {
        return slots_.subspan(number * kSlotsOfGroup, kSlotsOfGroup);
    }
    std::uint64_t other_group(std::uint64_t group, std::uint64_t tag) const;
    Entry entry_at(std::uint64_t offset) const;
    Entry entry_of(std::uint64_t word) const;
    /// The table leads to so little that some piece holds much that is not in the table.
    bool is_roomy() const { return live_bytes_ < arena_.size() / 3 * 2; }

    /// The first slot of either group with the tag, and with a word that `is_it` accepts.
    template <class IsIt>
    std::uint64_t* slot_where(const Address& address, IsIt is_it) const;
    std::uint64_t* slot_of(const Address& address, std::string_view key) const;
    std::uint64_t* free_slot(const Address& address);
    std::uint64_t* free_slot_in(std::uint64_t group, unsigned moves);
    std::uint64_t append(std::string_view key, BytesView stored);
    void drop(std::uint64_t* slot);
    void lose(std::uint64_t* slot);
    void forget(const Entry& entry);
    bool begin_piece();
    std::size_t next_to_empty();
    void empty(std::size_t piece);

    const std::span<std::uint64_t> slots_;
    const std::uint64_t groups_;
    const std::span<std::byte> arena_;

    Readers& readers_;
    std::vector<Piece> pieces_;
    std::size_t head_ = 0;
    std::size_t spare_ = 1;  // the next head: empty, but perhaps still looked at
    std::size_t hand_ = 1;
    bool went_round_ = false;       // entries have left for others
    std::uint64_t records_ = 0;     // in the table
    std::uint64_t live_bytes_ = 0;  // of their entries
    unsigned next_victim_ = 0;
    std::atomic<std::uint64_t> moves_{0};
    std::atomic<std::uint64_t> losses_{0};
};

}  // namespace idnode::storage
