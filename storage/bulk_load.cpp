#include "storage/bulk_load.h"

#include <rocksdb/db.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "storage/codec.h"
#include "storage/plan.h"
#include "storage/rocks_store.h"
#include "storage/sorted_runs.h"
#include "storage/sst_files.h"

namespace idnode::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kProgressEvery = 1U << 16U;

/// The temporary folder of one load, removed with it.
class ImportFolder {
  public:
    static Result<std::unique_ptr<ImportFolder>> make_in(const fs::path& dir) {
        std::string path = (dir / (std::string(kImportFolder) + "XXXXXX")).string();
        if (mkdtemp(path.data()) == nullptr) {
            return Error{Errc::kStorage, dir.string() +
                                             ": cannot create a temporary folder for the import; "
                                             "check the disk and the folder's permissions"};
        }
        return std::unique_ptr<ImportFolder>(new ImportFolder(path));
    }
    ~ImportFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    ImportFolder(const ImportFolder&) = delete;
    ImportFolder& operator=(const ImportFolder&) = delete;
    const fs::path& path() const { return path_; }

  private:
    explicit ImportFolder(fs::path path) : path_(std::move(path)) {}
    fs::path path_;
};

/// The records that were there before the load, looked up in ascending order of key: a step of an
/// iterator where a load hits what is there, and nothing at all where it does not.
class OldRecords {
  public:
    explicit OldRecords(const RocksDb& rocks) : rocks_(rocks) {
        rocksdb::ReadOptions options;
        options.fill_cache = false;
        at_.reset(rocks.db().NewIterator(options, rocks.family(Family::kRecords)));
        at_->SeekToFirst();
    }

    /// The stored octets under `key`, valid until the next call.
    Result<std::optional<BytesView>> find(std::string_view key) {
        const rocksdb::Slice wanted = to_slice(key);
        for (int step = 0; at_->Valid() && at_->key().compare(wanted) < 0; ++step) {
            if (step < kStepsBeforeSeek) {
                at_->Next();
            } else {
                at_->Seek(wanted);
            }
        }
        if (!at_->status().ok()) return rocks_.error("reading the current records", at_->status());
        if (!at_->Valid() || at_->key() != wanted) return std::optional<BytesView>{};
        return std::optional(to_bytes_view(at_->value()));
    }

  private:
    static constexpr int kStepsBeforeSeek = 8;

    const RocksDb& rocks_;
    std::unique_ptr<rocksdb::Iterator> at_;
};

/// The files that one load adds, by family.
struct Output {
    Output(const RocksDb& rocks, const fs::path& dir)
        : records(rocks, Family::kRecords, dir),
          log(rocks, Family::kLog, dir),
          prefixes(rocks, Family::kPrefixes, dir) {}
    SstFiles records;
    SstFiles log;
    SstFiles prefixes;
};

class RocksBulkLoad final : public BulkLoad {
  public:
    RocksBulkLoad(const Options& options, const model::Clock& clock,
                  std::unique_ptr<RocksStore> store, std::unique_ptr<ImportFolder> folder)
        : who_(options.who),
          clock_(clock),
          store_(std::move(store)),
          folder_(std::move(folder)),
          runs_(folder_->path(), options.memory_bytes) {}

    Result<void> add(std::string_view handle, model::SuffixCase suffix_case,
                     BytesView values) override {
        if (finished_) return already_finished();
        thread_local model::Key key;
        if (auto checked = check_handle(handle); !checked) return checked;
        const auto summary = check_values(handle, values);
        if (!summary) return summary.error();
        model::write_key(handle, suffix_case, key);
        return runs_.add({key, handle, 0, summary->all_public, values});
    }

    Result<void> home(std::string_view prefix_handle, model::SuffixCase suffix_case) override {
        if (finished_) return already_finished();
        auto name = homed_name(prefix_handle);
        if (!name) return name.error();
        const std::scoped_lock lock(mutex_);
        model::Edit& edit = homed_[*std::move(name)];
        edit.kind = model::Edit::Kind::kHome;
        edit.handle = prefix_handle;
        edit.suffix_case = suffix_case;
        return {};
    }

    const model::RecordStore& store() const override { return *store_; }

    Result<BulkCounts> finish(
        const std::function<void(std::uint64_t, std::uint64_t)>& progress) override;

  private:
    static Error already_finished() {
        return {Errc::kInvalid, "the import has ended already; begin another"};
    }

    Result<void> write_homed(Output& out);
    Result<void> write_records(Output& out,
                               const std::function<void(std::uint64_t, std::uint64_t)>& progress);
    /// One record and its log entry, unless the store holds the same values.
    Result<void> write_record(const RunEntry& entry, OldRecords& old_records, SstThread& records,
                              SstThread& log);
    Result<void> ingest(const Output& out);

    const std::string who_;
    const model::Clock& clock_;
    const std::unique_ptr<RocksStore> store_;
    const std::unique_ptr<ImportFolder> folder_;
    SortedRuns runs_;
    std::mutex mutex_;
    std::map<std::string, model::Edit> homed_;  // by folded name: sorted as its file must be
    bool finished_ = false;

