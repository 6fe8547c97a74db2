#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "registry/model/objects.h"
#include "registry/model/record.h"

/// Where everything lies in the store. Changing any line of this table, or of the layouts in
/// codec.h, needs a migration and a higher `kStoreFormat`. Numbers in keys are big-endian, so that
/// octet order is number order.
///
///   family    key                                  value (codec.h)        sort order
///   --------  -----------------------------------  ---------------------  ------------------------
///   default   `format`                             u32 store format       (fixed keys)
///             `store-id`                           16 random octets
///             `created`                            i64 ms since 1970 UTC
///             `dictionary`, u8 number              octets that records are packed with (packing.h)
///             `mirror`                             octets of the mirror (resolver/mirror)
///   records   canonical key (model::Key)           stored record          key order: one prefix is
///                                                                         one range, `88.100.7/`
///                                                                         ends before `88.100.70/`
///   log       u64 transaction id, of several       stored log entry, or   oldest first
///             creates that of the last             stored creates
///   prefixes  folded prefix handle or marker       stored prefix entry    by prefix handle
///   objects   u8 table, key (model::Table)         stored object          table by table
///   events    the same, of indexes of events       stored object          table by table
namespace idnode::storage {

/// What this program writes and the newest that it reads. Format 1 had no objects, format 2 no
/// events, format 3 no packed records, format 4 no creates that share a log entry; they become 5
/// when they are opened for writing.
inline constexpr std::uint32_t kStoreFormat = 5;  // stored

enum class Family : std::uint8_t { kMeta, kRecords, kLog, kPrefixes, kObjects, kEvents };
inline constexpr std::size_t kFamilyCount = 6;
inline constexpr std::size_t kFamilyCountOfFormat2 = 5;
inline constexpr std::size_t kFamilyCountOfFormat1 = 4;
/// By `Family`. RocksDB wants its first family to be called `default`.
inline constexpr std::array<std::string_view, kFamilyCount> kFamilyNames{
    // stored
    "default", "records", "log", "prefixes", "objects", "events"};

inline constexpr std::string_view kMetaFormat = "format";          // stored
inline constexpr std::string_view kMetaStoreId = "store-id";       // stored
inline constexpr std::string_view kMetaCreated = "created";        // stored
inline constexpr std::string_view kMetaDictionary = "dictionary";  // stored
inline constexpr std::string_view kMetaMirror = "mirror";          // stored, written by its owner
inline constexpr std::size_t kStoreIdBytes = 16;

std::string dictionary_key(std::uint8_t number);

inline constexpr std::size_t kLogKeyBytes = 8;
std::string log_key(model::TransactionId id);
/// 0, which no entry has, when `key` is not a log key.
model::TransactionId log_id(std::string_view key);

std::string object_key(model::Table table, std::string_view key);
/// Events are looked for by their keys, as objects are: filters tell where they are not. Their
/// indexes are only walked.
constexpr Family family_of(model::Table table) {
    return model::is_event(table) && table != model::Table::kEvents ? Family::kEvents
                                                                    : Family::kObjects;
}

/// The smallest key above every key that begins with `prefix`; empty: there is none.
std::string key_after_prefix(std::string_view prefix);

}  // namespace idnode::storage
