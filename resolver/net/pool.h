#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "resolver/engine/engine.h"

namespace idnode::resolver {

/// The threads on which an engine may read the disk and sign. The queue is bounded.
class StoragePool {
  public:
    using Job = std::function<void(Engine&)>;

    StoragePool(const EngineContext& context, unsigned threads, std::size_t queue_max);
    ~StoragePool() { stop(); }

    /// False when the queue is full or the pool has stopped: the caller answers "busy".
    bool submit(Job job);
    /// Carries out what is queued and joins the threads.
    void stop();

  private:
    void work(const EngineContext& context);

    const std::size_t queue_max_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> queue_;
    bool stopped_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace idnode::resolver
