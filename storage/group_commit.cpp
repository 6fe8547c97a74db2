#include "storage/group_commit.h"

#include <utility>

namespace idnode::storage {

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
        alone = !std::exchange(busy_, true);
        if (alone) waiting_.reset();
    }
    if (alone) {
        write(*group);
        hand_over();
    } else {
        std::unique_lock lock(group->mutex);
        group->is_done.wait(lock, [&] { return group->done; });
    }
    return std::move(group->entries[place].result);
}

void GroupCommit::write(Group& group) {
    write_(group.entries);
    {
        const std::scoped_lock lock(group.mutex);
        group.done = true;
    }
    group.is_done.notify_all();
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
        while (const std::shared_ptr<Group> group = std::exchange(waiting_, nullptr)) {
            lock.unlock();
            write(*group);
            lock.lock();
        }
        busy_ = false;
    }
}

}  // namespace idnode::storage
