#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "registry/model/ports.h"
#include "resolver/engine/context.h"

namespace idnode::tools {

/// The values of `0.SITE/status` (§4.9): memory, time since the start and requests served, as the
/// reference server writes them. Thread-safe.
class StatusValues final : public resolver::StatusSource {
  public:
    /// `requests`: how many were taken so far; called from any thread.
    explicit StatusValues(std::function<std::uint64_t()> requests)
        : requests_(std::move(requests)) {}
    std::vector<handle::Value> values() const override;

  private:
    const std::function<std::uint64_t()> requests_;
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace idnode::tools
