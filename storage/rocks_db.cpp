#include "storage/rocks_db.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "proto/base/reader.h"
#include "proto/base/writer.h"
#include "storage/table_reads.h"

namespace idnode::storage {
namespace {

namespace fs = std::filesystem;

constexpr double kBloomBitsPerKey = 10;
constexpr double kMemtableBloomShare = 0.05;
constexpr std::size_t kBlockBytes = 4U << 10U;
constexpr std::uint32_t kTableFormat = 5;
constexpr std::uint64_t kTableFileBytes = 128U << 20U;
constexpr std::uint64_t kWalBytesMax = 256U << 20U;
constexpr std::size_t kInfoLogBytesMax = 4U << 20U;
constexpr std::size_t kInfoLogsKept = 4;
/// A running node may remove a file between the moment a reader learns of it and opens it.
constexpr int kReadOnlyAttempts = 10;

std::string missing_store_remedy() {
    return "; 'idnode init' creates a store";
}

rocksdb::BlockBasedTableOptions table_options(Family family,
                                              const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    if (!cache) table.no_block_cache = true;
    table.block_size = kBlockBytes;
    table.format_version = kTableFormat;
    table.checksum = rocksdb::kXXH3;
    // Index and filters stay in memory as long as their file is open (3.8 octets a record), so that
    // an absent identifier never waits for the disk.
    table.cache_index_and_filter_blocks = false;
    if (family == Family::kRecords || family == Family::kObjects) {
        table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
        table.whole_key_filtering = true;
    }
    return table;
}

rocksdb::ColumnFamilyOptions family_options(Family family,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::ColumnFamilyOptions options;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(family, cache)));
    options.compression = family == Family::kLog ? rocksdb::kZSTD : rocksdb::kLZ4Compression;
    options.target_file_size_base = kTableFileBytes;
    options.level_compaction_dynamic_level_bytes = true;
    if (family == Family::kRecords || family == Family::kObjects) {
        // What is not there, as each new identifier, is not looked for in memory either.
        options.memtable_whole_key_filtering = true;
        options.memtable_prefix_bloom_size_ratio = kMemtableBloomShare;
    }
    return options;
}

rocksdb::DBOptions db_options(const RocksOptions& options, rocksdb::Env* env) {
    rocksdb::DBOptions out;
    out.env = env;
    out.create_if_missing = options.create;
    out.create_missing_column_families = options.create;
    out.max_background_jobs = std::max(2, options.background_threads);
    out.max_open_files = -1;
    out.max_total_wal_size = kWalBytesMax;
    out.bytes_per_sync = 1U << 20U;           // spreads the writing of large files
    out.skip_stats_update_on_db_open = true;  // opening must not read from each file
    out.stats_dump_period_sec = 0;
    out.stats_persist_period_sec = 0;
    out.info_log_level = rocksdb::WARN_LEVEL;
    out.max_log_file_size = kInfoLogBytesMax;
    out.keep_log_file_num = kInfoLogsKept;
    return out;
}

bool is_lock_error(const rocksdb::Status& status) {
    const std::string text = status.ToString();
    return status.IsIOError() && (text.find("lock hold by current process") != std::string::npos ||
                                  text.find("While lock file") != std::string::npos);
}

/// Whether the folder holds files that only a database leaves behind.
bool has_database_files(const fs::path& dir) {
    std::error_code ignored;
    return std::ranges::any_of(fs::directory_iterator(dir, ignored), [](const auto& entry) {
        return entry.path().extension() == ".sst" ||
               entry.path().filename().string().starts_with("MANIFEST-");
    });
}

Result<void> check_new_folder(const fs::path& dir) {
    std::error_code failed;
    fs::create_directories(dir, failed);
    if (failed) {
        return Error{Errc::kStorage, dir.string() + ": cannot create the folder: " +
                                         failed.message() + "; create it or choose another"};
    }
    const bool is_empty = fs::is_empty(dir, failed);
    if (failed) {
        return Error{Errc::kStorage, dir.string() + ": cannot read the folder: " +
                                         failed.message() + "; check its permissions"};
    }
    if (!is_empty) {
        return Error{Errc::kInvalid,
                     dir.string() + ": the folder is not empty; a new store needs an empty one"};
    }
    return {};
}

