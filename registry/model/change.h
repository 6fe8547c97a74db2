#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/base/bytes.h"
#include "registry/model/identifier.h"
#include "registry/model/record.h"

namespace idnode::model {

/// What a log entry did. Numbers are those of the replication protocol (§7.1).
enum class Action : std::uint8_t {  // stored
    kPlaceholder = 0,
    kCreate = 1,
    kDelete = 2,
    kUpdate = 3,
    kHomePrefix = 4,
    kUnhomePrefix = 5,
    kDeleteAll = 6,
};

/// Milliseconds since 1970 UTC.
using TimeMs = std::int64_t;

/// One thing that a change does. `put` and `erase` concern a record; `home` and `unhome` the list
/// of prefixes this node answers for.
struct Edit {
    enum class Kind : std::uint8_t { kPut, kErase, kHome, kUnhome };

    Kind kind = Kind::kPut;
    std::string handle{};  // as spelled; for home and unhome the prefix handle or marker
    SuffixCase suffix_case = SuffixCase::kFold;
    Bytes values{};  // kPut: from `encode_record_values`
    /// The version that the record must have now; 0: it must not exist. Not given: anything goes.
    std::optional<TransactionId> expected_version{};
};

/// What is committed together or not at all, all of one partition.
struct Change {
    std::string who;  // `index:handle` of the authenticated identity, or `import`, `init`
    std::vector<Edit> edits;
    /// The records are those of another node: put as they are given, spelling and timestamps too.
    bool replicated = false;
    /// Where this mirror stands, kept together with what was replicated; see
    /// `RecordStore::mirror_state`.
    std::optional<Bytes> mirror_state{};
};

/// One entry of the change log. There is one for each edit that changed something.
struct LogEntry {
    TransactionId id = 0;
    TimeMs time = 0;
    Action action = Action::kPlaceholder;
    std::string who;
    std::string handle;  // as spelled in the edit
    Key key;
    /// What the record was before: its stored form (see storage/README.md); empty after a creation.
    /// With the current record this gives every earlier state.
    Bytes before;
};

}  // namespace idnode::model
