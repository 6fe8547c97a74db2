#include "storage/loader.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "storage/plan.h"

namespace idnode::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kProgressEvery = 1U << 16U;
/// From so many records a dictionary is made, of as many of them as have room in it.
constexpr std::size_t kSampleRecords = 4096;
constexpr std::size_t kSampleRecordsMin = 1024;
/// Ordinary ones that have room in a dictionary.
constexpr std::size_t kDictionaryRecords = 128;

Error already_finished() {
    return {Errc::kInvalid, "the import has ended already; begin another"};
}

}  // namespace

Result<std::unique_ptr<ImportFolder>> ImportFolder::make_in(const fs::path& dir) {
    std::string path = (dir / (std::string(kImportFolder) + "XXXXXX")).string();
    if (mkdtemp(path.data()) == nullptr) {
        return Error{Errc::kStorage,
                     dir.string() +
                         ": cannot create a temporary folder for the import; check the disk and "
                         "the folder's permissions"};
    }
    return std::unique_ptr<ImportFolder>(new ImportFolder(path));
}

ImportFolder::~ImportFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

/// The records that were there before the load, looked up in ascending order of key: a step of an
/// iterator where a load hits what is there, and nothing at all where it does not.
class Loader::OldRecords {
  public:
    /// In the form of codec.h.
    struct Found {
        std::string_view key;
        BytesView stored;
    };

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
        if (!at_->status().ok()) return failed();
        if (!at_->Valid() || at_->key() != wanted) return std::optional<BytesView>{};
        const auto stored = unpacked();
        if (!stored) return stored.error();
        return std::optional(*stored);
    }

    /// The record that the walk has reached, if any.
    Result<std::optional<Found>> current() {
        if (at_->Valid()) {
            const auto stored = unpacked();
            if (!stored) return stored.error();
            return std::optional(Found{at_->key().ToStringView(), *stored});
        }
        if (!at_->status().ok()) return failed();
        return std::optional<Found>{};
    }
    void step() { at_->Next(); }

  private:
    static constexpr int kStepsBeforeSeek = 8;

    Error failed() const { return rocks_.error("reading the current records", at_->status()); }
    Result<BytesView> unpacked() {
        return unpack_record(at_->key().ToStringView(), to_bytes_view(at_->value()),
                             rocks_.dictionaries(), scratch_);
    }

    const RocksDb& rocks_;
    std::unique_ptr<rocksdb::Iterator> at_;
    Bytes scratch_;
};

/// The files that one load adds, by family.
struct Loader::Output {
    Output(const RocksDb& rocks, const fs::path& dir, bool packed)
        : records(rocks, Family::kRecords, dir, packed),
          log(rocks, Family::kLog, dir),
          prefixes(rocks, Family::kPrefixes, dir),
          meta(rocks, Family::kMeta, dir) {}
    SstFiles records;
    SstFiles log;
    SstFiles prefixes;
    SstFiles meta;
};

Result<std::unique_ptr<Loader>> Loader::begin(Options options, RocksStore& store) {
    auto folder = ImportFolder::make_in(store.rocks().dir());
    if (!folder) return folder.error();
    return std::unique_ptr<Loader>(new Loader(std::move(options), store, *std::move(folder)));
}

Loader::Loader(Options options, RocksStore& store, std::unique_ptr<ImportFolder> folder)
    : options_(std::move(options)),
      store_(store),
      folder_(std::move(folder)),
      runs_(folder_->path(), options_.memory_bytes),
      dictionary_(store.rocks().dictionaries().newest()),
      has_sample_(dictionary_.load() != nullptr) {}

BytesView Loader::Encoder::encode(const RecordParts& parts, const Dictionary* dictionary) {
    if (dictionary != nullptr && !packer_) packer_.emplace(*dictionary);
    if (packer_) return packer_->pack(parts);
    scratch_.clear();
    encode_record(parts, scratch_);
    return scratch_;
}

Result<RecordParts> Loader::checked(std::string_view handle, model::SuffixCase suffix_case,
                                    BytesView values, model::Key& key) const {
    if (auto is_handle = check_handle(handle); !is_handle) return is_handle.error();
    const auto summary = check_values(handle, values);
    if (!summary) return summary.error();
    model::write_key(handle, suffix_case, key);
    return RecordParts{key, handle, 0, summary->all_public, values};
}

