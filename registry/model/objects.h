#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "proto/base/bytes.h"
#include "registry/model/record.h"

/// What a store keeps besides records: octets under a table and a key, written in the same commits
/// as records. What they mean is known to the owner of the table.
namespace idnode::model {

/// The tables, with their keys. Numbers in keys are big-endian; NUL stands between texts.
enum class Table : std::uint8_t {  // stored
    kErasures = 0,                 // record key; kept by the store itself, see `Erasures`
    // What people and systems registered: each change of these has a log entry.
    kEnterprises = 1,   // u64 id
    kAccounts = 2,      // name
    kPrefixes = 3,      // folded prefix
    kTemplates = 4,     // folded prefix, NUL, version
    kTokens = 5,        // SHA-256 of the token
    kCodingRules = 6,   // folded prefix, NUL, name
    kSerialRanges = 7,  // folded prefix, NUL, name of the rule; of a lease also NUL, u64 first
    kGrants = 8,        // u64 id
    // What follows from the above or helps to change it: without log entries.
    kCounters = 64,             // name
    kEnterpriseByCode = 65,     // kind of certificate, NUL, number
    kAccountByContact = 66,     // `email` or `mobile`, NUL, what it is
    kAccountByEnterprise = 67,  // u64 enterprise, account name
    kPrefixByEnterprise = 68,   // u64 enterprise, folded prefix
    kTokenByAccount = 69,       // account name, NUL, u64 number of the token
    kTemplateByHandle = 70,     // key of the template's handle
    kOperations = 71,           // u64 day, account name, NUL, idempotency key
    kMeters = 72,               // u64 enterprise, u64 day
    kFiles = 73,                // `d` (description) or `o` (octets), u64 id
    kGrantByGrantee = 74,       // u64 enterprise that may read, u64 id of the grant
    kGrantByOwner = 75,         // u64 enterprise whose identifiers they are, u64 id of the grant
    kAuthorities = 76,    // beginning of canonical keys, as GS1 company prefixes: u64 enterprise
    kCaptureJobs = 77,    // kind, u64 id (`registry/events/capture_jobs.cpp`)
    kNamedQueries = 78,   // u64 enterprise, name
    kSubscriptions = 79,  // u64 enterprise, name of the query, NUL, id
    kReceipts = 80,       // u64 enterprise whose data were read, i64 time, u64 number
    kReleases = 81,       // u64 id
    kEventIds = 82,       // event id
    kPeerTokens = 83,     // u64 enterprise, folded prefix of other nodes
    // Lifecycle events and their indexes (`registry/events/event_keys.h`): without log entries,
    // the indexes in a family of their own.
    kEvents = 128,              // event key; the event, or where it lies
    kEventErrors = 129,         // event id, NUL, event key of the declaration
    kEventsByIdentifier = 130,  // identifier, time, event key
    kEventLinks = 131,          // identifier, role, time, event key
    kEventsByTime = 132,        // time, event key
    kEventsByType = 133,        // type and action, time, event key
    kEventsByWord = 134,        // kind of word, word, NUL, time, event key
    kEventsByPlace = 135,       // kind of place, identifier, time, event key
    kEventsByReference = 136,   // kind, type, NUL, id, NUL, time, event key
};

/// Events and their indexes only grow: what is written without an expected version is written
/// unseen.
constexpr bool is_event(Table table) {
    return static_cast<std::uint8_t>(table) >= static_cast<std::uint8_t>(Table::kEvents);
}

/// Whether changes of a table's objects are part of the audit trail.
constexpr bool is_logged(Table table) {
    return static_cast<std::uint8_t>(table) < static_cast<std::uint8_t>(Table::kCounters) &&
           table != Table::kErasures;
}

/// One object that a change writes or removes.
struct ObjectEdit {
    Table table = Table::kCounters;
    std::string key{};
    std::optional<Bytes> value{};  // nothing: the object is removed
    /// The version that the object must have now; 0: it must not exist. Not given: anything goes.
    std::optional<TransactionId> expected_version{};
};

/// `version`: of a logged object the transaction that wrote it; of another the last transaction
/// of the change that wrote it, or before it when that had none.
struct StoredObject {
    std::string key;
    TransactionId version = 0;
    Bytes value;
};

}  // namespace idnode::model
