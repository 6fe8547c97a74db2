#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <utility>

#include "storage/codec.h"
#include "storage/group_commit.h"
#include "storage/keys.h"
#include "storage/plan.h"
#include "storage/stores.h"

namespace idnode::storage {
namespace {

using Table = std::map<std::string, Bytes, std::less<>>;

/// A copy of the range: a snapshot in the simplest way.
class MemoryCursor final : public model::RecordCursor {
  public:
    explicit MemoryCursor(std::vector<std::pair<std::string, Bytes>> records)
        : records_(std::move(records)) {}

    Result<std::optional<model::RecordView>> next() override {
        if (at_ == records_.size()) return std::optional<model::RecordView>{};
        const auto& [key, stored] = records_[at_++];
        const auto view = decode_record(key, stored);
        if (!view) return view.error();
        return std::optional(*view);
    }

  private:
    std::vector<std::pair<std::string, Bytes>> records_;
    std::size_t at_ = 0;
};

/// As above.
class MemoryObjectCursor final : public model::ObjectCursor {
  public:
    explicit MemoryObjectCursor(std::vector<model::StoredObject> objects)
        : objects_(std::move(objects)) {}

    Result<bool> seek(std::string_view key) override {
        at_ = std::ranges::lower_bound(objects_, key, {}, &model::StoredObject::key);
        return at_ != objects_.end();
    }
    Result<bool> seek_before(std::string_view key) override {
        at_ = key.empty() ? objects_.end()
                          : std::ranges::lower_bound(objects_, key, {}, &model::StoredObject::key);
        return previous();
    }
    Result<bool> next() override { return ++at_ != objects_.end(); }
    Result<bool> previous() override {
        if (at_ == objects_.begin()) {
            at_ = objects_.end();
            return false;
        }
        --at_;
        return true;
    }
    std::string_view key() const override { return at_->key; }
    BytesView value() const override { return at_->value; }

  private:
    const std::vector<model::StoredObject> objects_;
    std::vector<model::StoredObject>::const_iterator at_ = objects_.end();
};

/// One change that puts what was added and erases everything else.
class MemoryReplacement final : public model::Replacement {
  public:
    MemoryReplacement(model::RecordStore& store, std::string who)
        : store_(store), change_{.who = std::move(who), .edits = {}, .replicated = true} {}

    Result<void> add(std::string_view handle, model::SuffixCase suffix_case,
                     BytesView values) override {
        kept_.insert(model::key_of(handle, suffix_case));
        change_.edits.push_back({.kind = model::Edit::Kind::kPut,
                                 .handle = std::string(handle),
                                 .suffix_case = suffix_case,
                                 .values = Bytes(values.begin(), values.end())});
        return {};
    }
    Result<void> home(std::string_view prefix_handle, model::SuffixCase suffix_case) override {
        auto name = homed_name(prefix_handle);
        if (!name) return name.error();
        homed_.insert(*std::move(name));
        change_.edits.push_back({.kind = model::Edit::Kind::kHome,
                                 .handle = std::string(prefix_handle),
                                 .suffix_case = suffix_case});
        return {};
    }
    Result<Counts> finish(BytesView mirror_state) override {
        if (auto removed = remove_others(); !removed) return removed.error();
        change_.mirror_state = Bytes(mirror_state.begin(), mirror_state.end());
        const auto committed = store_.commit(change_);
        if (!committed) return committed.error();
        return Counts{.created = committed->changed};
    }

  private:
    Result<void> remove_others() {
        const auto records = store_.scan({});
        for (;;) {
            const auto record = records->next();
            if (!record) return record.error();
            if (!*record) break;
            const std::string handle((*record)->handle);
            for (const auto suffix_case : {model::SuffixCase::kFold, model::SuffixCase::kKeep}) {
                if (kept_.contains(model::key_of(handle, suffix_case))) continue;
                change_.edits.push_back({.kind = model::Edit::Kind::kErase,
                                         .handle = handle,
                                         .suffix_case = suffix_case});
            }
        }
        const auto table = store_.prefixes().current();
        for (const auto& [name, suffix_case] : *table) {
            if (homed_.contains(name)) continue;
            change_.edits.push_back({.kind = model::Edit::Kind::kUnhome, .handle = name});
        }
        return {};
    }

    model::RecordStore& store_;
    model::Change change_;
    std::set<model::Key> kept_;
    std::set<std::string> homed_;
};

class MemoryStore final : public model::RecordStore {
  public:
    explicit MemoryStore(const model::Clock& clock)
        : clock_(clock), commits_([this](auto group) { write(group); }) {}

    Result<model::Lookup> read(
        std::string_view key, model::ReadTier /*tier*/,
        model::FunctionRef<void(const model::RecordView&)> visit) const override {
        const std::shared_lock lock(mutex_);
        const Table& records = table(Family::kRecords);
        const auto at = records.find(key);
        if (at == records.end()) return model::Lookup::kNotFound;
        const auto view = decode_record(key, at->second);
        if (!view) return view.error();
        visit(*view);
        return model::Lookup::kFound;
    }

    std::unique_ptr<model::RecordCursor> scan(std::string_view key_prefix,
                                              std::string_view after_key) const override {
        std::vector<std::pair<std::string, Bytes>> found;
        const std::shared_lock lock(mutex_);
        const Table& records = table(Family::kRecords);
        auto at = after_key < key_prefix || after_key.empty() ? records.lower_bound(key_prefix)
                                                              : records.upper_bound(after_key);
        for (; at != records.end() && at->first.starts_with(key_prefix); ++at) {
            found.emplace_back(*at);
        }
        return std::make_unique<MemoryCursor>(std::move(found));
    }

