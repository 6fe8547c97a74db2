#include "storage/object_cursor.h"

#include <rocksdb/db.h>

#include "storage/codec.h"

namespace idnode::storage {
namespace {

/// A store that lacks the table's family has no objects of it.
class RocksObjectCursor final : public model::ObjectCursor {
  public:
    RocksObjectCursor(const RocksDb& rocks, model::Table table)
        : rocks_(rocks),
          lower_(object_key(table, {})),
          upper_(key_after_prefix(lower_)),
          lower_slice_(to_slice(lower_)),
          upper_slice_(to_slice(upper_)) {
        if (!rocks.has(family_of(table))) return;
        rocksdb::ReadOptions options;
        options.iterate_lower_bound = &lower_slice_;
        if (!upper_.empty()) options.iterate_upper_bound = &upper_slice_;
        iterator_.reset(rocks.db().NewIterator(options, rocks.family(family_of(table))));
    }

    Result<bool> seek(std::string_view key) override {
        if (!iterator_) return false;
        iterator_->Seek(to_slice(place_of(key)));
        return arrived();
    }
    Result<bool> seek_before(std::string_view key) override {
        if (!iterator_) return false;
        if (key.empty()) {
            iterator_->SeekToLast();
            return arrived();
        }
        iterator_->SeekForPrev(to_slice(place_of(key)));
        if (iterator_->Valid() && iterator_->key() == to_slice(place_)) iterator_->Prev();
        return arrived();
    }
    Result<bool> next() override {
        iterator_->Next();
        return arrived();
    }
    Result<bool> previous() override {
        iterator_->Prev();
        return arrived();
    }
    std::string_view key() const override { return iterator_->key().ToStringView().substr(1); }
    BytesView value() const override { return value_; }

  private:
    const std::string& place_of(std::string_view key) {
        place_.assign(1, lower_.front());
        place_.append(key);
        return place_;
    }
    Result<bool> arrived() {
        if (!iterator_->Valid()) {
            if (!iterator_->status().ok()) {
                return rocks_.error("reading objects", iterator_->status());
            }
            return false;
        }
        auto value =
            decode_object_value(iterator_->key().ToStringView(), to_bytes_view(iterator_->value()));
        if (!value) return std::move(value).error();
        value_ = *value;
        return true;
    }

    const RocksDb& rocks_;
    const std::string lower_;
    const std::string upper_;
    const rocksdb::Slice lower_slice_;
    const rocksdb::Slice upper_slice_;
    std::unique_ptr<rocksdb::Iterator> iterator_;
    std::string place_;
    BytesView value_;
};

}  // namespace

std::unique_ptr<model::ObjectCursor> walk_objects_of(const RocksDb& rocks, model::Table table) {
    return std::make_unique<RocksObjectCursor>(rocks, table);
}

}  // namespace idnode::storage