Result<void> check_old_folder(const fs::path& dir) {
    std::error_code ignored;
    if (!fs::is_directory(dir, ignored)) {
        return Error{Errc::kInvalid,
                     dir.string() + ": there is no such folder" + missing_store_remedy()};
    }
    if (fs::exists(dir / "CURRENT", ignored)) return {};
    if (has_database_files(dir)) {
        return Error{Errc::kDamaged, dir.string() +
                                         ": the store is damaged: its file CURRENT is "
                                         "missing; restore the store from a backup"};
    }
    return Error{Errc::kInvalid,
                 dir.string() + ": the folder holds no store" + missing_store_remedy()};
}

Error foreign(const fs::path& dir) {
    return {Errc::kInvalid, dir.string() +
                                ": the folder holds a database of another program, or one whose "
                                "creation was interrupted; choose another folder, or remove it and "
                                "create the store again"};
}

Error newer_store(const fs::path& dir, std::uint32_t format) {
    return {Errc::kUnsupported, dir.string() + ": the store has format " + std::to_string(format) +
                                    ", this program knows formats up to " +
                                    std::to_string(kStoreFormat) +
                                    "; use the newer version of the program that wrote it"};
}

/// The store format in the meta family; a database without one is not ours.
Result<std::uint32_t> read_format(const fs::path& dir, rocksdb::DB& db) {
    std::string stored;
    const rocksdb::Status status =
        db.Get({}, db.DefaultColumnFamily(), to_slice(kMetaFormat), &stored);
    if (status.IsNotFound()) return foreign(dir);
    if (!status.ok()) return rocks_error(dir, "reading the store format", status);
    ByteReader in(as_bytes_view(stored));
    const auto format = in.finish(in.u32("format"));
    if (!format || *format == 0) return foreign(dir);
    if (*format > kStoreFormat) return newer_store(dir, *format);
    return *format;
}

/// A database with other families than ours: a newer store says so itself, anything else is
/// foreign.
Error explain_other_families(const fs::path& dir, const rocksdb::DBOptions& options) {
    std::unique_ptr<rocksdb::DB> db;
    rocksdb::DB* opened = nullptr;
    const rocksdb::Status status =
        rocksdb::DB::OpenForReadOnly(rocksdb::Options(options, {}), dir.string(), &opened);
    db.reset(opened);
    if (!status.ok()) return rocks_error(dir, "opening the store", status);
    auto format = read_format(dir, *db);
    return format ? foreign(dir) : std::move(format).error();
}

/// How many of our families are there: stores of older formats have fewer.
Result<std::size_t> count_families(const fs::path& dir, const rocksdb::DBOptions& options) {
    std::vector<std::string> names;
    const rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options, dir.string(), &names);
    if (!status.ok()) return rocks_error(dir, "opening the store", status);
    std::ranges::sort(names);
    for (const std::size_t count : {kFamilyCount, kFamilyCountOfFormat2, kFamilyCountOfFormat1}) {
        std::vector<std::string> ours(kFamilyNames.begin(), kFamilyNames.begin() + count);
        std::ranges::sort(ours);
        if (names == ours) return count;
    }
    return explain_other_families(dir, options);
}

Result<void> write_meta(const fs::path& dir, rocksdb::DB& db, const model::Clock& clock) {
    Bytes format;
    ByteWriter(format).u32(kStoreFormat);
    Bytes created;
    ByteWriter(created).u64(static_cast<std::uint64_t>(clock.now()));
    Bytes store_id;
    std::random_device random;
    while (store_id.size() < kStoreIdBytes) ByteWriter(store_id).u32(random());
    rocksdb::WriteBatch batch;
    for (const auto& [key, value] :
         {std::pair(kMetaFormat, &format), std::pair(kMetaCreated, &created),
          std::pair(kMetaStoreId, &store_id)}) {
        const rocksdb::Status put = batch.Put(to_slice(key), to_slice(BytesView(*value)));
        if (!put.ok()) return rocks_error(dir, "creating the store", put);
    }
    rocksdb::WriteOptions options;
    options.sync = true;
    const rocksdb::Status status = db.Write(options, &batch);
    if (!status.ok()) return rocks_error(dir, "creating the store", status);
    return {};
}