    const model::PrefixBoard& prefixes() const override { return board_; }

    Result<model::Committed> commit(const model::Change& change) override {
        return commits_.commit(change);
    }

    model::PartitionId partition_of(std::string_view /*key*/) const override { return 0; }
    std::size_t partition_count() const override { return 1; }
    bool is_atomic(std::span<const std::string_view> /*keys*/) const override { return true; }

    Result<std::optional<model::StoredObject>> read_object(model::Table object_table,
                                                           std::string_view key) const override {
        const std::string place = object_key(object_table, key);
        const std::shared_lock lock(mutex_);
        const Table& objects = table(family_of(object_table));
        const auto at = objects.find(place);
        if (at == objects.end()) return std::optional<model::StoredObject>{};
        auto object = decode_object(place, at->second);
        if (!object) return object.error();
        return std::optional(*std::move(object));
    }

    Result<std::vector<model::StoredObject>> scan_objects(model::Table object_table,
                                                          std::string_view key_prefix,
                                                          std::string_view after_key,
                                                          std::size_t count_max) const override {
        std::vector<model::StoredObject> found;
        const std::string beginning = object_key(object_table, key_prefix);
        const std::string after = object_key(object_table, after_key);
        const std::shared_lock lock(mutex_);
        const Table& objects = table(family_of(object_table));
        auto at = after < beginning || after_key.empty() ? objects.lower_bound(beginning)
                                                         : objects.upper_bound(after);
        for (; at != objects.end() && found.size() < count_max && at->first.starts_with(beginning);
             ++at) {
            auto object = decode_object(at->first, at->second);
            if (!object) return object.error();
            found.push_back(*std::move(object));
        }
        return found;
    }

    std::unique_ptr<model::ObjectCursor> walk_objects(model::Table object_table) const override {
        auto all = scan_objects(object_table, {}, {}, std::numeric_limits<std::size_t>::max());
        return std::make_unique<MemoryObjectCursor>(all ? *std::move(all)
                                                        : std::vector<model::StoredObject>{});
    }

    Result<std::optional<model::RecordView>> before_image(
        const model::LogEntry& entry) const override {
        return decode_before_image(entry);
    }

    Result<std::vector<model::LogEntry>> read_log(model::PartitionId partition,
                                                  model::TransactionId after,
                                                  std::size_t count_max) const override {
        if (partition != 0) return Error{Errc::kInvalid, "the store has one partition, 0"};
        std::vector<model::LogEntry> entries;
        const std::shared_lock lock(mutex_);
        const Table& log = table(Family::kLog);
        for (auto at = log.upper_bound(log_key(after));
             at != log.end() && entries.size() < count_max; ++at) {
            auto decoded =
                decode_log_entries(log_id(at->first), at->second, after, count_max, entries);
            if (!decoded) return std::move(decoded).error();
        }
        return entries;
    }

    Result<model::StoreCounts> counts() const override {
        const std::shared_lock lock(mutex_);
        model::StoreCounts counts;
        counts.records = table(Family::kRecords).size();
        counts.exact = true;
        counts.homed_prefixes = table(Family::kPrefixes).size();
        counts.log_end = {last_};
        return counts;
    }

    Result<Bytes> mirror_state() const override {
        const std::shared_lock lock(mutex_);
        const Table& meta = table(Family::kMeta);
        const auto at = meta.find(kMetaMirror);
        return at == meta.end() ? Bytes{} : at->second;
    }

    Result<std::unique_ptr<model::Replacement>> begin_replacement(std::string who) override {
        return std::unique_ptr<model::Replacement>(
            std::make_unique<MemoryReplacement>(*this, std::move(who)));
    }

    Result<std::string> back_up() override {
        return Error{Errc::kUnsupported, "this store lives in memory only"};
    }

  private:
    class State final : public StoredState {
      public:
        explicit State(const MemoryStore& store) : store_(store) {}
        Result<std::optional<BytesView>> find(Family family, std::string_view key) override {
            const Table& table = store_.table(family);
            const auto at = table.find(key);
            if (at == table.end()) return std::optional<BytesView>{};
            return std::optional<BytesView>(at->second);
        }

      private:
        const MemoryStore& store_;
    };

    Table& table(Family family) { return tables_[static_cast<std::size_t>(family)]; }
    const Table& table(Family family) const { return tables_[static_cast<std::size_t>(family)]; }

    void write(std::span<GroupCommit::Entry> group) {
        // Only this function writes, so planning needs no lock.
        State state(*this);
        Plan plan(state, last_);
        const model::TimeMs now = std::max(clock_.now(), last_time_);
        last_time_ = now;
        for (GroupCommit::Entry& entry : group) entry.result = plan.add(*entry.change, now);
        const std::unique_lock lock(mutex_);
        for (const Effect& effect : plan.effects()) {
            if (effect.value) {
                table(effect.family).insert_or_assign(effect.key, *effect.value);
            } else {
                table(effect.family).erase(effect.key);
            }
        }
        last_ = plan.last();
        if (!plan.changes_prefixes()) return;
        auto homed = std::make_shared<model::PrefixTable>(*board_.current());
        apply_to_table(plan, *homed);
        board_.publish(std::move(homed));
    }

    const model::Clock& clock_;
    mutable std::shared_mutex mutex_;
    std::array<Table, kFamilyCount> tables_;
    model::TransactionId last_ = 0;
    model::TimeMs last_time_ = 0;  // of a commit
    model::PrefixBoard board_;
    GroupCommit commits_;  // last: its thread uses everything above
};

}  // namespace

std::unique_ptr<model::RecordStore> make_memory_store(const model::Clock& clock) {
    return std::make_unique<MemoryStore>(clock);
}

}  // namespace idnode::storage
