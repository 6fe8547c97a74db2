#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/model/ports.h"
#include "storage/stripe.h"
#include "storage/table_reads.h"
#include "storage/zero_memory.h"

namespace idnode::storage {

/// Where stored records lie in the table files: 16 octets each instead of a search through RocksDB.
/// Readers take no lock.
///
/// A key is known by 48 bits of its SipHash, with a key of the process that nobody else knows, and
/// by the two buckets that other bits of it choose: that a lookup meets a foreign entry has a
/// chance of less than one in 2^60, and nobody can make it happen.
///
/// Of records whose place cannot be known it is kept that they are there. So once a walk has met
/// all that the disk holds, what has no entry is not there either. Who begins a change announces it
/// in the stripe before the entry leaves, who ends one does so after the new one is in, and a
/// bucket says for good that it forgot something before that leaves. So who finds nothing believes
/// that only of buckets which forgot nothing, if the stripe was at rest, and if after the look
/// neither its word nor the buckets' versions nor the number of replacements has changed.
///
/// Never a stale answer, for the reason that hot_records.h gives: between the beginning and the end
/// of a change nothing is learned under its key, and what was found on the disk before a change is
/// not learned after it. What compaction moves stays readable where it was until that file is
/// closed; then its number means nothing any more.
class Places {
  public:
    /// Longer stored records are not learned, nor those further behind in a file.
    static constexpr std::uint32_t kStoredBytesMax = (1U << 12U) - 1;
    static constexpr std::uint32_t kOffsetMax = (1U << 30U) - 1;

    /// Address space for `bytes`; memory is taken as it fills. kLimit: there is not so much.
    static Result<std::unique_ptr<Places>> make(std::uint64_t bytes,
                                                std::shared_ptr<OpenTables> tables);
    ~Places();
    Places(const Places&) = delete;
    Places& operator=(const Places&) = delete;

    enum class Found : std::uint8_t {
        kRecord,
        kOnDisk,   // it is known where, and that it is not in memory
        kAbsent,   // there is none
        kUnknown,  // the store must be asked
    };
    /// Calls `visit` with the octets that lie in the file; they are valid during the call.
    Found read(std::string_view key, Bytes& scratch,
               model::FunctionRef<void(BytesView)> visit) const;
    /// Has the processor fetch what `read` of these keys will look at. Waits for nothing.
    void foresee(std::span<const std::string_view> keys) const;

    /// To be taken before the store is asked.
    Moment now() const { return changes_.load(); }
    /// Where what the store gave after `moment` lies. Another one is forgotten where there is no
    /// room. Nothing is kept before the first walk begins.
    void learn(std::string_view key, const TablePlace& place, Moment moment);
    bool is_used() const { return is_used_.load(std::memory_order_relaxed); }
    /// Around a walk over all that the disk holds, which learns of each record where it is and
    /// tells that it is there.
    void begin_walk();
    void end_walk();
    void tell(std::string_view key);

    /// The store is going to be changed under `key`; it has been, and holds something there or not.
    /// A change that fails need not end.
    void begin_change(std::string_view key);
    void end_change(std::string_view key, bool is_there);
    /// The same for all keys at once.
    void begin_replacement();
    void end_replacement();

    std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
    /// So many fit in without forgetting one.
    std::uint64_t room() const;
    std::uint64_t hits() const { return tables_->readers().counts().hits; }

  private:
    struct Hash;
    class Bucket;
    struct Group;
    /// Of a file's number, an offset and a count, in one word.
    using Word = std::uint64_t;
    static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

    Places(std::unique_ptr<ZeroMemory> memory, std::shared_ptr<OpenTables> tables);

    Hash hash_of(std::string_view key) const;
    std::array<Bucket*, 2> buckets_of(const Hash& hash) const;
    Word find(const Hash& hash) const;
    bool lacks(const Hash& hash) const;
    Group& group_of(const Hash& hash) const;
    void put(const Hash& hash, Word word);
    void remove(const Hash& hash);

    const std::unique_ptr<ZeroMemory> memory_;
    const std::shared_ptr<OpenTables> tables_;
    const std::span<Bucket> buckets_;
    const std::unique_ptr<Group[]> groups_;
    std::array<unsigned char, 16> secret_{};
    std::atomic<Moment> changes_{0};
    std::atomic<std::uint64_t> count_{0};
    std::atomic<bool> is_used_{false};
    std::atomic<std::uint64_t> replacements_{0};
    std::uint64_t replacements_before_walk_ = 0;
    std::atomic<std::uint64_t> complete_at_{kNever};  // of the replacements
};

}  // namespace idnode::storage
