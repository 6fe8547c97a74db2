#include "storage/rocks_store.h"

#include <rocksdb/db.h>
#include <rocksdb/table_properties.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <utility>

#include "storage/codec.h"
#include "storage/loader.h"
#include "storage/object_cursor.h"
#include "storage/packing.h"
#include "storage/record_cursor.h"
#include "storage/table_reads.h"

namespace idnode::storage {
namespace {

/// What a replacement may gather in memory before it spills.
constexpr std::uint64_t kReplacementBytes = 256U << 20U;
constexpr std::string_view kBackupsFolder = "backups";
/// Of a record in memory, with all that it needs there. Where there is not room for so much of each
/// they are kept packed: three times as many, each of which a lookup unpacks.
constexpr std::uint64_t kKeptRecordBytes = 320;
/// See `HotRecords::make`.
constexpr std::uint64_t kBytesOfPackedSlot = 100;

/// `packed`: blocks are plain. The page cache has them already, and putting them into another one
/// costs more than it saves. `waits`: they may come from the disk, and are verified once; so they
/// are by scans and compactions. Where they are in memory it would be a tenth of the lookup.
rocksdb::ReadOptions lookup_options(bool packed, bool waits) {
    rocksdb::ReadOptions options;
    options.verify_checksums = waits;
    options.fill_cache = !packed;
    return options;
}

class RocksReplacement final : public model::Replacement {
  public:
    explicit RocksReplacement(std::unique_ptr<Loader> loader) : loader_(std::move(loader)) {}

    Result<void> add(std::string_view handle, model::SuffixCase suffix_case,
                     BytesView values) override {
        return loader_->add(handle, suffix_case, values, added_++);
    }
    Result<void> home(std::string_view prefix_handle, model::SuffixCase suffix_case) override {
        return loader_->home(prefix_handle, suffix_case);
    }
    Result<Counts> finish(BytesView mirror_state) override {
        const auto counts = loader_->finish(nullptr, mirror_state);
        if (!counts) return counts.error();
        return Counts{counts->created, counts->replaced, counts->unchanged, counts->removed};
    }

  private:
    std::unique_ptr<Loader> loader_;
    std::uint64_t added_ = 0;
};

class State final : public StoredState {
  public:
    explicit State(const RocksDb& rocks) : rocks_(rocks) {}

    Result<std::optional<BytesView>> find(Family family, std::string_view key) override {
        value_.Reset();
        const rocksdb::Status status =
            rocks_.db().Get(options_, rocks_.family(family), to_slice(key), &value_);
        if (status.IsNotFound()) return std::optional<BytesView>{};
        if (!status.ok()) return rocks_.error("reading the current state", status);
        if (family != Family::kRecords) return std::optional(to_bytes_view(value_));
        const auto stored =
            unpack_record(key, to_bytes_view(value_), rocks_.dictionaries(), unpacked_);
        if (!stored) return stored.error();
        return std::optional(*stored);
    }

  private:
    const RocksDb& rocks_;
    rocksdb::ReadOptions options_;
    rocksdb::PinnableSlice value_;
    Bytes unpacked_;
};

/// The memory tables find the place of a key from that of the key before: in key order a batch of
/// events costs a third. Effects on the same key stay in their order.
std::vector<const Effect*> in_key_order(const Plan& plan) {
    struct Placed {
        const Effect* effect;
        std::size_t at;
    };
    std::vector<Placed> placed;
    placed.reserve(plan.effects().size());
    for (const Effect& effect : plan.effects()) placed.push_back({&effect, placed.size()});
    std::ranges::sort(placed, [](const Placed& a, const Placed& b) {
        if (a.effect->family != b.effect->family) return a.effect->family < b.effect->family;
        const auto order = a.effect->key <=> b.effect->key;
        return order != 0 ? order < 0 : a.at < b.at;
    });
    std::vector<const Effect*> out;
    out.reserve(placed.size());
    for (const Placed& one : placed) out.push_back(one.effect);
    return out;
}

/// Records are packed where the store has a dictionary.
class Writing {
  public:
    explicit Writing(const RocksDb& rocks) : rocks_(rocks) {
        if (const Dictionary* const newest = rocks.dictionaries().newest())
            packer_.emplace(*newest);
    }

