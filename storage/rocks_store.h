#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "registry/model/ports.h"
#include "storage/group_commit.h"
#include "storage/hot_records.h"
#include "storage/place_walk.h"
#include "storage/places.h"
#include "storage/plan.h"
#include "storage/rocks_db.h"
#include "storage/warm_up.h"

namespace rocksdb {
struct IngestExternalFileArg;
}

namespace idnode::storage {

/// The RocksDB engine. See README.md for what lies where.
class RocksStore final : public model::RecordStore {
  public:
    static Result<std::unique_ptr<RocksStore>> open(const RocksOptions& options,
                                                    const model::Clock& clock, rocksdb::Env* env);

    Result<model::Lookup> read(
        std::string_view key, model::ReadTier tier,
        model::FunctionRef<void(const model::RecordView&)> visit) const override;
    void foresee(std::span<const std::string_view> keys) const override;
    std::unique_ptr<model::RecordCursor> scan(std::string_view key_prefix,
                                              std::string_view after_key) const override;
    const model::PrefixBoard& prefixes() const override { return board_; }
    Result<model::Committed> commit(const model::Change& change) override;

    model::PartitionId partition_of(std::string_view /*key*/) const override { return 0; }
    std::size_t partition_count() const override { return 1; }
    bool is_atomic(std::span<const std::string_view> /*keys*/) const override { return true; }

    Result<std::optional<model::StoredObject>> read_object(model::Table table,
                                                           std::string_view key) const override;
    Result<std::vector<model::StoredObject>> scan_objects(model::Table table,
                                                          std::string_view key_prefix,
                                                          std::string_view after_key,
                                                          std::size_t count_max) const override;
    std::unique_ptr<model::ObjectCursor> walk_objects(model::Table table) const override;
    Result<std::optional<model::RecordView>> before_image(
        const model::LogEntry& entry) const override;

    Result<std::vector<model::LogEntry>> read_log(model::PartitionId partition,
                                                  model::TransactionId after,
                                                  std::size_t count_max) const override;
    Result<model::StoreCounts> counts() const override;

    Result<Bytes> mirror_state() const override;
    Result<std::unique_ptr<model::Replacement>> begin_replacement(std::string who) override;
    Result<std::string> back_up() override;

    const RocksDb& rocks() const { return *rocks_; }
    RocksDb& rocks() { return *rocks_; }
    model::TransactionId last() const { return last_.load(std::memory_order_acquire); }
    /// What is stored now, for planning. Borrows from the store.
    std::unique_ptr<StoredState> state() const;
    /// For the next log entry: now, but never before the last one. A mirror of several primaries
    /// takes a change with an older time for an older change (§7.5). With commits held.
    model::TimeMs log_time() const;
    /// Commits wait as long as the lock is held.
    std::unique_lock<std::mutex> hold_commits() { return std::unique_lock(writing_); }
    /// Takes in the files of a load, all families with one edit of the manifest. With commits held.
    Result<void> ingest(const std::vector<rocksdb::IngestExternalFileArg>& files);

  private:
    RocksStore(std::unique_ptr<RocksDb> rocks, const model::Clock& clock, bool read_only);

    Result<model::Lookup> search(std::string_view key, model::ReadTier tier,
                                 model::FunctionRef<void(BytesView)> visit) const;
    /// Reads the homed prefixes and the end of the log.
    Result<void> refresh();
    Result<void> start_keeping(const RocksOptions& options);
    /// Anew, after the content was replaced too.
    void warm_up();
    void begin_change(const std::vector<const Effect*>& effects);
    void end_change(const std::vector<const Effect*>& effects);
    void write(std::span<GroupCommit::Entry> group);
    Result<void> write(const Plan& plan);

    std::unique_ptr<RocksDb> rocks_;
    std::unique_ptr<HotRecords> hot_;  // null: nothing is kept in memory
    bool keeps_packed_ = false;        // records as they lie in the files
    std::unique_ptr<Places> places_;   // null: lookups on the disk go through RocksDB
    std::optional<WarmUp> warm_up_;
    std::optional<PlaceWalk> place_walk_;
    const model::Clock& clock_;
    const bool read_only_;
    std::atomic<model::TransactionId> last_{0};
    model::TimeMs last_time_ = 0;  // in the log
    std::mutex writing_;           // held by whoever adds to the log
    std::optional<Error> failed_;  // of the first failed write; touched by `write` alone
    model::PrefixBoard board_;
    GroupCommit commits_;  // last: its thread uses everything above
};

}  // namespace idnode::storage
