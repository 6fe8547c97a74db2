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
};

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
