#include "storage/record_cursor.h"

#include <rocksdb/db.h>

#include <optional>
#include <string>
#include <utility>

#include "storage/codec.h"
#include "storage/packing.h"

namespace idnode::storage {
namespace {

/// A scan that walks everything reads ahead this far; shorter ones let RocksDB decide.
constexpr std::size_t kWholeScanReadahead = 2U << 20U;

class RocksCursor final : public model::RecordCursor {
  public:
    RocksCursor(const RocksDb& rocks, std::string_view key_prefix, std::string_view after_key)
        : rocks_(rocks), upper_(key_after_prefix(key_prefix)), upper_slice_(upper_) {
        rocksdb::ReadOptions options;
        options.fill_cache = false;  // a dump must not push out what lookups need
        options.adaptive_readahead = true;
        if (key_prefix.empty()) options.readahead_size = kWholeScanReadahead;
        if (!upper_.empty()) options.iterate_upper_bound = &upper_slice_;
        iterator_.reset(rocks.db().NewIterator(options, rocks.family(Family::kRecords)));
        if (after_key < key_prefix || after_key.empty()) {
            iterator_->Seek(to_slice(key_prefix));
            return;
        }
        iterator_->Seek(to_slice(after_key));
        if (iterator_->Valid() && iterator_->key() == to_slice(after_key)) iterator_->Next();
    }

    Result<std::optional<model::RecordView>> next() override {
        // Moving on is put off until here: the view of the last call stays valid until this one.
        if (std::exchange(started_, true) && iterator_->Valid()) iterator_->Next();
        if (!iterator_->Valid()) {
            if (!iterator_->status().ok())
                return rocks_.error("reading records", iterator_->status());
            return std::optional<model::RecordView>{};
        }
        const std::string_view key = iterator_->key().ToStringView();
        const auto stored =
            unpack_record(key, to_bytes_view(iterator_->value()), rocks_.dictionaries(), unpacked_);
        if (!stored) return stored.error();
        const auto view = decode_record(key, *stored);
        if (!view) return view.error();
        return std::optional(*view);
    }

  private:
    const RocksDb& rocks_;
    Bytes unpacked_;
    std::string upper_;
    rocksdb::Slice upper_slice_;
    std::unique_ptr<rocksdb::Iterator> iterator_;
    bool started_ = false;
};

}  // namespace

std::unique_ptr<model::RecordCursor> scan_records_of(const RocksDb& rocks,
                                                     std::string_view key_prefix,
                                                     std::string_view after_key) {
    return std::make_unique<RocksCursor>(rocks, key_prefix, after_key);
}

}  // namespace idnode::storage
