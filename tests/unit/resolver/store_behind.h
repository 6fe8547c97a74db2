#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "registry/model/ports.h"

namespace idnode::test {

/// A store that does what the one behind it does, for tests that change a part of that.
class StoreBehind : public model::RecordStore {
  public:
    explicit StoreBehind(std::unique_ptr<model::RecordStore> real) : real_(std::move(real)) {}
    Result<model::Lookup> read(
        std::string_view key, model::ReadTier tier,
        model::FunctionRef<void(const model::RecordView&)> visit) const override {
        return real_->read(key, tier, visit);
    }
    void foresee(std::span<const std::string_view> keys) const override { real_->foresee(keys); }
    std::unique_ptr<model::RecordCursor> scan(std::string_view prefix,
                                              std::string_view after) const override {
        return real_->scan(prefix, after);
    }
    const model::PrefixBoard& prefixes() const override { return real_->prefixes(); }
    Result<model::Committed> commit(const model::Change& change) override {
        return real_->commit(change);
    }
    model::PartitionId partition_of(std::string_view key) const override {
        return real_->partition_of(key);
    }
    std::size_t partition_count() const override { return real_->partition_count(); }
    bool is_atomic(std::span<const std::string_view> keys) const override {
        return real_->is_atomic(keys);
    }
    Result<std::optional<model::StoredObject>> read_object(model::Table table,
                                                           std::string_view key) const override {
        return real_->read_object(table, key);
    }
    Result<std::vector<model::StoredObject>> scan_objects(model::Table table,
                                                          std::string_view key_prefix,
                                                          std::string_view after_key,
                                                          std::size_t count_max) const override {
        return real_->scan_objects(table, key_prefix, after_key, count_max);
    }
    std::unique_ptr<model::ObjectCursor> walk_objects(model::Table table) const override {
        return real_->walk_objects(table);
    }
    Result<std::optional<model::RecordView>> before_image(
        const model::LogEntry& entry) const override {
        return real_->before_image(entry);
    }
    Result<std::vector<model::LogEntry>> read_log(model::PartitionId partition,
                                                  model::TransactionId after,
                                                  std::size_t count_max) const override {
        return real_->read_log(partition, after, count_max);
    }
    Result<model::StoreCounts> counts() const override { return real_->counts(); }
    Result<Bytes> mirror_state() const override { return real_->mirror_state(); }
    Result<std::unique_ptr<model::Replacement>> begin_replacement(std::string who) override {
        return real_->begin_replacement(std::move(who));
    }
    Result<std::string> back_up() override { return real_->back_up(); }

  private:
    std::unique_ptr<model::RecordStore> real_;
};

}  // namespace idnode::test