/// What bulk loads that did not end left behind. The store is locked: no load is under way.
void remove_import_folders(const fs::path& dir) {
    std::error_code ignored;
    std::vector<fs::path> leftovers;
    for (const auto& entry : fs::directory_iterator(dir, ignored)) {
        if (entry.path().filename().string().starts_with(kImportFolder)) {
            leftovers.push_back(entry.path());
        }
    }
    for (const fs::path& leftover : leftovers) fs::remove_all(leftover, ignored);
}

/// An older format becomes ours: the missing families were made at opening.
Result<void> renew_format(const fs::path& dir, rocksdb::DB& db) {
    Bytes format;
    ByteWriter(format).u32(kStoreFormat);
    rocksdb::WriteOptions options;
    options.sync = true;
    const rocksdb::Status status =
        db.Put(options, to_slice(kMetaFormat), to_slice(BytesView(format)));
    if (!status.ok()) return rocks_error(dir, "writing the store format", status);
    return {};
}

rocksdb::Status open_families(const RocksOptions& options, const rocksdb::DBOptions& db_options,
                              std::size_t family_count,
                              std::vector<rocksdb::ColumnFamilyHandle*>& handles,
                              rocksdb::DB*& db) {
    const auto cache = rocksdb::NewLRUCache(options.cache_bytes);
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (std::size_t i = 0; i < family_count; ++i) {
        families.emplace_back(std::string(kFamilyNames[i]),
                              family_options(static_cast<Family>(i), cache));
    }
    if (!options.read_only) {
        return rocksdb::DB::Open(db_options, options.dir.string(), families, &handles, &db);
    }
    rocksdb::Status status;
    for (int attempt = 0; attempt < kReadOnlyAttempts; ++attempt) {
        status =
            rocksdb::DB::OpenForReadOnly(db_options, options.dir.string(), families, &handles, &db);
        if (status.ok()) break;
    }
    return status;
}

}  // namespace

rocksdb::Slice to_slice(std::string_view text) {
    return {text.data(), text.size()};
}
rocksdb::Slice to_slice(BytesView bytes) {
    return to_slice(as_text(bytes));
}
BytesView to_bytes_view(const rocksdb::Slice& slice) {
    return as_bytes_view(slice.ToStringView());
}

Error rocks_error(const fs::path& dir, std::string_view doing, const rocksdb::Status& status) {
    const std::string what = dir.string() + ": " + std::string(doing) + ": ";
    if (is_lock_error(status)) {
        return {Errc::kUnavailable,
                dir.string() + ": the store is in use by another process; stop that one first"};
    }
    if (status.IsNoSpace()) {
        return {Errc::kStorage, what + "the disk is full (" + status.ToString() +
                                    "); free some space and start again"};
    }
    if (status.IsCorruption()) {
        return {Errc::kDamaged, what + "the store is damaged (" + status.ToString() +
                                    "); restore it from a backup"};
    }
    if (status.IsPathNotFound()) {
        return {Errc::kDamaged,
                what + "a file is missing (" + status.ToString() + "); restore it from a backup"};
    }
    return {Errc::kStorage,
            what + status.ToString() + "; check the disk and the folder's permissions"};
}

