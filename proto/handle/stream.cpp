#include "proto/handle/stream.h"

#include "proto/base/limits.h"

namespace idnode::handle {

namespace {

constexpr std::size_t kHashNameBytesMax = 64;

namespace transaction_tag {  // wire
constexpr std::uint8_t kEnd = 0;
constexpr std::uint8_t kTransaction = 1;
constexpr std::uint8_t kQueueName = 2;
constexpr std::uint8_t kQueueComplete = 3;
}  // namespace transaction_tag

namespace dump_tag {  // wire
constexpr std::uint8_t kPosition = 0;
constexpr std::uint8_t kHandle = 1;
constexpr std::uint8_t kHomedPrefix = 2;
constexpr std::uint8_t kHandleDate = 3;
constexpr std::uint8_t kPrefixDate = 4;
constexpr std::uint8_t kSites = 5;
constexpr std::uint8_t kDone = 0xFF;
}  // namespace dump_tag

bool carries_values(TransactionAction action) {
    return action == TransactionAction::kCreate || action == TransactionAction::kUpdate;
}

std::string read_text(ByteReader& in, const char* field) {
    return std::string(in.text_u32(field, limits::kFieldBytesMax));
}

Transaction read_transaction(ByteReader& in) {
    Transaction out;
    out.id = in.u64("transaction id");
    out.handle = read_text(in, "handle");
    const std::uint8_t action = in.u8("transaction action");
    if (action > static_cast<std::uint8_t>(TransactionAction::kDeleteAll)) {
        in.fail(WireErrc::kBadValue, "transaction action");
    }
    out.action = static_cast<TransactionAction>(action);
    out.time_ms = in.u64("transaction time");
    if (carries_values(out.action)) out.values = read_sized_values(in);
    return out;
}

/// Everything but the values.
template <class Record>
void write_transaction_head(const Record& record, ByteWriter& out) {
    out.u8(transaction_tag::kTransaction);
    out.u64(record.id);
    out.text_u32(record.handle);
    out.u8(static_cast<std::uint8_t>(record.action));
    out.u64(record.time_ms);
}

void write_record(const Transaction& record, StreamFormat, ByteWriter& out) {
    write_transaction_head(record, out);
    if (carries_values(record.action)) encode_sized_values(record.values, out);
}

/// A `VALUES` section with a length in front of each value.
void write_sized_values(BytesView values, ByteWriter& out) {
    ByteReader in(values);
    ValuesReader reader(in);
    out.u32(static_cast<std::uint32_t>(reader.count()));
    while (const auto value = reader.next()) out.bytes_u32(value->octets);
}

void write_record(const QueueName& record, StreamFormat, ByteWriter& out) {
    out.u8(transaction_tag::kQueueName);
    out.text_u32(record.name);
}

void write_record(const QueueComplete& record, StreamFormat, ByteWriter& out) {
    out.u8(transaction_tag::kQueueComplete);
    out.u64(record.time_ms);
}

void write_record(const EndOfTransactions& record, StreamFormat format, ByteWriter& out) {
    out.u8(transaction_tag::kEnd);
    if (format == StreamFormat::kOneSource) out.u64(record.next_query_ms);
}

DumpDate read_dump_date(ByteReader& in, bool prefix) {
    DumpDate out;
    out.prefix = prefix;
    out.handle = read_text(in, "handle");
    out.time_ms = in.u64("time of the last change");
    out.priority = in.u32("priority");
    return out;
}

void write_dump(const DumpSites& record, ByteWriter& out) {
    out.u8(dump_tag::kSites);
    out.text_u32(record.text);
}

void write_dump(const DumpPosition& record, ByteWriter& out) {
    out.u8(dump_tag::kPosition);
    out.u64(record.time_ms);
    out.u64(record.last_transaction_id);
}

void write_dump(const DumpDate& record, ByteWriter& out) {
    out.u8(record.prefix ? dump_tag::kPrefixDate : dump_tag::kHandleDate);
    out.text_u32(record.handle);
    out.u64(record.time_ms);
    out.u32(record.priority);
}

void write_dump(const DumpedHandle& record, ByteWriter& out) {
    out.u8(dump_tag::kHandle);
    out.text_u32(record.handle);
    encode_sized_values(record.values, out);
}

void write_dump(const DumpedPrefix& record, ByteWriter& out) {
    out.u8(dump_tag::kHomedPrefix);
    out.text_u32(record.prefix_handle);
}

void write_dump(const EndOfDump&, ByteWriter& out) {
    out.u8(dump_tag::kDone);
}

}  // namespace

StreamStart read_stream_start(ByteReader& in) {
    StreamStart out;
    out.protection = static_cast<StreamProtection>(in.u32("stream protection"));
    switch (out.protection) {
        case StreamProtection::kSigned:
            out.hash_name = in.text_u32("hash name", kHashNameBytesMax);
            break;
        case StreamProtection::kUnsigned:
        case StreamProtection::kTls:
            break;
        default:
            in.fail(WireErrc::kBadValue, "stream protection");
    }
    return out;
}

void encode_stream_start(const StreamStart& start, ByteWriter& out) {
    out.u32(static_cast<std::uint32_t>(start.protection));
    if (start.protection == StreamProtection::kSigned) out.text_u32(start.hash_name);
}

Bytes read_stream_signature(ByteReader& in) {
    const BytesView octets = in.bytes_u32("stream signature", limits::kKeyIntegerBytesMax);
    return {octets.begin(), octets.end()};
}

TransactionStreamHeader read_transaction_stream_header(ByteReader& in) {
    const std::uint32_t format = in.u32("stream format");
    const std::uint32_t status = in.u32("stream status");
    if (format < 1 || format > 2) in.fail(WireErrc::kBadValue, "stream format");
    if (status < 1 || status > 2) in.fail(WireErrc::kBadValue, "stream status");
    return {static_cast<StreamFormat>(format), static_cast<TransactionStatus>(status)};
}

void encode_transaction_stream_header(const TransactionStreamHeader& header, ByteWriter& out) {
    out.u32(static_cast<std::uint32_t>(header.format));
    out.u32(static_cast<std::uint32_t>(header.status));
}

void encode_transaction(const TransactionView& transaction, ByteWriter& out) {
    write_transaction_head(transaction, out);
    if (carries_values(transaction.action)) write_sized_values(transaction.values, out);
}

TransactionRecord read_transaction_record(ByteReader& in, StreamFormat format) {
    const std::uint8_t tag = in.u8("record kind");
    const bool all_sources = format == StreamFormat::kAllSources;
    if (tag == transaction_tag::kTransaction) return read_transaction(in);
    if (tag == transaction_tag::kEnd) {
        return EndOfTransactions{all_sources ? 0 : in.u64("next query time")};
    }
    if (all_sources && tag == transaction_tag::kQueueName) {
        return QueueName{read_text(in, "queue name")};
    }
    if (all_sources && tag == transaction_tag::kQueueComplete) {
        return QueueComplete{in.u64("queue time")};
    }
    in.fail(WireErrc::kBadValue, "record kind");
    return {};
}

void encode_transaction_record(const TransactionRecord& record, StreamFormat format,
                               ByteWriter& out) {
    std::visit([&](const auto& each) { write_record(each, format, out); }, record);
}

void read_dump_header(ByteReader& in) {
    if (in.u32("dump format") != kDumpFormat) in.fail(WireErrc::kBadValue, "dump format");
}

DumpRecord read_dump_record(ByteReader& in) {
    const std::uint8_t tag = in.u8("record kind");
    switch (tag) {
        case dump_tag::kPosition: {
            DumpPosition out;
            out.time_ms = in.u64("time");
            out.last_transaction_id = in.u64("last transaction id");
            return out;
        }
        case dump_tag::kHandle: {
            DumpedHandle out;
            out.handle = read_text(in, "handle");
            out.values = read_sized_values(in);
            return out;
        }
        case dump_tag::kHomedPrefix:
            return DumpedPrefix{read_text(in, "prefix handle")};
        case dump_tag::kHandleDate:
            return read_dump_date(in, false);
        case dump_tag::kPrefixDate:
            return read_dump_date(in, true);
        case dump_tag::kSites:
            return DumpSites{read_text(in, "state of other sites")};
        case dump_tag::kDone:
            return EndOfDump{};
        default:
            in.fail(WireErrc::kBadValue, "record kind");
            return EndOfDump{};
    }
}

void encode_dumped_handle(std::string_view handle, BytesView values, ByteWriter& out) {
    out.u8(dump_tag::kHandle);
    out.text_u32(handle);
    write_sized_values(values, out);
}

void encode_dump_record(const DumpRecord& record, ByteWriter& out) {
    std::visit([&](const auto& each) { write_dump(each, out); }, record);
}

std::vector<Value> read_sized_values(ByteReader& in) {
    const std::size_t count =
        in.count_u32("value count", limits::kStreamRecordValuesMax, kValueBytesMin + 4);
    std::vector<Value> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        ByteReader one(in.bytes_u32("value length", limits::kFieldBytesMax));
        if (!in.ok()) break;
        const ValueView view = read_value(one);
        if (!one.ok() || one.left() > 0) {
            in.fail(WireErrc::kBadValue, "value");  // its length disagrees with its content
            break;
        }
        out.push_back(to_value(view));
    }
    return out;
}

void encode_sized_values(const std::vector<Value>& values, ByteWriter& out) {
    out.u32(static_cast<std::uint32_t>(values.size()));
    for (const Value& value : values) {
        const std::size_t length_at = out.at();
        out.u32(0);
        encode_value(value, out);
        out.patch_u32(length_at, static_cast<std::uint32_t>(out.at() - length_at - 4));
    }
}

}  // namespace idnode::handle
