#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "registry/model/identifier.h"

namespace idnode::model {

/// The prefix handles and markers that are homed here (§1.4), folded, each with its setting.
/// Immutable once published.
class PrefixTable {
  public:
    /// `prefix_handle` in any case. Nothing when it is not homed.
    std::optional<SuffixCase> find(std::string_view folded_prefix_handle) const {
        const auto at = homed_.find(folded_prefix_handle);
        if (at == homed_.end()) return std::nullopt;
        return at->second;
    }
    bool contains(std::string_view folded_prefix_handle) const {
        return homed_.find(folded_prefix_handle) != homed_.end();
    }
    std::size_t size() const { return homed_.size(); }

    void add(std::string folded_prefix_handle, SuffixCase suffix_case) {
        homed_.insert_or_assign(std::move(folded_prefix_handle), suffix_case);
    }
    void remove(std::string_view folded_prefix_handle) {
        const auto at = homed_.find(folded_prefix_handle);
        if (at != homed_.end()) homed_.erase(at);
    }
    auto begin() const { return homed_.begin(); }
    auto end() const { return homed_.end(); }

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    std::unordered_map<std::string, SuffixCase, Hash, std::equal_to<>> homed_;
};

/// Where the current table hangs. The store publishes a new table at each change; readers look
/// through a `PrefixReader` of their own. Thread-safe.
class PrefixBoard {
  public:
    void publish(std::shared_ptr<const PrefixTable> table) {
        const std::scoped_lock lock(mutex_);
        table_ = std::move(table);
        version_.fetch_add(1, std::memory_order_release);
    }
    std::shared_ptr<const PrefixTable> current() const {
        const std::scoped_lock lock(mutex_);
        return table_;
    }
    std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const PrefixTable> table_ = std::make_shared<PrefixTable>();
    std::atomic<std::uint64_t> version_{1};
};

/// One thread's view of the board: one atomic read a lookup, no lock and no shared counter while
/// nothing changes. Not thread-safe.
class PrefixReader {
  public:
    explicit PrefixReader(const PrefixBoard& board) : board_(board) {}
    const PrefixTable& table() {
        const std::uint64_t now = board_.version();
        if (now != seen_) {
            table_ = board_.current();
            seen_ = now;
        }
        return *table_;
    }
    /// Of the table given last: another number for another table, never 0.
    std::uint64_t version() const { return seen_; }

  private:
    const PrefixBoard& board_;
    std::uint64_t seen_ = 0;
    std::shared_ptr<const PrefixTable> table_;
};

}  // namespace idnode::model
