#include "storage/ordered_blocks.h"

#include <utility>

namespace idnode::storage {
namespace {

/// Untouched room costs nothing: most blocks of an import never grow.
constexpr std::size_t kBlockBytes = 1U << 20U;
/// Enough that nobody waits while a file is synced.
constexpr std::uint64_t kBlocksAhead = 12;

}  // namespace

class OrderedBlocks::Source final : public RunSource {
  public:
    explicit Source(OrderedBlocks& blocks) : blocks_(blocks) {}

    Result<bool> advance() override {
        while (block_ == nullptr || at_ == block_->count()) {
            if (block_ != nullptr && !block_->is_empty()) last_key_ = entry_.key;
            auto next = blocks_.next(std::move(block_));
            if (!next) return next.error();
            if (*next == nullptr) return false;
            block_ = *std::move(next);
            at_ = 0;
        }
        const RunEntry next = block_->at(at_);
        if (next.key <= (at_ == 0 ? std::string_view(last_key_) : entry_.key)) {
            return blocks_.out_of_order();
        }
        ++at_;
        entry_ = next;
        return true;
    }

  private:
    OrderedBlocks& blocks_;
    Block block_;
    std::size_t at_ = 0;
    std::string last_key_;  // of the block before
};

OrderedBlocks::Block OrderedBlocks::take() {
    {
        const std::scoped_lock lock(mutex_);
        if (!spare_.empty()) {
            Block out = std::move(spare_.back());
            spare_.pop_back();
            return out;
        }
    }
    return std::make_unique<RunChunk>(kBlockBytes);
}

Result<void> OrderedBlocks::put(std::uint64_t number, Block block) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failed_ || number < next_ + kBlocksAhead; });
    if (failed_) return *failed_;
    waiting_.emplace(number, std::move(block));
    changed_.notify_all();
    return {};
}

void OrderedBlocks::end(std::uint64_t count) {
    const std::scoped_lock lock(mutex_);
    count_ = count;
    changed_.notify_all();
}

void OrderedBlocks::fail(Error error) {
    const std::scoped_lock lock(mutex_);
    if (!failed_) failed_ = std::move(error);
    changed_.notify_all();
}

Result<OrderedBlocks::Block> OrderedBlocks::next(Block spent) {
    std::unique_lock lock(mutex_);
    if (spent != nullptr) {
        spent->clear();
        spare_.push_back(std::move(spent));
    }
    changed_.wait(lock, [&] { return failed_ || waiting_.contains(next_) || count_ == next_; });
    if (failed_) return *failed_;
    if (count_ == next_) return Block();
    Block out = std::move(waiting_.extract(next_++).mapped());
    changed_.notify_all();
    return out;
}

Error OrderedBlocks::out_of_order() {
    out_of_order_ = true;
    return {Errc::kInvalid, "the records do not come in the order of their keys"};
}

std::unique_ptr<RunSource> OrderedBlocks::source() {
    return std::make_unique<Source>(*this);
}

}  // namespace idnode::storage
