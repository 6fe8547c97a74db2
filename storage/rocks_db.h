#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/model/ports.h"
#include "storage/keys.h"
#include "storage/packing.h"
#include "storage/stores.h"
#include "storage/table_reads.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Env;
class Slice;
class Status;
struct Options;
}  // namespace rocksdb

/// What the files of the RocksDB engine share; nothing outside storage/ and its tests includes
/// this.
namespace idnode::storage {

/// Beginning of the names of bulk loads' temporary folders inside the data folder.
inline constexpr std::string_view kImportFolder = ".import-";

/// An open database and its column families, closed in the right order.
class RocksDb {
  public:
    /// `env`: null for the machine's own files; tests pass one that fails or forgets.
    static Result<std::unique_ptr<RocksDb>> open(const RocksOptions& options,
                                                 const model::Clock& clock, rocksdb::Env* env);
    ~RocksDb();
    RocksDb(const RocksDb&) = delete;
    RocksDb& operator=(const RocksDb&) = delete;

    rocksdb::DB& db() const { return *db_; }
    rocksdb::ColumnFamilyHandle* family(Family family) const {
        return families_[static_cast<std::size_t>(family)];
    }
    /// False only for the objects of a store of format 1 that is opened to read.
    bool has(Family family) const { return this->family(family) != nullptr; }
    /// Options with which a sorted file for `family` is written; of packed records plain.
    rocksdb::Options file_options(Family family, bool packed) const;
    const std::filesystem::path& dir() const { return dir_; }
    const Dictionaries& dictionaries() const { return dictionaries_; }
    /// Null: the files are those of a test.
    const std::shared_ptr<OpenTables>& tables() const { return tables_; }
    /// On stable storage when it returns; null: there are as many as there can be.
    Result<const Dictionary*> add_dictionary(BytesView octets);

    /// What RocksDB said, while `doing`, in our terms: which folder, what to do.
    Error error(std::string_view doing, const rocksdb::Status& status) const;

  private:
    RocksDb(std::filesystem::path dir, bool read_only);

    Result<void> read_dictionaries();
    Result<void> stop_compressing_records();

    std::filesystem::path dir_;
    bool read_only_;
    std::unique_ptr<rocksdb::Env> env_;   // null: that of a test
    std::shared_ptr<OpenTables> tables_;  // null with that
    std::unique_ptr<rocksdb::DB> db_;
    std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> families_{};
    Dictionaries dictionaries_;
    std::mutex adding_dictionary_;
};

Error rocks_error(const std::filesystem::path& dir, std::string_view doing,
                  const rocksdb::Status& status);
rocksdb::Slice to_slice(std::string_view text);
rocksdb::Slice to_slice(BytesView bytes);
BytesView to_bytes_view(const rocksdb::Slice& slice);

/// `open_rocks_store` on other files than the machine's.
Result<std::unique_ptr<model::RecordStore>> open_rocks_store_on(const RocksOptions& options,
                                                                const model::Clock& clock,
                                                                rocksdb::Env* env);

}  // namespace idnode::storage
