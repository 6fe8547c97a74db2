#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "resolver/engine/engine.h"

namespace idnode::resolver {

/// The threads on which an engine may read the disk and sign. The queue is bounded. Jobs that sign
/// leave one core to lookups, and a thread to jobs that only read.
class StoragePool {
  public:
    using Job = std::function<void(Engine&)>;
    enum class Kind : std::uint8_t { kReads, kSigns };

    StoragePool(const EngineContext& context, unsigned threads, std::size_t queue_max);
    ~StoragePool() { stop(); }

    /// False when the queue is full or the pool has stopped: the caller answers "busy".
    bool submit(Job job, Kind kind = Kind::kReads);
    /// Carries out what is queued and joins the threads.
    void stop();

  private:
    void work(const EngineContext& context);
    bool may_sign() const { return !signatures_.empty() && signing_ < signing_max_; }

    const std::size_t queue_max_;
    const unsigned signing_max_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> reads_;
    std::deque<Job> signatures_;
    unsigned signing_ = 0;  // jobs of that kind at work
    bool stopped_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace idnode::resolver