    Result<void> add(const Effect& effect) {
        rocksdb::ColumnFamilyHandle* family = rocks_.family(effect.family);
        if (!effect.value) return added(batch_.Delete(family, effect.key));
        BytesView value = *effect.value;
        if (packer_ && effect.family == Family::kRecords) {
            const auto view = decode_record(effect.key, value);
            if (!view) return view.error();
            value = packer_->pack(
                {effect.key, view->handle, view->version, view->all_public, view->values});
        }
        return added(batch_.Put(family, effect.key, to_slice(value)));
    }
    rocksdb::WriteBatch& batch() { return batch_; }

  private:
    Result<void> added(const rocksdb::Status& status) const {
        if (!status.ok()) return rocks_.error("preparing a commit", status);
        return {};
    }

    const RocksDb& rocks_;
    std::optional<Packer> packer_;
    rocksdb::WriteBatch batch_;
};

/// Calls `visit` with the last effect on each record; `effects` are in key order.
template <class Visit>
void for_each_record(const std::vector<const Effect*>& effects, Visit visit) {
    for (std::size_t i = 0; i < effects.size(); ++i) {
        const Effect& effect = *effects[i];
        if (effect.family != Family::kRecords) continue;
        const bool is_last = i + 1 == effects.size() || effects[i + 1]->earlier != &effect;
        if (is_last) visit(effect);
    }
}

struct LogEnd {
    model::TransactionId id = 0;
    model::TimeMs time = 0;
};

rocksdb::Status not_a_log_key() {
    return rocksdb::Status::Corruption("the last key is no transaction id");
}

Result<LogEnd> end_of_log(const RocksDb& rocks) {
    const std::unique_ptr<rocksdb::Iterator> log(
        rocks.db().NewIterator(rocksdb::ReadOptions(), rocks.family(Family::kLog)));
    log->SeekToLast();
    if (!log->status().ok()) return rocks.error("finding the end of the log", log->status());
    if (!log->Valid()) return LogEnd{};
    const auto id = log_id(log->key().ToStringView());
    std::vector<model::LogEntry> last;
    const auto decoded = decode_log_entries(id, to_bytes_view(log->value()), id - 1, 1, last);
    if (!decoded) return decoded.error();
    if (last.empty()) return rocks.error("finding the end of the log", not_a_log_key());
    return LogEnd{id, last.front().time};
}

Result<std::shared_ptr<const model::PrefixTable>> homed_prefixes(const RocksDb& rocks) {
    auto table = std::make_shared<model::PrefixTable>();
    const std::unique_ptr<rocksdb::Iterator> at(
        rocks.db().NewIterator(rocksdb::ReadOptions(), rocks.family(Family::kPrefixes)));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
        const auto entry =
            decode_prefix_entry(at->key().ToStringView(), to_bytes_view(at->value()));
        if (!entry) return entry.error();
        table->add(at->key().ToString(), entry->suffix_case);
    }
    if (!at->status().ok()) return rocks.error("reading the homed prefixes", at->status());
    return std::shared_ptr<const model::PrefixTable>(std::move(table));
}

/// Entries less tombstones, of files and memory. A record that was changed since the last
/// compaction counts more than once. RocksDB's own estimate needs statistics that opening does not
/// collect.
std::uint64_t estimate_records(const RocksDb& rocks) {
    rocksdb::ColumnFamilyHandle* family = rocks.family(Family::kRecords);
    std::uint64_t entries = 0;
    std::uint64_t deletions = 0;
    rocksdb::TablePropertiesCollection tables;
    if (rocks.db().GetPropertiesOfAllTables(family, &tables).ok()) {
        for (const auto& [path, table] : tables) {
            entries += table->num_entries;
            deletions += table->num_deletions;
        }
    }
    using Properties = rocksdb::DB::Properties;
    const auto add = [&](const std::string& property, std::uint64_t& sum) {
        std::uint64_t number = 0;
        if (rocks.db().GetIntProperty(family, property, &number)) sum += number;
    };
    add(Properties::kNumEntriesActiveMemTable, entries);
    add(Properties::kNumEntriesImmMemTables, entries);
    add(Properties::kNumDeletesActiveMemTable, deletions);
    add(Properties::kNumDeletesImmMemTables, deletions);
    // A tombstone is an entry itself and hides another one.
    return entries > 2 * deletions ? entries - 2 * deletions : 0;
}

}  // namespace

