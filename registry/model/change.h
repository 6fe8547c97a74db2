#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/base/bytes.h"
#include "registry/model/identifier.h"
#include "registry/model/objects.h"
#include "registry/model/record.h"

namespace idnode::model {

/// What a log entry did. Numbers below 128 are those of the replication protocol (§7.1); the others
/// are ours, and mirrors do not hear of them.
enum class Action : std::uint8_t {  // stored
    kPlaceholder = 0,
    kCreate = 1,
    kDelete = 2,
    kUpdate = 3,
    kHomePrefix = 4,
    kUnhomePrefix = 5,
    kDeleteAll = 6,
    kPutObject = 128,
    kRemoveObject = 129,
};

constexpr bool concerns_object(Action action) {
    return action == Action::kPutObject || action == Action::kRemoveObject;
}

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
    std::string who;  // `index:handle` or `account:name` of who was authenticated; `import`, `init`
    std::vector<Edit> edits;
    /// The records are those of another node: put as they are given, spelling and timestamps too.
    bool replicated = false;
    /// Where this mirror stands, kept together with what was replicated; see
    /// `RecordStore::mirror_state`.
    std::optional<Bytes> mirror_state{};
    /// Where the request came from, for the audit trail; empty: from this machine itself.
    std::string from{};
    std::vector<ObjectEdit> objects{};  // after the edits
};

/// One entry of the change log. There is one for each edit that changed something, of a record, a
/// homed prefix or a logged object.
struct LogEntry {
    TransactionId id = 0;
    TimeMs time = 0;
    Action action = Action::kPlaceholder;
    std::string who;
    std::string handle;  // as spelled in the edit; of objects empty
    Key key;             // of the record or object
    /// What was there before, empty after a creation. Of a record its stored form (see
    /// `RecordStore::before_image`), of an object its octets. With the current state this gives
    /// every earlier one.
    Bytes before;
    std::string from{};                // see `Change`
    Table table = Table::kErasures;    // of objects
    TransactionId before_version = 0;  // of objects; 0: there was none
};

}  // namespace idnode::model