Result<std::unique_ptr<RocksDb>> RocksDb::open(const RocksOptions& options,
                                               const model::Clock& clock, rocksdb::Env* env) {
    auto folder = options.create ? check_new_folder(options.dir) : check_old_folder(options.dir);
    if (!folder) return std::move(folder).error();
    std::shared_ptr<OpenTables> tables;
    std::unique_ptr<rocksdb::Env> own_env;
    if (env == nullptr) {
        tables = std::make_shared<OpenTables>();
        own_env = table_env(options.mapped, tables);
        // Flushes and compactions give way to lookups. Without effect where the system does not
        // know it.
        for (const auto pool : {rocksdb::Env::Priority::HIGH, rocksdb::Env::Priority::LOW}) {
            (void)own_env->LowerThreadPoolCPUPriority(pool, rocksdb::CpuPriority::kLow);
        }
    }
    rocksdb::DBOptions settings = db_options(options, env != nullptr ? env : own_env.get());
    std::size_t family_count = kFamilyCount;
    if (!options.create) {
        const auto there = count_families(options.dir, settings);
        if (!there) return there.error();
        if (options.read_only) family_count = *there;
        settings.create_missing_column_families = *there < kFamilyCount;
    }
    std::unique_ptr<RocksDb> rocks(new RocksDb(options.dir, options.read_only));
    rocks->env_ = std::move(own_env);
    rocks->tables_ = std::move(tables);
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = open_families(options, settings, family_count, handles, db);
    rocks->db_.reset(db);
    std::ranges::copy(handles, rocks->families_.begin());
    if (!status.ok()) return rocks_error(options.dir, "opening the store", status);
    if (options.create) {
        if (auto meta = write_meta(options.dir, *db, clock); !meta) return std::move(meta).error();
    }
    const auto format = read_format(options.dir, *db);
    if (!format) return format.error();
    if (!options.read_only && *format < kStoreFormat) {
        if (auto renewed = renew_format(options.dir, *db); !renewed) {
            return std::move(renewed).error();
        }
    }
    if (auto read = rocks->read_dictionaries(); !read) return std::move(read).error();
    if (!options.read_only) remove_import_folders(options.dir);
    return rocks;
}

RocksDb::RocksDb(fs::path dir, bool read_only) : dir_(std::move(dir)), read_only_(read_only) {}

RocksDb::~RocksDb() {
    if (!db_) return;
    for (rocksdb::ColumnFamilyHandle* family : families_) {
        if (family != nullptr) (void)db_->DestroyColumnFamilyHandle(family);
    }
    (void)db_->Close();
}

Result<void> RocksDb::read_dictionaries() {
    const std::unique_ptr<rocksdb::Iterator> at(
        db_->NewIterator(rocksdb::ReadOptions(), family(Family::kMeta)));
    const std::string first = dictionary_key(0);
    for (at->Seek(to_slice(first)); at->Valid(); at->Next()) {
        const std::string_view key = at->key().ToStringView();
        if (!key.starts_with(kMetaDictionary) || key.size() != first.size()) break;
        dictionaries_.add(static_cast<Dictionary::Number>(key.back()), to_bytes_view(at->value()));
    }
    if (!at->status().ok()) return error("reading the dictionaries", at->status());
    const bool packs = dictionaries_.newest() != nullptr;
    return packs ? stop_compressing_records() : Result<void>();
}

/// Records that are packed one by one get no shorter in blocks, and a lookup shall not unpack the
/// neighbours of what it reads.
Result<void> RocksDb::stop_compressing_records() {
    if (read_only_) return {};
    const rocksdb::Status status =
        db_->SetOptions(family(Family::kRecords), {{"compression", "kNoCompression"}});
    if (!status.ok()) return error("choosing no compression", status);
    return {};
}

Result<const Dictionary*> RocksDb::add_dictionary(BytesView octets) {
    const std::scoped_lock lock(adding_dictionary_);
    const Dictionary* const newest = dictionaries_.newest();
    const unsigned number = newest == nullptr ? 1U : newest->number() + 1U;
    if (number > std::numeric_limits<Dictionary::Number>::max()) {
        return static_cast<const Dictionary*>(nullptr);
    }
    const auto key = dictionary_key(static_cast<Dictionary::Number>(number));
    rocksdb::WriteOptions options;
    options.sync = true;
    const rocksdb::Status status =
        db_->Put(options, family(Family::kMeta), to_slice(key), to_slice(octets));
    if (!status.ok()) return error("writing a dictionary", status);
    dictionaries_.add(static_cast<Dictionary::Number>(number), octets);
    if (auto stopped = stop_compressing_records(); !stopped) return std::move(stopped).error();
    return dictionaries_.newest();
}

rocksdb::Options RocksDb::file_options(Family family, bool packed) const {
    rocksdb::ColumnFamilyOptions options = family_options(family, nullptr);
    // A load's log entries are small, and ZSTD would cost as much time as its records do.
    options.compression = packed ? rocksdb::kNoCompression : rocksdb::kLZ4Compression;
    return {rocksdb::DBOptions(db_->GetDBOptions()), options};
}

Error RocksDb::error(std::string_view doing, const rocksdb::Status& status) const {
    return rocks_error(dir_, doing, status);
}

}  // namespace idnode::storage