RocksStore::RocksStore(std::unique_ptr<RocksDb> rocks, const model::Clock& clock, bool read_only)
    : rocks_(std::move(rocks)),
      clock_(clock),
      read_only_(read_only),
      commits_([this](auto group) { write(group); }) {}

Result<std::unique_ptr<RocksStore>> RocksStore::open(const RocksOptions& options,
                                                     const model::Clock& clock, rocksdb::Env* env) {
    auto rocks = RocksDb::open(options, clock, env);
    if (!rocks) return rocks.error();
    std::unique_ptr<RocksStore> store(new RocksStore(*std::move(rocks), clock, options.read_only));
    if (auto read = store->refresh(); !read) return read.error();
    if (options.read_only) return store;
    if (auto kept = store->start_keeping(options); !kept) return kept.error();
    return store;
}

Result<void> RocksStore::start_keeping(const RocksOptions& options) {
    if (options.records_bytes > 0) {
        keeps_packed_ = rocks_->dictionaries().newest() != nullptr &&
                        estimate_records(*rocks_) * kKeptRecordBytes > options.records_bytes;
        auto hot = keeps_packed_ ? HotRecords::make(options.records_bytes, kBytesOfPackedSlot)
                                 : HotRecords::make(options.records_bytes);
        if (!hot) return hot.error();
        hot_ = *std::move(hot);
    }
    if (options.places_bytes > 0 && rocks_->tables()) {
        auto places = Places::make(options.places_bytes, rocks_->tables());
        if (!places) return places.error();
        places_ = *std::move(places);
    }
    warm_up();
    return {};
}

void RocksStore::warm_up() {
    place_walk_.reset();
    if (hot_) warm_up_.emplace(*rocks_, *hot_, keeps_packed_);
    if (places_) place_walk_.emplace(*rocks_, *places_, warm_up_ ? &*warm_up_ : nullptr);
}

void RocksStore::begin_change(const std::vector<const Effect*>& effects) {
    for_each_record(effects, [&](const Effect& effect) {
        if (hot_) hot_->begin_change(effect.key);
        if (places_) places_->begin_change(effect.key);
    });
}

void RocksStore::end_change(const std::vector<const Effect*>& effects) {
    for_each_record(effects, [&](const Effect& effect) {
        if (places_) places_->end_change(effect.key, effect.value.has_value());
        if (!hot_) return;
        hot_->end_change(effect.key,
                         effect.value ? std::optional<BytesView>(*effect.value) : std::nullopt);
    });
}

model::TimeMs RocksStore::log_time() const {
    return std::max(clock_.now(), last_time_);
}

std::unique_ptr<StoredState> RocksStore::state() const {
    return std::make_unique<State>(*rocks_);
}

Result<void> RocksStore::refresh() {
    const auto end = end_of_log(*rocks_);
    if (!end) return end.error();
    auto homed = homed_prefixes(*rocks_);
    if (!homed) return homed.error();
    last_.store(end->id, std::memory_order_release);
    last_time_ = end->time;
    board_.publish(*std::move(homed));
    return {};
}

void RocksStore::foresee(std::span<const std::string_view> keys) const {
    if (hot_) hot_->foresee(keys);
    if (places_ && places_->is_used()) places_->foresee(keys);
}

