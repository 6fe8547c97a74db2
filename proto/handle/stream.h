#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/base/writer.h"
#include "proto/handle/value.h"

/// What follows the response to retrieve transactions and dump handles on the same connection, §7.2
/// to §7.4. A stream is read piece by piece: each function takes one piece from the cursor. Where
/// the cursor ends in kTruncated the piece has not arrived completely: read more octets and begin
/// the piece again. Every other error ends the stream.
namespace idnode::handle {

enum class StreamProtection : std::uint32_t {  // wire
    kSigned = 0,
    kUnsigned = 0xFFFFFFFF,  // acceptable inside HTTPS only
    kTls = 0x544C5300,       // a TLS handshake starts right after this word
};

/// The first word, and the name of the hash of a signed stream.
struct StreamStart {
    StreamProtection protection = StreamProtection::kUnsigned;
    std::string hash_name{};  // kSigned only: `SHA1`

    bool operator==(const StreamStart&) const = default;
};
StreamStart read_stream_start(ByteReader& in);
void encode_stream_start(const StreamStart& start, ByteWriter& out);

/// At every sign point of a signed stream: a signature over the octets since the last one.
Bytes read_stream_signature(ByteReader& in);
inline void encode_stream_signature(BytesView signature, ByteWriter& out) {
    out.bytes_u32(signature);
}

enum class StreamFormat : std::uint32_t { kOneSource = 1, kAllSources = 2 };   // wire
enum class TransactionStatus : std::uint32_t { kMustDump = 1, kSending = 2 };  // wire

/// Before the first record of a transaction stream; a sign point follows.
struct TransactionStreamHeader {
    StreamFormat format = StreamFormat::kOneSource;
    TransactionStatus status = TransactionStatus::kSending;

    bool operator==(const TransactionStreamHeader&) const = default;
};
TransactionStreamHeader read_transaction_stream_header(ByteReader& in);
void encode_transaction_stream_header(const TransactionStreamHeader& header, ByteWriter& out);

enum class TransactionAction : std::uint8_t {  // wire
    kPlaceholder = 0,
    kCreate = 1,
    kDelete = 2,
    kUpdate = 3,
    kHome = 4,
    kUnhome = 5,
    kDeleteAll = 6,
};

struct Transaction {
    std::uint64_t id = 0;
    std::string handle{};
    TransactionAction action = TransactionAction::kCreate;
    std::uint64_t time_ms = 0;
    std::vector<Value> values{};  // kCreate and kUpdate: the record as it is now

    bool operator==(const Transaction&) const = default;
};

/// A transaction whose parts lie elsewhere, for writing.
struct TransactionView {
    std::uint64_t id = 0;
    std::string_view handle{};
    TransactionAction action = TransactionAction::kCreate;
    std::uint64_t time_ms = 0;
    BytesView values{};  // kCreate and kUpdate: a well-formed `VALUES` section, count first
};
void encode_transaction(const TransactionView& transaction, ByteWriter& out);

/// The following transactions belong to this queue (kAllSources).
struct QueueName {
    std::string name{};
    bool operator==(const QueueName&) const = default;
};

/// The current queue is complete up to this time (kAllSources).
struct QueueComplete {
    std::uint64_t time_ms = 0;
    bool operator==(const QueueComplete&) const = default;
};

struct EndOfTransactions {
    std::uint64_t next_query_ms = 0;  // kOneSource: to ask from next time
    bool operator==(const EndOfTransactions&) const = default;
};

/// Each is followed by a sign point.
using TransactionRecord = std::variant<Transaction, QueueName, QueueComplete, EndOfTransactions>;
TransactionRecord read_transaction_record(ByteReader& in, StreamFormat format);
void encode_transaction_record(const TransactionRecord& record, StreamFormat format,
                               ByteWriter& out);

/// The format word before the first record of a dump; a sign point follows.
inline constexpr std::uint32_t kDumpFormat = 2;
void read_dump_header(ByteReader& in);
inline void encode_dump_header(ByteWriter& out) {
    out.u32(kDumpFormat);
}

/// State of the other sites, in the text format of §7.3.
struct DumpSites {
    std::string text{};
    bool operator==(const DumpSites&) const = default;
};

/// From where to continue with transactions after the dump.
struct DumpPosition {
    std::uint64_t time_ms = 0;
    std::uint64_t last_transaction_id = 0;
    bool operator==(const DumpPosition&) const = default;
};

/// Last change of a handle or of a prefix.
struct DumpDate {
    bool prefix = false;
    std::string handle{};
    std::uint64_t time_ms = 0;
    std::uint32_t priority = 0;
    bool operator==(const DumpDate&) const = default;
};

struct DumpedHandle {
    std::string handle{};
    std::vector<Value> values{};
    bool operator==(const DumpedHandle&) const = default;
};

/// The same from a well-formed `VALUES` section.
void encode_dumped_handle(std::string_view handle, BytesView values, ByteWriter& out);

struct DumpedPrefix {
    std::string prefix_handle{};
    bool operator==(const DumpedPrefix&) const = default;
};

/// The end; the only record without a sign point after it.
struct EndOfDump {
    bool operator==(const EndOfDump&) const = default;
};

using DumpRecord =
    std::variant<DumpSites, DumpPosition, DumpDate, DumpedHandle, DumpedPrefix, EndOfDump>;
DumpRecord read_dump_record(ByteReader& in);
void encode_dump_record(const DumpRecord& record, ByteWriter& out);

/// A stream's set of values, §2.2: `i32` count, then `i32` length and `VALUE` each.
std::vector<Value> read_sized_values(ByteReader& in);
void encode_sized_values(const std::vector<Value>& values, ByteWriter& out);

}  // namespace idnode::handle
