#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "proto/base/result.h"
#include "registry/model/change.h"
#include "registry/model/ports.h"

namespace idnode::storage {

/// Puts the changes of concurrent writers into groups, so that they share one flush: while a group
/// is being written, all that arrive wait and form the next. Whoever was in a group usually comes
/// again: the next one waits a moment until it is as large, if that is not very many, so that the
/// first to come does not flush for itself alone while the others wait for that. A writer that
/// finds nobody at work, and was not preceded by a group, writes at once in its own thread: a lone
/// writer pays for no thread switch.
class GroupCommit {
  public:
    struct Entry {
        const model::Change* change = nullptr;
        Result<model::Committed> result{};
    };
    /// Writes a group and fills in the results. Never called by two threads at a time.
    using Write = std::function<void(std::span<Entry>)>;

    explicit GroupCommit(Write write);
    /// No call of `commit` may be under way.
    ~GroupCommit();
    GroupCommit(const GroupCommit&) = delete;
    GroupCommit& operator=(const GroupCommit&) = delete;

    /// Returns when the change's group has been written. Thread-safe.
    Result<model::Committed> commit(const model::Change& change);

  private:
    /// Set once, for many that wait. A condition variable would have all whom it wakes queue for
    /// its mutex; an atomic that is waited for gives up the processor a few times in vain first.
    class Gate {
      public:
        void open();
        void wait();

      private:
        static constexpr std::uint32_t kShut = 0;
        static constexpr std::uint32_t kOpen = 1;
        static constexpr std::uint32_t kAllWoken = 2;
        void wake(int count);

        std::atomic<std::uint32_t> state_ = kShut;
    };
    struct Group {
        std::vector<Entry> entries;
        Gate done;
    };

    /// For the waiting group, which has just become `size` large. The mutex is held.
    void call_committer(std::size_t size);
    void write(Group& group);
    /// The calling thread stops writing; whoever waits is written by the committer thread.
    void hand_over();
    void run();

    Write write_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::shared_ptr<Group> waiting_;  // null: nobody waits
    bool busy_ = false;               // somebody writes; only then may a group wait
    bool handed_over_ = false;        // to the committer thread
    bool stop_ = false;
    std::size_t expected_ = 1;  // as many as the last group had, up to a limit
    std::thread committer_;     // last: it uses everything above
};

}  // namespace idnode::storage