Result<model::Lookup> RocksStore::read(
    std::string_view key, model::ReadTier tier,
    model::FunctionRef<void(const model::RecordView&)> visit) const {
    Result<model::Lookup> found = model::Lookup::kFound;
    thread_local Bytes unpacked;
    BytesView shown;
    const auto show = [&](BytesView octets) {
        const auto stored = unpack_record(key, octets, rocks_->dictionaries(), unpacked);
        if (!stored) {
            found = stored.error();
            return;
        }
        shown = *stored;
        if (const auto view = decode_record(key, shown)) {
            visit(*view);
        } else {
            found = view.error();
        }
    };
    if (hot_) {
        switch (hot_->read(key, show)) {
            case HotRecords::Found::kRecord:
                return found;
            case HotRecords::Found::kAbsent:
                return model::Lookup::kNotFound;
            case HotRecords::Found::kUnknown:
                break;
        }
    }
    const HotRecords::Moment before = hot_ ? hot_->now() : 0;
    const auto show_and_keep = [&](BytesView octets) {
        show(octets);
        if (hot_ && found) hot_->offer(key, keeps_packed_ ? octets : shown, before);
    };
    if (places_ && tier == model::ReadTier::kMemory) {
        thread_local Bytes octets;
        switch (places_->read(key, octets, show_and_keep)) {
            case Places::Found::kRecord:
                return found;
            case Places::Found::kOnDisk:
                return model::Lookup::kNotInMemory;
            case Places::Found::kAbsent:
                return model::Lookup::kNotFound;
            case Places::Found::kUnknown:
                break;
        }
    }
    const auto searched = search(key, tier, show_and_keep);
    return searched && *searched == model::Lookup::kFound ? found : searched;
}

/// Through RocksDB.
Result<model::Lookup> RocksStore::search(std::string_view key, model::ReadTier tier,
                                         model::FunctionRef<void(BytesView)> visit) const {
    static const std::array<std::array<rocksdb::ReadOptions, 2>, 2> options{
        {{lookup_options(false, false), lookup_options(false, true)},
         {lookup_options(true, false), lookup_options(true, true)}}};
    // Kept from call to call for its buffer; what it pins is let go before the call returns.
    thread_local rocksdb::PinnableSlice value;
    struct LetGo {
        ~LetGo() { value.Reset(); }
    } let_go;

    const Moment before = places_ ? places_->now() : 0;
    const bool packed = rocks_->dictionaries().newest() != nullptr;
    const bool waits = tier == model::ReadTier::kAny;
    std::optional<ReadsAtOnce> at_once;
    if (!waits) at_once.emplace();
    const rocksdb::Status status = rocks_->db().Get(
        options[packed][waits], rocks_->family(Family::kRecords), to_slice(key), &value);
    at_once.reset();
    if (status.IsNotFound()) return model::Lookup::kNotFound;
    if (!waits && status.IsBusy()) return model::Lookup::kNotInMemory;
    if (!status.ok()) return rocks_->error("reading a record", status);
    const BytesView octets = to_bytes_view(value);
    visit(octets);
    if (places_ && packed && !waits) {
        if (const auto place = ReadsAtOnce::place_of(octets)) places_->learn(key, *place, before);
    }
    return model::Lookup::kFound;
}

std::unique_ptr<model::RecordCursor> RocksStore::scan(std::string_view key_prefix,
                                                      std::string_view after_key) const {
    return scan_records_of(*rocks_, key_prefix, after_key);
}

Result<model::Committed> RocksStore::commit(const model::Change& change) {
    if (read_only_) {
        return Error{Errc::kRefused,
                     rocks_->dir().string() + ": the store was opened to read only"};
    }
    return commits_.commit(change);
}

void RocksStore::write(std::span<GroupCommit::Entry> group) {
    const std::scoped_lock lock(writing_);
    if (failed_) {
        for (GroupCommit::Entry& entry : group) entry.result = *failed_;
        return;
    }
    State state(*rocks_);
    Plan plan(state, last());
    const model::TimeMs now = log_time();
    for (GroupCommit::Entry& entry : group) entry.result = plan.add(*entry.change, now);
    const auto written = write(plan);
    if (written) return;
    // A change without effect fails too: it may have seen effects of the same group.
    for (GroupCommit::Entry& entry : group) {
        if (entry.result) entry.result = written.error();
    }
    failed_ = written.error();
}

