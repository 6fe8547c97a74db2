#include "storage/codec.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "proto/base/assert.h"
#include "proto/base/limits.h"
#include "proto/base/reader.h"
#include "proto/base/writer.h"
#include "proto/handle/value.h"
#include "storage/keys.h"
#include "storage/varint.h"

namespace idnode::storage {
namespace {

constexpr std::size_t kVersionAt = 2;  // in a stored record
constexpr std::size_t kHandleLengthAt = 10;
constexpr std::size_t kLogTextsAt = 11;  // in a log entry
constexpr std::size_t kTimestampAt = 4;  // in a `VALUE`, §2.1
constexpr std::size_t kTimestampBytes = 4;
/// Longest `who`: `index:handle`.
constexpr std::size_t kWhoBytesMax = limits::kHandleBytesMax + 16;

std::string quoted(std::string_view text) {
    return "'" + std::string(text) + "'";
}

Error damaged(std::string what, const WireError& error) {
    return {Errc::kDamaged, what + " is damaged in the store (field " + error.field + " at octet " +
                                std::to_string(error.offset) + "); restore it from a backup"};
}

Error newer_format(std::string what, unsigned format) {
    return {Errc::kUnsupported,
            what + " is stored in format " + std::to_string(format) +
                ", which a newer version of this program wrote; use that version"};
}

/// Equal octets but for the timestamp.
bool same_value(BytesView a, BytesView b) {
    constexpr std::size_t kAfter = kTimestampAt + kTimestampBytes;
    return a.size() == b.size() && same_octets(a.first(kTimestampAt), b.first(kTimestampAt)) &&
           same_octets(a.subspan(kAfter), b.subspan(kAfter));
}

/// Walks two `VALUES` sections side by side; both ascend by index.
class OldValues {
  public:
    explicit OldValues(BytesView values) : in_(values), values_(in_), current_(values_.next()) {}

    std::size_t count() const { return values_.count(); }
    /// The value with this index, if there is one. `index` never falls from call to call.
    const handle::ValueView* find(std::int32_t index) {
        while (current_ && current_->index < index) current_ = values_.next();
        return current_ && current_->index == index ? &*current_ : nullptr;
    }

