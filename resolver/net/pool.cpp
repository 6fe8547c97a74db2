#include "resolver/net/pool.h"

#include <utility>

#include "resolver/net/scheduling.h"

namespace idnode::resolver {
StoragePool::StoragePool(const EngineContext& context, unsigned threads, std::size_t queue_max)
    : queue_max_(queue_max) {
    threads_.reserve(threads);
    for (unsigned i = 0; i < threads; ++i) {
        threads_.emplace_back([this, &context] { work(context); });
    }
}

bool StoragePool::submit(Job job) {
    {
        const std::scoped_lock lock(mutex_);
        if (stopped_ || queue_.size() >= queue_max_) return false;
        queue_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
}

void StoragePool::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopped_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

void StoragePool::work(const EngineContext& context) {
    give_way();
    Engine engine(context);
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
        if (queue_.empty()) return;
        const Job job = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        job(engine);
        lock.lock();
    }
}

}  // namespace idnode::resolver
