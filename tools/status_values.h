#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "registry/model/ports.h"
#include "resolver/engine/context.h"

namespace idnode::tools {

/// The values of `0.SITE/status` (§4.9): memory, time since the start, requests served and where
/// replication stands, as the reference server writes them, and what is kept in memory of the
/// store. Thread-safe.
class StatusValues final : public resolver::StatusSource {
  public:
    /// `requests`: how many were taken so far; `replication`: the JSON of value 3. Both are called
    /// from any thread.
    StatusValues(const model::RecordStore& store, std::function<std::uint64_t()> requests,
                 std::function<std::string()> replication)
        : store_(store), requests_(std::move(requests)), replication_(std::move(replication)) {}
    std::vector<handle::Value> values() const override;

  private:
    const model::RecordStore& store_;
    const std::function<std::uint64_t()> requests_;
    const std::function<std::string()> replication_;
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace idnode::tools
