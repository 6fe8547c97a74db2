#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/model/change.h"
#include "registry/model/identifier.h"
#include "registry/model/record.h"

/// What is stored under the keys of keys.h, octet by octet. Values begin with a format of their
/// own, so that one kind of value can change without rewriting the others. Pure functions.
namespace idnode::storage {

inline constexpr std::uint8_t kRecordFormat = 1;   // stored
inline constexpr std::uint8_t kLogFormat = 2;      // stored; 1 is read too
inline constexpr std::uint8_t kCreatesFormat = 3;  // stored, in the log too
inline constexpr std::uint8_t kPrefixFormat = 1;   // stored
inline constexpr std::uint8_t kObjectFormat = 1;   // stored

namespace record_flag {                             // stored
inline constexpr std::uint8_t kAllPublic = 0x01;    // every value is publicly readable
inline constexpr std::uint8_t kHandleIsKey = 0x02;  // spelled as in the key: `handle` is left out
}  // namespace record_flag

/// Stored record. The values lie as they go over the wire: a lookup copies them and encodes
/// nothing.
///
///   0        1       2             10       12           12+h
///   +--------+-------+-------------+--------+------------+-----------------+
///   | format | flags | u64 version | u16 h  | handle (h) | VALUES (§0.1)   |
///   +--------+-------+-------------+--------+------------+-----------------+
struct RecordParts {
    std::string_view key;
    std::string_view handle;  // as spelled
    model::TransactionId version = 0;
    bool all_public = false;
    BytesView values;
};
inline constexpr std::size_t kRecordHeaderBytes = 12;
std::size_t encoded_record_bytes(const RecordParts& parts);
/// Fills `out`, which has exactly that size.
void encode_record(const RecordParts& parts, std::span<std::byte> out);
/// Appends to `out`.
void encode_record(const RecordParts& parts, Bytes& out);
/// Writes the version into an encoded record: bulk loads learn it last.
void set_record_version(std::span<std::byte> stored, model::TransactionId version);
/// Views point into `stored` and `key`. The values are not walked. Allocates only to refuse:
/// kDamaged, or kUnsupported for a newer format.
Result<model::RecordView> decode_record(std::string_view key, BytesView stored);

/// Stored log entry; `before` fills the rest. The key of a record follows from handle and suffix
/// case; that of an object stands in place of the handle, and its table in place of the suffix
/// case. Format 1 had no `from`.
///
///   0        1        2             3          11      15    15+w    19+w   19+w+f
///   +--------+--------+-------------+----------+-------+-----+-------+------+-------+--------+---
///   | format | action | suffix case | i64 time | u32 w | who | u32 f | from | u32 h | handle | …
///   +--------+--------+-------------+----------+-------+-----+-------+------+-------+--------+---
struct LogParts {
    model::Action action = model::Action::kPlaceholder;
    model::SuffixCase suffix_case = model::SuffixCase::kFold;
    model::TimeMs time = 0;
    std::string_view who;
    std::string_view handle;
    BytesView before;  // the stored record, prefix entry or object that was replaced, if any
    std::string_view from{};
    model::Table table = model::Table::kErasures;  // of objects
};
void encode_log_entry(const LogParts& parts, Bytes& out);

/// Log entries of creates that follow each other, of one load: they have who, time and suffix case
/// in common, and each handle begins with `s` octets of the one before. The key is the id of the
/// last, so that a search for any of them finds it. Varints are those of varint.h.
///
///   0        1             2          10      14    14+w    18+w
///   +--------+-------------+----------+-------+-----+-------+------------------------------------+
///   | format | suffix case | i64 time | u32 w | who | u32 n | n x (varint s, varint r, r octets) |
///   +--------+-------------+----------+-------+-----+-------+------------------------------------+
class LogCreates {
  public:
    /// More than this is not read. One entry costs the decoding of all.
    static constexpr std::size_t kCountMax = 128;

    LogCreates(std::string who, model::TimeMs time) : who_(std::move(who)), time_(time) {}
    bool is_empty() const { return count_ == 0; }
    /// Whether that is the next, after whatever there is.
    bool takes(model::TransactionId id, model::SuffixCase suffix_case) const;
    void add(model::TransactionId id, model::SuffixCase suffix_case, std::string_view handle);
    model::TransactionId last_id() const { return last_id_; }
    BytesView octets() const { return octets_; }
    void clear() { count_ = 0; }

  private:
    const std::string who_;
    const model::TimeMs time_;
    model::TransactionId last_id_ = 0;
    model::SuffixCase suffix_case_ = model::SuffixCase::kFold;
    std::uint32_t count_ = 0;
    std::size_t count_at_ = 0;
    std::string handle_;  // the last
    Bytes octets_;
};

/// Appends the entries stored under `id` whose ids are above `after`, until there are `count_max`
/// in `out`. After an error `out` may have grown.
Result<void> decode_log_entries(model::TransactionId id, BytesView stored,
                                model::TransactionId after, std::size_t count_max,
                                std::vector<model::LogEntry>& out);
/// See `RecordStore::before_image`.
Result<std::optional<model::RecordView>> decode_before_image(const model::LogEntry& entry);

/// Stored prefix entry.
///
///   0        1             2
///   +--------+-------------+-------------+
///   | format | suffix case | u64 version |
///   +--------+-------------+-------------+
struct PrefixEntry {
    model::SuffixCase suffix_case = model::SuffixCase::kFold;
    model::TransactionId version = 0;
};
void encode_prefix_entry(const PrefixEntry& entry, Bytes& out);
Result<PrefixEntry> decode_prefix_entry(std::string_view prefix_handle, BytesView stored);

/// Stored object.
///
///   0        1
///   +--------+-------------+--------+
///   | format | u64 version | octets |
///   +--------+-------------+--------+
void encode_object(model::TransactionId version, BytesView octets, Bytes& out);
/// `key`: with the table before it.
Result<model::StoredObject> decode_object(std::string_view key, BytesView stored);
/// Its octets alone, as a view into `stored`.
Result<BytesView> decode_object_value(std::string_view key, BytesView stored);

/// Walks a `VALUES` section that is to be stored: well-formed to its last octet, indexes positive
/// and ascending, within one message. kInvalid and kLimit name `handle` and the place.
struct ValuesSummary {
    bool all_public = true;
};
Result<ValuesSummary> check_values(std::string_view handle, BytesView values);

/// Timestamps of a record that is written over `old_values` (§ `RecordStore::commit`): a value that
/// is new or differs gets `now_seconds`, an equal one keeps its own. Both sections are well-formed.
/// `changed` is false when they hold the same values.
struct RenewedValues {
    Bytes values;
    bool changed = false;
};
RenewedValues renew_timestamps(BytesView values, BytesView old_values, std::uint32_t now_seconds);
/// The same values but for their timestamps.
bool same_values(BytesView a, BytesView b);

}  // namespace idnode::storage