Result<void> Loader::Adder::add(std::string_view handle, model::SuffixCase suffix_case,
                                BytesView values, std::uint64_t order) {
    if (loader_.finished_) return already_finished();
    const auto parts = loader_.checked(handle, suffix_case, values, key_);
    if (!parts) return parts.error();
    if (!loader_.has_sample_) {
        const auto waits = loader_.wait(*parts, order, *this);
        if (!waits) return waits.error();
        if (*waits) return {};
    }
    return put(*parts, order);
}

Result<void> Loader::Adder::put(const RecordParts& parts, std::uint64_t order) {
    return filler_.add(parts.key, encoder_.encode(parts, loader_.dictionary_), order);
}

Loader::BlockAdder::BlockAdder(Loader& loader) : loader_(loader), block_(loader.blocks().take()) {}

Result<void> Loader::BlockAdder::add(std::string_view handle, model::SuffixCase suffix_case,
                                     BytesView values, std::uint64_t order) {
    const auto parts = loader_.checked(handle, suffix_case, values, key_);
    if (!parts) return parts.error();
    block_->append(key_, encoder_.encode(*parts, loader_.dictionary_), order);
    return {};
}

Result<void> Loader::BlockAdder::end_block(std::uint64_t number) {
    auto put = loader_.blocks().put(number, std::move(block_));
    block_ = loader_.blocks().take();
    return put;
}

/// From here on no record waits for a dictionary.
OrderedBlocks& Loader::blocks() {
    const std::scoped_lock lock(mutex_);
    has_sample_ = true;
    if (!blocks_) blocks_ = std::make_unique<OrderedBlocks>();
    return *blocks_;
}

Result<bool> Loader::wait(const RecordParts& parts, std::uint64_t order, Adder& adder) {
    std::unique_lock lock(mutex_);
    if (has_sample_) return false;
    Waiting& waiting = waiting_.emplace_back(model::Key(parts.key), Bytes(), order);
    encode_record(parts, waiting.stored);
    if (waiting_.size() < kSampleRecords) return true;
    if (auto made = make_dictionary(); !made) return made.error();
    std::vector<Waiting> all = std::exchange(waiting_, {});
    has_sample_ = true;
    lock.unlock();
    if (auto put = put_waiting(std::move(all), adder); !put) return put.error();
    return true;
}

Result<void> Loader::learn(std::span<const Bytes> records) {
    const std::scoped_lock lock(mutex_);
    if (has_sample_ || records.size() < kDictionaryRecords / 2) return {};
    Bytes octets;
    for (const Bytes& values : records) {
        if (check_values({}, values)) add_to_dictionary(values, octets);
    }
    const auto added = store_.rocks().add_dictionary(octets);
    if (!added) return added.error();
    dictionary_ = *added;
    has_sample_ = true;
    return {};
}

/// Under the lock. Of records that stand far from each other: a sorted source begins with those of
/// one enterprise.
Result<void> Loader::make_dictionary() {
    Bytes octets;
    const std::size_t step = std::max<std::size_t>(waiting_.size() / kDictionaryRecords, 1);
    for (std::size_t at = 0; at < waiting_.size(); at += step) {
        const auto record = decode_record(waiting_[at].key, waiting_[at].stored);
        if (!record) return record.error();
        add_to_dictionary(record->values, octets);
    }
    const auto added = store_.rocks().add_dictionary(octets);
    if (!added) return added.error();
    dictionary_ = *added;
    return {};
}

Result<void> Loader::put_waiting(std::vector<Waiting> waiting, Adder& adder) {
    for (const Waiting& one : waiting) {
        const auto view = decode_record(one.key, one.stored);
        if (!view) return view.error();
        auto put = adder.put({one.key, view->handle, 0, view->all_public, view->values}, one.order);
        if (!put) return put;
    }
    return {};
}

Result<void> Loader::add(std::string_view handle, model::SuffixCase suffix_case, BytesView values,
                         std::uint64_t order) {
    return Adder(*this).add(handle, suffix_case, values, order);
}

