#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/model/ports.h"
#include "storage/hot_shard.h"
#include "storage/readers.h"
#include "storage/stripe.h"
#include "storage/zero_memory.h"

namespace idnode::storage {

/// Stored records (codec.h) in memory, in front of the disk: from a hot set to everything. Readers
/// take no lock and write nothing that others read, but for the marks of what they found.
///
/// Never a stale answer: between `begin_change` and `end_change` of a key, in which the disk
/// changes, nothing is kept under it. Who looked before the beginning may still give the old
/// record, as of then. After it everybody asks the disk, where old and new change places at one
/// moment. After the end, which comes before the change is acknowledged, the new record may be
/// kept. And what was read from the disk earlier is not kept later: whoever keeps something
/// compares, under the lock that changes take too, the moment before the reading with that of the
/// last change in the key's stripe; a change under way counts as later than every moment.
///
/// Nor a record denied that there is: a shard is complete when a walk over the disk has filled in
/// everything and nothing was lost since before that walk. As long as it is, the disk holds under
/// the keys of a stripe without a change under way what the shard holds: who begins a change
/// announces it in the stripe before the record leaves, who ends one does so after the new record
/// is in, and what else leaves is counted before it does. So who finds nothing believes that only
/// if the shard is complete and the stripe at rest, and if after the look neither the stripe's word
/// nor the number of losses has changed. Nor that of moves: something that changes its place in the
/// table may be overlooked.
class HotRecords {
  public:
    /// Of larger records only that they are there is kept; they are read from the disk each time.
    static constexpr std::size_t kStoredBytesMax = HotShard::kStoredBytesMax;
    /// So much is taken at least.
    static constexpr std::uint64_t kBytesMin = 512U << 10U;

    /// Address space for `bytes`; memory is taken as it fills. A slot of the table must be worth
    /// `bytes_of_slot`: of smaller records the table is full before the rest is. kLimit: there is
    /// not so much.
    static Result<std::unique_ptr<HotRecords>> make(std::uint64_t bytes,
                                                    std::uint64_t bytes_of_slot = kBytesOfSlot);
    /// With records of 300 octets nine tenths of the table are used.
    static constexpr std::uint64_t kBytesOfSlot = 280;
    ~HotRecords();
    HotRecords(const HotRecords&) = delete;
    HotRecords& operator=(const HotRecords&) = delete;

    enum class Found : std::uint8_t {
        kRecord,
        kAbsent,   // the disk has none either
        kUnknown,  // the disk must be asked
    };
    /// Calls `visit` with what is stored under `key` if it is here; the view is valid during the
    /// call. `visit` must not read here.
    Found read(std::string_view key, model::FunctionRef<void(BytesView)> visit) const;
    /// Has the processor fetch what `read` of these keys will look at. Waits for nothing.
    void foresee(std::span<const std::string_view> keys) const;

    /// To be taken before the disk is read.
    using Moment = storage::Moment;
    Moment now() const { return changes_.load(); }
    /// What a read that missed found on the disk after `moment`. Kept if there is room, or if the
    /// key missed before, lately: what is asked for once shall not push out what is asked for
    /// often. Waits for nobody.
    void offer(std::string_view key, BytesView stored, Moment moment);

    enum class Filled : std::uint8_t {
        kKept,
        kNoRoom,
        kChanged,  // what was read is old, perhaps: read it again
    };
    /// The same with something that nobody asked for.
    Filled fill(std::string_view key, BytesView stored, Moment moment);
    /// Around a walk over the disk that fills in all that it finds, or finds changed and reads
    /// again.
    void begin_walk();
    void end_walk();

    /// The disk is going to be changed under `key`; it has been, and `stored` is there now
    /// (nothing: erased, or unknown). One change of a key at a time. A change that fails need not
    /// end: its key is then never kept again.
    void begin_change(std::string_view key);
    void end_change(std::string_view key, std::optional<BytesView> stored);
    /// The same for all keys at once.
    void begin_replacement();
    void end_replacement();

    struct Counts {
        std::uint64_t records = 0;
        std::uint64_t bytes = 0;  // of memory, as far as it has been used
        std::uint64_t bytes_max = 0;
        std::uint64_t hits = 0;  // reads that the disk was not asked for
        std::uint64_t misses = 0;
    };
    Counts counts() const;

  private:
    struct Shard;

    HotRecords(std::unique_ptr<ZeroMemory> memory, std::uint64_t bytes,
               std::uint64_t bytes_of_slot);

    Shard& shard_of(std::uint64_t hash) const;
    /// Remembers that it missed, and says whether it did before.
    bool missed_before(std::uint64_t hash);

    const std::unique_ptr<ZeroMemory> memory_;
    const std::uint64_t bytes_;
    mutable Readers readers_;
    std::vector<std::unique_ptr<Shard>> shards_;
    std::span<std::uint16_t> missed_;  // tags of keys
    std::atomic<Moment> changes_{0};
};

}  // namespace idnode::storage