Result<void> RocksStore::write(const Plan& plan) {
    if (plan.effects().empty()) return {};
    Writing writing(*rocks_);
    const std::vector<const Effect*> effects = in_key_order(plan);
    for (const Effect* effect : effects) {
        if (auto added = writing.add(*effect); !added) return added;
    }
    begin_change(effects);
    rocksdb::WriteOptions options;
    options.sync = true;
    const rocksdb::Status status = rocks_->db().Write(options, &writing.batch());
    if (!status.ok()) {
        // The change does not end: what is under its keys is asked of the disk.
        Error error = rocks_->error("writing a commit", status);
        error.code = Errc::kStorage;
        error.detail += "; nothing more is written until the store is opened again";
        return error;
    }
    end_change(effects);
    last_.store(plan.last(), std::memory_order_release);
    last_time_ = log_time();
    if (!plan.changes_prefixes()) return {};
    auto homed = std::make_shared<model::PrefixTable>(*board_.current());
    apply_to_table(plan, *homed);
    board_.publish(std::move(homed));
    return {};
}

Result<std::optional<model::StoredObject>> RocksStore::read_object(model::Table table,
                                                                   std::string_view key) const {
    const Family family = family_of(table);
    if (!rocks_->has(family)) return std::optional<model::StoredObject>{};
    const std::string place = object_key(table, key);
    rocksdb::PinnableSlice value;
    const rocksdb::Status status =
        rocks_->db().Get({}, rocks_->family(family), to_slice(place), &value);
    if (status.IsNotFound()) return std::optional<model::StoredObject>{};
    if (!status.ok()) return rocks_->error("reading an object", status);
    auto object = decode_object(place, to_bytes_view(value));
    if (!object) return object.error();
    return std::optional(*std::move(object));
}

Result<std::vector<model::StoredObject>> RocksStore::scan_objects(model::Table table,
                                                                  std::string_view key_prefix,
                                                                  std::string_view after_key,
                                                                  std::size_t count_max) const {
    std::vector<model::StoredObject> found;
    const Family family = family_of(table);
    if (!rocks_->has(family)) return found;
    const std::string beginning = object_key(table, key_prefix);
    const std::string end = key_after_prefix(beginning);
    const rocksdb::Slice end_slice = to_slice(end);
    const std::string after = object_key(table, after_key);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &end_slice;
    const std::unique_ptr<rocksdb::Iterator> at(
        rocks_->db().NewIterator(options, rocks_->family(family)));
    const bool from_first = after_key.empty() || after < beginning;
    at->Seek(to_slice(from_first ? beginning : after));
    if (!from_first && at->Valid() && at->key() == to_slice(after)) at->Next();
    for (; at->Valid() && found.size() < count_max; at->Next()) {
        auto object = decode_object(at->key().ToStringView(), to_bytes_view(at->value()));
        if (!object) return object.error();
        found.push_back(*std::move(object));
    }
    if (!at->status().ok()) return rocks_->error("reading objects", at->status());
    return found;
}

std::unique_ptr<model::ObjectCursor> RocksStore::walk_objects(model::Table table) const {
    return walk_objects_of(*rocks_, table);
}

Result<std::optional<model::RecordView>> RocksStore::before_image(
    const model::LogEntry& entry) const {
    return decode_before_image(entry);
}

Result<std::vector<model::LogEntry>> RocksStore::read_log(model::PartitionId partition,
                                                          model::TransactionId after,
                                                          std::size_t count_max) const {
    if (partition != 0) return Error{Errc::kInvalid, "the store has one partition, 0"};
    std::vector<model::LogEntry> entries;
    if (after >= last()) return entries;
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> at(
        rocks_->db().NewIterator(options, rocks_->family(Family::kLog)));
    for (at->Seek(log_key(after + 1)); at->Valid() && entries.size() < count_max; at->Next()) {
        const auto id = log_id(at->key().ToStringView());
        auto decoded =
            decode_log_entries(id, to_bytes_view(at->value()), after, count_max, entries);
        if (!decoded) return std::move(decoded).error();
    }
    if (!at->status().ok()) return rocks_->error("reading the log", at->status());
    return entries;
}

