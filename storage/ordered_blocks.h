#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "proto/base/result.h"
#include "storage/sorted_runs.h"

namespace idnode::storage {

/// Records that come in the order of their keys already: threads bring blocks of them, numbered
/// from 0 and at their own pace, and one thread reads them in the order of the numbers while they
/// come. Nothing is kept, so that such a load takes neither memory nor disk for sorting.
class OrderedBlocks {
  public:
    using Block = std::unique_ptr<RunChunk>;

    /// An empty one.
    Block take();
    /// Waits while the reader is too far behind. Fails where reading did.
    Result<void> put(std::uint64_t number, Block block);
    /// So many blocks have been brought, and no more will come.
    void end(std::uint64_t count);
    /// Nobody waits any longer: who reads and who brings gets the error.
    void fail(Error error);

    /// For one merge. Fails as well where a key is not above the one before: see `is_out_of_order`.
    std::unique_ptr<RunSource> source();
    bool is_out_of_order() const { return out_of_order_; }

  private:
    class Source;

    /// The block that follows, null at the end. `spent` may be null.
    Result<Block> next(Block spent);
    Error out_of_order();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::uint64_t, Block> waiting_;
    std::vector<Block> spare_;  // read ones, for their memory
    std::uint64_t next_ = 0;
    std::optional<std::uint64_t> count_;
    std::optional<Error> failed_;
    bool out_of_order_ = false;  // of the thread that reads
};

}  // namespace idnode::storage
