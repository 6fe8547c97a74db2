#include "storage/group_commit.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <utility>

namespace idnode::storage {

namespace {

// At most, for those of the last group to come again: half of what a flush takes on a fast disk.
constexpr std::chrono::microseconds kGather{50};
/// No longer than until there are so many: then a flush costs each of them little, and others can
/// come while it is under way.
constexpr std::size_t kGatheredMax = 32;

}  // namespace

/// Whoever is woken first wakes the others: the committer goes on with the next group meanwhile.
void GroupCommit::Gate::open() {
    state_.store(kOpen, std::memory_order_release);
    wake(1);
}

void GroupCommit::Gate::wait() {
    static_assert(sizeof state_ == sizeof(std::uint32_t) && decltype(state_)::is_always_lock_free);
    while (state_.load(std::memory_order_acquire) == kShut) {
        ::syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, kShut, nullptr, nullptr, 0);
    }
    std::uint32_t open = kOpen;
    if (state_.compare_exchange_strong(open, kAllWoken, std::memory_order_acq_rel)) wake(INT_MAX);
}

void GroupCommit::Gate::wake(int count) {
    ::syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

GroupCommit::GroupCommit(Write write) : write_(std::move(write)), committer_([this] { run(); }) {}

GroupCommit::~GroupCommit() {
    {
        const std::scoped_lock lock(mutex_);
        stop_ = true;
    }
    wake_.notify_one();
    committer_.join();
}

Result<model::Committed> GroupCommit::commit(const model::Change& change) {
    std::shared_ptr<Group> group;
    std::size_t place = 0;
    bool alone = false;
    {
        const std::scoped_lock lock(mutex_);
        if (!waiting_) waiting_ = std::make_shared<Group>();
        group = waiting_;
        place = group->entries.size();
        group->entries.push_back({&change});
        alone = !busy_ && expected_ <= 1;
        if (alone) {
            busy_ = true;
            waiting_.reset();
        } else {
            call_committer(group->entries.size());
        }
    }
    if (alone) {
        write(*group);
        hand_over();
    } else {
        group->done.wait();
    }
    return std::move(group->entries[place].result);
}

void GroupCommit::call_committer(std::size_t size) {
    const bool is_idle = !busy_;
    if (is_idle) busy_ = handed_over_ = true;
    if (is_idle || size == expected_) wake_.notify_one();
}

void GroupCommit::write(Group& group) {
    write_(group.entries);
    group.done.open();
}

void GroupCommit::hand_over() {
    {
        const std::scoped_lock lock(mutex_);
        busy_ = waiting_ != nullptr;
        handed_over_ = busy_;
        if (!busy_) return;
    }
    wake_.notify_one();
}

void GroupCommit::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stop_ || handed_over_; });
        if (!handed_over_) return;
        handed_over_ = false;
        while (waiting_) {
            wake_.wait_for(lock, kGather,
                           [this] { return stop_ || waiting_->entries.size() >= expected_; });
            const std::shared_ptr<Group> group = std::exchange(waiting_, nullptr);
            expected_ = std::min(group->entries.size(), kGatheredMax);
            lock.unlock();
            write(*group);
            lock.lock();
        }
        busy_ = false;
    }
}

}  // namespace idnode::storage