  private:
    ByteReader in_;
    handle::ValuesReader values_;
    std::optional<handle::ValueView> current_;
};

bool is_known(model::Action action) {
    return action <= model::Action::kDeleteAll || model::concerns_object(action);
}

/// What an entry is about: its key, and what was there before.
Result<void> set_subject(std::uint8_t case_or_table, BytesView before, model::LogEntry& entry) {
    if (!model::concerns_object(entry.action)) {
        entry.key = model::key_of(entry.handle, static_cast<model::SuffixCase>(case_or_table));
        entry.before.assign(before.begin(), before.end());
        return {};
    }
    entry.table = static_cast<model::Table>(case_or_table);
    entry.key = std::exchange(entry.handle, {});
    if (before.empty()) return {};
    auto object = decode_object(object_key(entry.table, entry.key), before);
    if (!object) return object.error();
    entry.before = std::move(object->value);
    entry.before_version = object->version;
    return {};
}

}  // namespace

std::size_t encoded_record_bytes(const RecordParts& parts) {
    const bool as_key = parts.handle == model::key_text(parts.key);
    return kRecordHeaderBytes + (as_key ? 0 : parts.handle.size()) + parts.values.size();
}

void encode_record(const RecordParts& parts, std::span<std::byte> out) {
    IDNODE_ASSERT(parts.handle.size() <= std::numeric_limits<std::uint16_t>::max());
    const std::size_t handle_bytes = out.size() - kRecordHeaderBytes - parts.values.size();
    unsigned flags = parts.all_public ? record_flag::kAllPublic : 0U;
    if (handle_bytes == 0) flags |= record_flag::kHandleIsKey;
    out[0] = static_cast<std::byte>(kRecordFormat);
    out[1] = static_cast<std::byte>(flags);
    store(out, kVersionAt, parts.version);
    store(out, kHandleLengthAt, static_cast<std::uint16_t>(handle_bytes));
    const BytesView handle = as_bytes_view(parts.handle).first(handle_bytes);
    const auto values = std::ranges::copy(handle, out.begin() + kRecordHeaderBytes).out;
    std::ranges::copy(parts.values, values);
}

void encode_record(const RecordParts& parts, Bytes& out) {
    const std::size_t at = out.size();
    out.resize(at + encoded_record_bytes(parts));
    encode_record(parts, std::span(out).subspan(at));
}

void set_record_version(std::span<std::byte> stored, model::TransactionId version) {
    IDNODE_ASSERT(stored.size() >= kRecordHeaderBytes);
    for (std::size_t i = 0; i < sizeof version; ++i) {
        stored[kVersionAt + sizeof version - 1 - i] = static_cast<std::byte>(version >> (8U * i));
    }
}

Result<model::RecordView> decode_record(std::string_view key, BytesView stored) {
    ByteReader in(stored);
    const std::uint8_t format = in.u8("format");
    if (in.ok() && format > kRecordFormat) {
        return newer_format("the record " + quoted(model::key_text(key)), format);
    }
    if (format != kRecordFormat) in.fail(WireErrc::kBadValue, "format");
    const std::uint8_t flags = in.u8("flags");
    model::RecordView view;
    view.key = key;
    view.version = in.u64("version");
    const std::uint16_t handle_bytes = in.u16("handle length");
    view.handle = as_text(in.take(handle_bytes, "handle"));
    if ((flags & record_flag::kHandleIsKey) != 0) view.handle = model::key_text(key);
    view.all_public = (flags & record_flag::kAllPublic) != 0;
    view.values = in.rest();
    if (view.values.size() < sizeof(std::uint32_t)) in.fail(WireErrc::kTruncated, "values");
    if (!in.ok()) return damaged("the record " + quoted(model::key_text(key)), in.error());
    return view;
}

void encode_log_entry(const LogParts& parts, Bytes& out) {
    constexpr std::size_t kLengthBytes = sizeof(std::uint32_t);
    // Room at once: an import writes millions of them.
    std::size_t at = out.size();
    out.resize(at + kLogTextsAt + 3 * kLengthBytes + parts.who.size() + parts.from.size() +
               parts.handle.size() + parts.before.size());
    const std::span<std::byte> room(out);
    room[at] = static_cast<std::byte>(kLogFormat);
    room[at + 1] = static_cast<std::byte>(parts.action);
    room[at + 2] = model::concerns_object(parts.action) ? static_cast<std::byte>(parts.table)
                                                        : static_cast<std::byte>(parts.suffix_case);
    store(room, at + 3, static_cast<std::uint64_t>(parts.time));
    at += kLogTextsAt;
    for (const std::string_view text : {parts.who, parts.from, parts.handle}) {
        store(room, at, static_cast<std::uint32_t>(text.size()));
        at += kLengthBytes;
        std::ranges::copy(as_bytes_view(text), room.begin() + static_cast<std::ptrdiff_t>(at));
        at += text.size();
    }
    std::ranges::copy(parts.before, room.begin() + static_cast<std::ptrdiff_t>(at));
}

bool LogCreates::takes(model::TransactionId id, model::SuffixCase suffix_case) const {
    if (is_empty()) return true;
    return count_ < kCountMax && id == last_id_ + 1 && suffix_case == suffix_case_;
}

void LogCreates::add(model::TransactionId id, model::SuffixCase suffix_case,
                     std::string_view handle) {
    IDNODE_ASSERT(takes(id, suffix_case));
    ByteWriter out(octets_);
    if (is_empty()) {
        octets_.clear();
        out.u8(kCreatesFormat);
        out.u8(static_cast<std::uint8_t>(suffix_case));
        out.u64(static_cast<std::uint64_t>(time_));
        out.text_u32(who_);
        count_at_ = out.at();
        out.u32(0);
        handle_.clear();
        suffix_case_ = suffix_case;
    }
    const auto differs = std::ranges::mismatch(handle_, handle).in2;
    const auto shared = static_cast<std::size_t>(differs - handle.begin());
    const auto put = [&](std::uint8_t octet) { out.u8(octet); };
    write_varint(shared, put);
    write_varint(handle.size() - shared, put);
    out.raw(handle.substr(shared));
    out.patch_u32(count_at_, ++count_);
    handle_ = handle;
    last_id_ = id;
}

namespace {

Error damaged_entry(model::TransactionId id, const WireError& error) {
    return damaged("log entry " + std::to_string(id), error);
}

model::SuffixCase read_suffix_case(ByteReader& in) {
    const std::uint8_t suffix_case = in.u8("suffix case");
    if (suffix_case > static_cast<std::uint8_t>(model::SuffixCase::kKeep)) {
        in.fail(WireErrc::kBadValue, "suffix case");
    }
    return static_cast<model::SuffixCase>(suffix_case);
}

/// After the format.
Result<void> decode_creates(model::TransactionId id, ByteReader& in, model::TransactionId after,
                            std::size_t count_max, std::vector<model::LogEntry>& out) {
    model::LogEntry entry;
    entry.action = model::Action::kCreate;
    const auto suffix_case = read_suffix_case(in);
    entry.time = static_cast<model::TimeMs>(in.u64("time"));
    entry.who = in.text_u32("who", kWhoBytesMax);
    const std::size_t count = in.count_u32("count", LogCreates::kCountMax, 2);
    if (count == 0 || count > id) in.fail(WireErrc::kBadValue, "count");
    for (std::size_t left = count; in.ok() && left > 0; --left) {
        const std::size_t shared = read_varint(in, "shared octets");
        const std::size_t rest = read_varint(in, "handle length");
        if (shared > entry.handle.size()) in.fail(WireErrc::kTooLong, "shared octets");
        if (rest > limits::kHandleBytesMax - shared) in.fail(WireErrc::kTooLong, "handle length");
        const BytesView differs = in.take(rest, "handle");
        if (!in.ok()) break;
        entry.handle.resize(shared);
        entry.handle += as_text(differs);
        entry.id = id - left + 1;
        if (entry.id <= after || out.size() >= count_max) continue;
        entry.key = model::key_of(entry.handle, suffix_case);
        out.push_back(entry);
    }
    if (const auto done = in.finish(true); !done) return damaged_entry(id, done.error());
    return {};
}

/// After the format.
Result<model::LogEntry> decode_one(model::TransactionId id, std::uint8_t format, ByteReader& in) {
    model::LogEntry entry;
    entry.id = id;
    entry.action = static_cast<model::Action>(in.u8("action"));
    if (!is_known(entry.action)) in.fail(WireErrc::kBadValue, "action");
    const std::uint8_t case_or_table = in.u8("suffix case");
    if (!model::concerns_object(entry.action) &&
        case_or_table > static_cast<std::uint8_t>(model::SuffixCase::kKeep)) {
        in.fail(WireErrc::kBadValue, "suffix case");
    }
    entry.time = static_cast<model::TimeMs>(in.u64("time"));
    entry.who = in.text_u32("who", kWhoBytesMax);
    if (format > 1) entry.from = in.text_u32("from", kWhoBytesMax);
    entry.handle = in.text_u32("handle", limits::kHandleBytesMax);
    const BytesView before = in.rest();
    if (!in.ok()) return damaged_entry(id, in.error());
    if (auto set = set_subject(case_or_table, before, entry); !set) return std::move(set).error();
    return entry;
}

}  // namespace

Result<void> decode_log_entries(model::TransactionId id, BytesView stored,
                                model::TransactionId after, std::size_t count_max,
                                std::vector<model::LogEntry>& out) {
    ByteReader in(stored);
    const std::uint8_t format = in.u8("format");
    if (in.ok() && format > kCreatesFormat) {
        return newer_format("log entry " + std::to_string(id), format);
    }
    if (format == kCreatesFormat) return decode_creates(id, in, after, count_max, out);
    if (format == 0) in.fail(WireErrc::kBadValue, "format");
    auto entry = decode_one(id, format, in);
    if (!entry) return std::move(entry).error();
    if (id > after && out.size() < count_max) out.push_back(*std::move(entry));
    return {};
}

Result<std::optional<model::RecordView>> decode_before_image(const model::LogEntry& entry) {
    const bool is_record =
        entry.action == model::Action::kUpdate || entry.action == model::Action::kDelete;
    if (!is_record || entry.before.empty()) return std::optional<model::RecordView>{};
    auto view = decode_record(entry.key, entry.before);
    if (!view) return view.error();
    return std::optional(*view);
}

void encode_object(model::TransactionId version, BytesView octets, Bytes& out) {
    out.reserve(out.size() + 1 + sizeof version + octets.size());
    ByteWriter writer(out);
    writer.u8(kObjectFormat);
    writer.u64(version);
    writer.raw(octets);
}

namespace {

struct ObjectParts {
    model::TransactionId version = 0;
    BytesView octets;
};

Result<ObjectParts> object_parts(std::string_view key, BytesView stored) {
    const auto name = [key] {
        return "an object of table " +
               std::to_string(key.empty() ? 0U : static_cast<unsigned char>(key[0]));
    };
    ByteReader in(stored);
    const std::uint8_t format = in.u8("format");
    if (in.ok() && format > kObjectFormat) return newer_format(name(), format);
    if (format != kObjectFormat || key.empty()) in.fail(WireErrc::kBadValue, "format");
    ObjectParts out;
    out.version = in.u64("version");
    out.octets = in.rest();
    if (!in.ok()) return damaged(name(), in.error());
    return out;
}

}  // namespace

Result<model::StoredObject> decode_object(std::string_view key, BytesView stored) {
    const auto parts = object_parts(key, stored);
    if (!parts) return parts.error();
    return model::StoredObject{.key = std::string(key.substr(1)),
                               .version = parts->version,
                               .value = Bytes(parts->octets.begin(), parts->octets.end())};
}

Result<BytesView> decode_object_value(std::string_view key, BytesView stored) {
    const auto parts = object_parts(key, stored);
    if (!parts) return parts.error();
    return parts->octets;
}

void encode_prefix_entry(const PrefixEntry& entry, Bytes& out) {
    ByteWriter writer(out);
    writer.u8(kPrefixFormat);
    writer.u8(static_cast<std::uint8_t>(entry.suffix_case));
    writer.u64(entry.version);
}

Result<PrefixEntry> decode_prefix_entry(std::string_view prefix_handle, BytesView stored) {
    ByteReader in(stored);
    const std::uint8_t format = in.u8("format");
    if (in.ok() && format > kPrefixFormat) {
        return newer_format("the homed prefix " + quoted(prefix_handle), format);
    }
    if (format != kPrefixFormat) in.fail(WireErrc::kBadValue, "format");
    const model::SuffixCase suffix_case = read_suffix_case(in);
    const std::uint64_t version = in.u64("version");
    auto entry = in.finish(PrefixEntry{suffix_case, version});
    if (!entry) return damaged("the homed prefix " + quoted(prefix_handle), entry.error());
    return *entry;
}

Result<ValuesSummary> check_values(std::string_view handle, BytesView values) {
    if (values.size() > limits::kMessageBytesMax) {
        return Error{Errc::kLimit,
                     "the values of " + quoted(handle) + " take " + std::to_string(values.size()) +
                         " octets, above the limit of " + std::to_string(limits::kMessageBytesMax)};
    }
    ValuesSummary summary;
    ByteReader in(values);
    handle::ValuesReader reader(in);
    std::int32_t last = 0;
    while (const auto value = reader.next()) {
        if (value->index <= last) in.fail(WireErrc::kBadValue, "index");
        last = value->index;
        summary.all_public = summary.all_public && value->is_public();
    }
    const auto checked = in.finish(summary);
    if (checked) return *checked;
    return Error{Errc::kInvalid, "the values of " + quoted(handle) +
                                     " are not well-formed: field " + checked.error().field +
                                     " at octet " + std::to_string(checked.error().offset)};
}

RenewedValues renew_timestamps(BytesView values, BytesView old_values, std::uint32_t now_seconds) {
    RenewedValues out{Bytes(values.begin(), values.end()), false};
    OldValues old(old_values);
    ByteReader in(values);
    handle::ValuesReader reader(in);
    out.changed = reader.count() != old.count();
    std::size_t begin = in.at();
    while (const auto value = reader.next()) {
        const handle::ValueView* before = old.find(value->index);
        const bool same = before != nullptr && same_value(value->octets, before->octets);
        const std::uint32_t timestamp = same ? before->timestamp : now_seconds;
        ByteWriter(out.values).patch_u32(begin + kTimestampAt, timestamp);
        out.changed = out.changed || !same;
        begin = in.at();
    }
    return out;
}

bool same_values(BytesView a, BytesView b) {
    if (a.size() != b.size()) return false;
    ByteReader in_a(a);
    ByteReader in_b(b);
    handle::ValuesReader reader_a(in_a);
    handle::ValuesReader reader_b(in_b);
    if (reader_a.count() != reader_b.count()) return false;
    while (const auto value = reader_a.next()) {
        const auto other = reader_b.next();
        if (!other || !same_value(value->octets, other->octets)) return false;
    }
    return true;
}

}  // namespace idnode::storage