    // Of `finish`.
    model::TimeMs now_ = 0;
    model::TransactionId last_ = 0;
    BulkCounts counts_;
    model::Key key_scratch_;
    Bytes scratch_;
    Bytes log_scratch_;
};

Result<BulkCounts> RocksBulkLoad::finish(
    const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    if (std::exchange(finished_, true)) return already_finished();
    now_ = clock_.now();
    last_ = store_->last();
    Output out(store_->rocks(), folder_->path());
    if (auto written = write_homed(out); !written) return written.error();
    if (auto written = write_records(out, progress); !written) return written.error();
    if (auto ingested = ingest(out); !ingested) return ingested.error();
    if (auto read = store_->refresh(); !read) return read.error();
    return counts_;
}

Result<void> RocksBulkLoad::write_homed(Output& out) {
    model::Change change{who_, {}};
    for (const auto& [name, edit] : homed_) change.edits.push_back(edit);
    const auto state = store_->state();
    Plan plan(*state, last_);
    const auto committed = plan.add(change, now_);
    if (!committed) return committed.error();
    for (const Effect& effect : plan.effects()) {
        SstFiles& file = effect.family == Family::kLog ? out.log : out.prefixes;
        if (auto put = file.put(effect.key, *effect.value); !put) return put;
    }
    counts_.homed = committed->changed;
    last_ = plan.last();
    return out.prefixes.close();
}

Result<void> RocksBulkLoad::write_records(
    Output& out, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    auto merge = runs_.merge();
    if (!merge) return merge.error();
    OldRecords old_records(store_->rocks());
    SstThread records(out.records);
    SstThread log(out.log);
    for (std::uint64_t done = 0;; ++done) {
        if (progress && done % kProgressEvery == 0) progress(done, runs_.count());
        const auto entry = (*merge)->next();
        if (!entry) return entry.error();
        if (!*entry) break;
        if (auto put = write_record(**entry, old_records, records, log); !put) return put;
    }
    if (auto closed = records.close(); !closed) return closed;
    if (auto closed = log.close(); !closed) return closed;
    if (progress) progress(runs_.count(), runs_.count());
    return {};
}

Result<void> RocksBulkLoad::write_record(const RunEntry& entry, OldRecords& old_records,
                                         SstThread& records, SstThread& log) {
    const auto loaded = decode_record(entry.key, entry.stored);
    if (!loaded) return loaded.error();
    const auto before = old_records.find(entry.key);
    if (!before) return before.error();
    std::span<std::byte> stored = entry.stored;
    if (*before) {
        const auto old = decode_record(entry.key, **before);
        if (!old) return old.error();
        if (same_values(loaded->values, old->values)) {
            ++counts_.unchanged;
            return {};
        }
        // As in a commit, the spelling of the registration stays.
        scratch_.clear();
        encode_record({entry.key, old->handle, 0, loaded->all_public, loaded->values}, scratch_);
        stored = scratch_;
    }
    ++(*before ? counts_.replaced : counts_.created);
    ++last_;
    set_record_version(stored, last_);
    if (auto put = records.put(entry.key, stored); !put) return put;
    log_scratch_.clear();
    // Kept case is named only where it matters: where folding would give another key.
    model::write_key(loaded->handle, model::SuffixCase::kFold, key_scratch_);
    const auto suffix_case =
        key_scratch_ == entry.key ? model::SuffixCase::kFold : model::SuffixCase::kKeep;
    encode_log_entry({*before ? model::Action::kUpdate : model::Action::kCreate, suffix_case, now_,
                      who_, loaded->handle, before->value_or(BytesView{})},
                     log_scratch_);
    return log.put(log_key(last_), log_scratch_);
}

Result<void> RocksBulkLoad::ingest(const Output& out) {
    std::vector<rocksdb::IngestExternalFileArg> files;
    for (const SstFiles* family : {&out.records, &out.log, &out.prefixes}) {
        if (family->paths().empty()) continue;
        rocksdb::IngestExternalFileArg& arg = files.emplace_back();
        arg.column_family = store_->rocks().family(family->family());
        arg.external_files = family->paths();
        arg.options.move_files = true;
        arg.options.write_global_seqno = false;  // the synced files stay as they are
    }
    if (files.empty()) return {};
    // One edit of the manifest adds all files of all families.
    const rocksdb::Status status = store_->rocks().db().IngestExternalFiles(files);
    if (!status.ok()) return store_->rocks().error("adding the files of an import", status);
    return {};
}

}  // namespace

Result<std::unique_ptr<BulkLoad>> BulkLoad::begin(const Options& options,
                                                  const model::Clock& clock) {
    if (options.store.read_only) {
        return Error{Errc::kInvalid,
                     options.store.dir.string() + ": an import needs the store opened for writing"};
    }
    auto store = RocksStore::open(options.store, clock, nullptr);
    if (!store) return store.error();
    auto folder = ImportFolder::make_in(options.store.dir);
    if (!folder) return folder.error();
    return std::unique_ptr<BulkLoad>(
        std::make_unique<RocksBulkLoad>(options, clock, *std::move(store), *std::move(folder)));
}

}  // namespace idnode::storage