Result<void> Loader::home(std::string_view prefix_handle, model::SuffixCase suffix_case) {
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

Result<Loader::Counts> Loader::finish(const Progress& progress, BytesView mirror_state) {
    if (std::exchange(finished_, true)) return already_finished();
    auto written = stop_waiting();
    if (written) written = write_all(progress, mirror_state);
    if (written) return counts_;
    if (blocks_) blocks_->fail(written.error());
    return written.error();
}

/// There may be too few records for a dictionary.
Result<void> Loader::stop_waiting() {
    if (!has_sample_.exchange(true) && waiting_.size() >= kSampleRecordsMin) {
        if (auto made = make_dictionary(); !made) return made;
    }
    if (waiting_.empty()) return {};
    Adder adder(*this);
    return put_waiting(std::exchange(waiting_, {}), adder);
}

Result<void> Loader::write_all(const Progress& progress, BytesView mirror_state) {
    const auto no_commits = store_.hold_commits();
    now_ = store_.log_time();
    last_ = store_.last();
    creates_.emplace(options_.who, now_);
    Output out(store_.rocks(), folder_->path(), dictionary_.load() != nullptr);
    if (options_.mode == Mode::kReplace) unhome_others();
    if (auto written = write_homed(out); !written) return written;
    if (auto written = write_records(out, progress); !written) return written;
    if (!mirror_state.empty()) {
        if (auto put = out.meta.put(kMetaMirror, mirror_state); !put) return put;
        if (auto closed = out.meta.close(); !closed) return closed;
    }
    return ingest(out);
}

void Loader::unhome_others() {
    const auto table = store_.prefixes().current();
    for (const auto& [name, suffix_case] : *table) {
        model::Edit edit;
        edit.kind = model::Edit::Kind::kUnhome;
        edit.handle = name;
        homed_.try_emplace(name, std::move(edit));
    }
}

Result<void> Loader::write_homed(Output& out) {
    model::Change change{.who = options_.who, .edits = {}};
    for (const auto& [name, edit] : homed_) change.edits.push_back(edit);
    const auto state = store_.state();
    Plan plan(*state, last_);
    const auto committed = plan.add(change, now_);
    if (!committed) return committed.error();
    for (const Effect& effect : plan.effects()) {
        SstFiles& file = effect.family == Family::kLog ? out.log : out.prefixes;
        auto put = effect.value ? file.put(effect.key, *effect.value) : file.remove(effect.key);
        if (!put) return put;
    }
    counts_.homed = committed->changed;
    last_ = plan.last();
    return out.prefixes.close();
}

Result<void> Loader::write_records(Output& out, const Progress& progress) {
    auto merge = runs_.merge(blocks_ ? blocks_->source() : nullptr);
    if (!merge) return merge.error();
    OldRecords old_records(store_.rocks());
    SstThread records(out.records);
    SstThread log(out.log);
    for (std::uint64_t done = 0;; ++done) {
        if (progress && done % kProgressEvery == 0) progress(done, runs_.count());
        const auto entry = (*merge)->next();
        if (!entry) return entry.error();
        if (!*entry) break;
        if (auto put = write_record(**entry, old_records, records, log); !put) return put;
    }
    if (options_.mode == Mode::kReplace) {
        if (auto removed = remove_before(nullptr, old_records, records, log); !removed) {
            return removed;
        }
    }
    if (auto written = write_creates(log); !written) return written;
    if (auto closed = records.close(); !closed) return closed;
    if (auto closed = log.close(); !closed) return closed;
    if (progress) progress(runs_.count(), runs_.count());
    return {};
}

Result<void> Loader::write_record(const RunEntry& entry, OldRecords& old_records,
                                  SstThread& records, SstThread& log) {
    const bool replaces = options_.mode == Mode::kReplace;
    if (replaces) {
        if (auto done = remove_before(&entry.key, old_records, records, log); !done) return done;
    }
    const auto handle = stored_handle(entry.key, entry.stored);
    if (!handle) return handle.error();
    const auto before = old_records.find(entry.key);
    if (!before) return before.error();
    std::span<std::byte> stored = entry.stored;
    if (*before) {
        const auto changed = merge_with_old(entry, **before, stored);
        if (!changed) return changed.error();
        if (!*changed) {
            ++counts_.unchanged;
            if (replaces) old_records.step();
            return {};
        }
    }
    ++(*before ? counts_.replaced : counts_.created);
    ++last_;
    set_stored_version(stored, last_);
    if (auto put = records.put(entry.key, stored); !put) return put;
    auto logged = write_log(*before ? model::Action::kUpdate : model::Action::kCreate, entry.key,
                            *handle, before->value_or(BytesView{}), log);
    if (replaces && *before) old_records.step();
    return logged;
}

Result<bool> Loader::merge_with_old(const RunEntry& entry, BytesView before,
                                    std::span<std::byte>& stored) {
    const auto old = decode_record(entry.key, before);
    if (!old) return old.error();
    const auto octets =
        unpack_record(entry.key, entry.stored, store_.rocks().dictionaries(), unpacked_);
    if (!octets) return octets.error();
    const auto loaded = decode_record(entry.key, *octets);
    if (!loaded) return loaded.error();
    if (options_.mode == Mode::kReplace) {
        return loaded->handle != old->handle || !std::ranges::equal(loaded->values, old->values);
    }
    if (same_values(loaded->values, old->values)) return false;
    // As in a commit, the spelling of the registration stays.
    const RecordParts parts{entry.key, old->handle, 0, loaded->all_public, loaded->values};
    if (const Dictionary* const dictionary = dictionary_) {
        if (!packer_) packer_.emplace(*dictionary);
        stored = packer_->pack(parts);
    } else {
        scratch_.clear();
        encode_record(parts, scratch_);
        stored = scratch_;
    }
    return true;
}

Result<void> Loader::remove_before(const std::string_view* key, OldRecords& old_records,
                                   SstThread& records, SstThread& log) {
    for (;;) {
        const auto found = old_records.current();
        if (!found) return found.error();
        if (!*found || (key != nullptr && (*found)->key >= *key)) return {};
        const auto old = decode_record((*found)->key, (*found)->stored);
        if (!old) return old.error();
        ++last_;
        ++counts_.removed;
        if (auto removed = records.remove((*found)->key); !removed) return removed;
        if (auto logged = write_log(model::Action::kDelete, (*found)->key, old->handle,
                                    (*found)->stored, log);
            !logged) {
            return logged;
        }
        old_records.step();
    }
}

Result<void> Loader::write_log(model::Action action, std::string_view key, std::string_view handle,
                               BytesView before, SstThread& log) {
    // Kept case is named only where it matters: where folding would give another key.
    model::write_key(handle, model::SuffixCase::kFold, key_scratch_);
    const auto suffix_case =
        key_scratch_ == key ? model::SuffixCase::kFold : model::SuffixCase::kKeep;
    const bool is_create = action == model::Action::kCreate;
    if (!is_create || !creates_->takes(last_, suffix_case)) {
        if (auto written = write_creates(log); !written) return written;
    }
    if (is_create) {
        creates_->add(last_, suffix_case, handle);
        return {};
    }
    log_scratch_.clear();
    encode_log_entry({action, suffix_case, now_, options_.who, handle, before, {}}, log_scratch_);
    return log.put(log_key(last_), log_scratch_);
}

Result<void> Loader::write_creates(SstThread& log) {
    if (creates_->is_empty()) return {};
    auto put = log.put(log_key(creates_->last_id()), creates_->octets());
    creates_->clear();
    return put;
}

Result<void> Loader::ingest(const Output& out) {
    std::vector<rocksdb::IngestExternalFileArg> files;
    for (const SstFiles* family : {&out.records, &out.log, &out.prefixes, &out.meta}) {
        if (family->paths().empty()) continue;
        rocksdb::IngestExternalFileArg& arg = files.emplace_back();
        arg.column_family = store_.rocks().family(family->family());
        arg.external_files = family->paths();
        arg.options.move_files = true;
        arg.options.write_global_seqno = false;  // the synced files stay as they are
    }
    if (files.empty()) return {};
    return store_.ingest(files);
}

}  // namespace idnode::storage
