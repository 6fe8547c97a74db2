#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "proto/base/result.h"
#include "proto/handle/stream.h"
#include "registry/model/change.h"

namespace idnode::mirror {

/// The values of a stream as a store takes them. kInvalid, kLimit: no store of ours could hold
/// them; the detail names the handle.
Result<Bytes> stored_values(const std::string& handle, std::vector<handle::Value> values);

/// Transactions gathered for one commit.
class ChangeBatch {
  public:
    explicit ChangeBatch(model::SuffixCase suffix_case) : suffix_case_(suffix_case) {}

    Result<void> add(handle::Transaction transaction);
    /// Enough for a commit: few flushes, bounded memory.
    bool is_full() const;
    std::size_t size() const { return change_.edits.size(); }
    /// What was gathered; the batch is empty again.
    model::Change take(std::string who);

  private:
    const model::SuffixCase suffix_case_;
    model::Change change_;
    std::size_t bytes_ = 0;
};

}  // namespace idnode::mirror
