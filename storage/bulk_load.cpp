#include "storage/bulk_load.h"

#include <utility>

#include "storage/loader.h"

namespace idnode::storage {
namespace {

class RocksAdder final : public BulkLoad::Adder {
  public:
    explicit RocksAdder(Loader& loader) : adder_(loader) {}
    Result<void> add(std::string_view handle, model::SuffixCase suffix_case, BytesView values,
                     std::uint64_t order) override {
        return adder_.add(handle, suffix_case, values, order);
    }

  private:
    Loader::Adder adder_;
};

class RocksBlockAdder final : public BulkLoad::BlockAdder {
  public:
    explicit RocksBlockAdder(Loader& loader) : adder_(loader) {}
    Result<void> add(std::string_view handle, model::SuffixCase suffix_case, BytesView values,
                     std::uint64_t order) override {
        return adder_.add(handle, suffix_case, values, order);
    }
    Result<void> end_block(std::uint64_t number) override { return adder_.end_block(number); }

  private:
    Loader::BlockAdder adder_;
};

class RocksBulkLoad final : public BulkLoad {
  public:
    RocksBulkLoad(std::unique_ptr<RocksStore> store, std::unique_ptr<Loader> loader)
        : store_(std::move(store)), loader_(std::move(loader)) {}

    Result<void> learn(std::span<const Bytes> records) override { return loader_->learn(records); }
    Result<void> add(std::string_view handle, model::SuffixCase suffix_case, BytesView values,
                     std::uint64_t order) override {
        return loader_->add(handle, suffix_case, values, order);
    }
    std::unique_ptr<Adder> adder() override { return std::make_unique<RocksAdder>(*loader_); }
    std::unique_ptr<BlockAdder> block_adder() override {
        return std::make_unique<RocksBlockAdder>(*loader_);
    }
    void end_blocks(std::uint64_t count) override { loader_->blocks().end(count); }
    void fail_blocks(Error error) override { loader_->blocks().fail(std::move(error)); }
    bool is_out_of_order() const override { return loader_->is_out_of_order(); }
    Result<void> home(std::string_view prefix_handle, model::SuffixCase suffix_case) override {
        return loader_->home(prefix_handle, suffix_case);
    }
    const model::RecordStore& store() const override { return *store_; }

    Result<BulkCounts> finish(
        const std::function<void(std::uint64_t, std::uint64_t)>& progress) override {
        const auto counts = loader_->finish(progress);
        if (!counts) return counts.error();
        return BulkCounts{counts->created, counts->replaced, counts->unchanged, counts->homed};
    }

  private:
    const std::unique_ptr<RocksStore> store_;
    const std::unique_ptr<Loader> loader_;
};

}  // namespace

Result<std::unique_ptr<BulkLoad>> BulkLoad::begin(const Options& options,
                                                  const model::Clock& clock) {
    if (options.store.read_only) {
        return Error{Errc::kInvalid,
                     options.store.dir.string() + ": an import needs the store opened for writing"};
    }
    auto store = RocksStore::open(options.store, clock, nullptr);
    if (!store) return store.error();
    auto loader = Loader::begin({Loader::Mode::kAdd, options.who, options.memory_bytes}, **store);
    if (!loader) return loader.error();
    return std::unique_ptr<BulkLoad>(
        std::make_unique<RocksBulkLoad>(*std::move(store), *std::move(loader)));
}

}  // namespace idnode::storage
