#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/model/change.h"
#include "storage/stores.h"

namespace idnode::storage {

struct BulkCounts {
    std::uint64_t created = 0;
    std::uint64_t replaced = 0;
    std::uint64_t unchanged = 0;
    std::uint64_t homed = 0;
};

/// Loads millions of records into a store that no other process has open, by sorted files that are
/// ingested at the end in one atomic step together with their log entries: until `finish` has
/// returned the store is as it was, and after it everything is there, on stable storage. A handle
/// that comes twice: the one with the higher order counts. Memory stays bounded (about
/// `memory_bytes`); the rest is spilled to sorted runs in a temporary folder inside the data
/// folder, which the next opening removes. Not thread-safe, except that `add` may be called from
/// several threads.
class BulkLoad {
  public:
    struct Options {
        RocksOptions store;
        std::uint64_t memory_bytes = 1ULL << 30U;
        std::string who = "import";
    };

    static Result<std::unique_ptr<BulkLoad>> begin(const Options& options,
                                                   const model::Clock& clock);
    virtual ~BulkLoad() = default;

    /// Values of records from all over the source, before the first is added: what they have in
    /// common makes the stored records shorter. Without it the first records stand for all.
    virtual Result<void> learn(std::span<const Bytes> records) = 0;
    /// `values` from `encode_record_values`, or the same octets made elsewhere. A timestamp of 0 is
    /// kept as it is: an import carries the timestamps of its source. `order`: where the record
    /// stands in the source, so that threads may add in any order; no two with one handle share it.
    virtual Result<void> add(std::string_view handle, model::SuffixCase suffix_case,
                             BytesView values, std::uint64_t order) = 0;
    /// The same for one thread that adds many: it shares nothing with others until it is gone,
    /// which it must be before `finish`.
    class Adder {
      public:
        virtual ~Adder() = default;
        virtual Result<void> add(std::string_view handle, model::SuffixCase suffix_case,
                                 BytesView values, std::uint64_t order) = 0;
    };
    virtual std::unique_ptr<Adder> adder() = 0;

    /// For a source that is in the order of keys already, each key once: its blocks are numbered
    /// from 0, each is added by one thread, and none is kept. `finish` is called while they come,
    /// by another thread.
    class BlockAdder : public Adder {
      public:
        /// The block with this number has been added. Waits while writing is behind.
        virtual Result<void> end_block(std::uint64_t number) = 0;
    };
    /// After `learn`.
    virtual std::unique_ptr<BlockAdder> block_adder() = 0;
    /// One of both ends what `finish` waits for: all blocks are there, or the load is given up.
    virtual void end_blocks(std::uint64_t count) = 0;
    virtual void fail_blocks(Error error) = 0;
    /// Whether `finish` failed because the blocks were not in order: there is nothing wrong with
    /// their records.
    virtual bool is_out_of_order() const = 0;
    virtual Result<void> home(std::string_view prefix_handle, model::SuffixCase suffix_case) = 0;

    /// What the store held before the load began.
    virtual const model::RecordStore& store() const = 0;

    /// `progress(done, total)` is called now and then, in records.
    virtual Result<BulkCounts> finish(
        const std::function<void(std::uint64_t, std::uint64_t)>& progress) = 0;
};

}  // namespace idnode::storage