Result<model::StoreCounts> RocksStore::counts() const {
    model::StoreCounts counts;
    rocksdb::DB& db = rocks_->db();
    counts.records = estimate_records(*rocks_);
    std::vector<rocksdb::LiveFileMetaData> files;
    db.GetLiveFilesMetaData(&files);
    for (const rocksdb::LiveFileMetaData& file : files) counts.disk_bytes += file.size;
    rocksdb::VectorLogPtr wals;
    if (const rocksdb::Status status = db.GetSortedWalFiles(wals); status.ok()) {
        for (const auto& wal : wals) counts.disk_bytes += wal->SizeFileBytes();
    }
    counts.homed_prefixes = board_.current()->size();
    counts.log_end = {last()};
    if (hot_) {
        const HotRecords::Counts kept = hot_->counts();
        counts.kept = {kept.records, kept.bytes, kept.bytes_max, kept.hits, kept.misses};
    }
    if (places_) counts.placed = {places_->count(), places_->room(), places_->hits()};
    return counts;
}

Result<Bytes> RocksStore::mirror_state() const {
    std::string stored;
    const rocksdb::Status status =
        rocks_->db().Get({}, rocks_->family(Family::kMeta), to_slice(kMetaMirror), &stored);
    if (status.IsNotFound()) return Bytes{};
    if (!status.ok()) return rocks_->error("reading where the mirror stands", status);
    return to_bytes(stored);
}

Result<std::unique_ptr<model::Replacement>> RocksStore::begin_replacement(std::string who) {
    if (read_only_) {
        return Error{Errc::kRefused,
                     rocks_->dir().string() + ": the store was opened to read only"};
    }
    auto loader = Loader::begin({Loader::Mode::kReplace, std::move(who), kReplacementBytes}, *this);
    if (!loader) return loader.error();
    return std::unique_ptr<model::Replacement>(
        std::make_unique<RocksReplacement>(*std::move(loader)));
}

Result<void> RocksStore::ingest(const std::vector<rocksdb::IngestExternalFileArg>& files) {
    if (hot_) hot_->begin_replacement();
    if (places_) places_->begin_replacement();
    const rocksdb::Status status = rocks_->db().IngestExternalFiles(files);
    if (places_) places_->end_replacement();
    if (hot_) hot_->end_replacement();
    warm_up();  // what was in memory is gone, whatever became of the files
    if (!status.ok()) return rocks_->error("adding the files of an import", status);
    return refresh();
}

/// A checkpoint: the files of the store under a second name, so that it takes a moment and, at
/// first, no space.
Result<std::string> RocksStore::back_up() {
    const auto folder = rocks_->dir() / kBackupsFolder;
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) {
        return Error{Errc::kStorage, folder.string() + ": cannot create the folder: " +
                                         failed.message() + "; check its permissions"};
    }
    const std::string place = (folder / std::to_string(clock_.now())).string();
    rocksdb::Checkpoint* made = nullptr;
    rocksdb::Status status = rocksdb::Checkpoint::Create(&rocks_->db(), &made);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    if (status.ok()) status = checkpoint->CreateCheckpoint(place);
    if (!status.ok()) return rocks_->error("making a backup", status);
    return place;
}

Result<std::unique_ptr<model::RecordStore>> open_rocks_store_on(const RocksOptions& options,
                                                                const model::Clock& clock,
                                                                rocksdb::Env* env) {
    auto store = RocksStore::open(options, clock, env);
    if (!store) return store.error();
    return std::unique_ptr<model::RecordStore>(*std::move(store));
}

Result<std::unique_ptr<model::RecordStore>> open_rocks_store(const RocksOptions& options,
                                                             const model::Clock& clock) {
    return open_rocks_store_on(options, clock, nullptr);
}

}  // namespace idnode::storage
