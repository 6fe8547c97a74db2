#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "registry/model/ports.h"
#include "registry/registration/refusal.h"

namespace idnode::registration {

/// What a record was at a time, owning its octets.
struct PastRecord {
    std::string handle;
    model::TransactionId version = 0;
    bool all_public = false;
    Bytes values;

    model::RecordView view() const { return {handle, version, all_public, values, {}}; }
};
PastRecord to_past(const model::RecordView& view);

/// The changes of one record, newest first, found from version to version: each state of a record
/// names the log entry that made it, and the entry holds the state before. What a mirror took over
/// as a whole has no history from before. Blocks on the disk.
class HistoryWalk {
  public:
    HistoryWalk(const model::RecordStore& store, model::Key key)
        : store_(store), key_(std::move(key)) {}

    struct Step {
        model::LogEntry entry;
        std::optional<PastRecord> after;  // nothing: the record was deleted
    };
    /// Nothing at the end.
    Outcome<std::optional<Step>> next();
    /// Goes on behind the change with this number. False: it is none of this record's.
    Outcome<bool> skip_to(model::TransactionId id);

  private:
    Outcome<void> begin();
    Outcome<void> step_back(const model::LogEntry& entry);
    Outcome<std::optional<model::LogEntry>> entry_of(model::TransactionId id) const;
    /// The last deletion before `id`; 0: there was none.
    Outcome<model::TransactionId> deletion_before(model::TransactionId id) const;

    const model::RecordStore& store_;
    const model::Key key_;
    bool begun_ = false;
    model::TransactionId next_ = 0;  // 0: this was all
    std::optional<PastRecord> state_;
};

}  // namespace idnode::registration
