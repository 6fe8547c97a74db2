#include "resolver/net/pool.h"

#include <algorithm>
#include <utility>

#include "resolver/net/scheduling.h"

namespace idnode::resolver {
namespace {

unsigned signing_max(unsigned threads) {
    return std::max(2U, std::min(threads, std::thread::hardware_concurrency())) - 1;
}

}  // namespace

StoragePool::StoragePool(const EngineContext& context, unsigned threads, std::size_t queue_max)
    : queue_max_(queue_max), signing_max_(signing_max(threads)) {
    threads_.reserve(threads);
    for (unsigned i = 0; i < threads; ++i) {
        threads_.emplace_back([this, &context] { work(context); });
    }
}

bool StoragePool::submit(Job job, Kind kind) {
    {
        const std::scoped_lock lock(mutex_);
        if (stopped_ || reads_.size() + signatures_.size() >= queue_max_) return false;
        (kind == Kind::kSigns ? signatures_ : reads_).push_back(std::move(job));
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
        wake_.wait(lock, [this] { return stopped_ || !reads_.empty() || may_sign(); });
        const bool signs = reads_.empty();
        // What still waits to be signed is done by those that sign.
        if (signs && !may_sign()) return;
        std::deque<Job>& queue = signs ? signatures_ : reads_;
        const Job job = std::move(queue.front());
        queue.pop_front();
        signing_ += signs ? 1 : 0;
        lock.unlock();
        job(engine);
        if (signs) std::this_thread::yield();  // lookups may have come to this core meanwhile
        lock.lock();
        signing_ -= signs ? 1 : 0;
    }
}

}  // namespace idnode::resolver
