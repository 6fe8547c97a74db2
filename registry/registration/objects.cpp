#include "registry/registration/objects.h"

#include <charconv>

#include "proto/base/reader.h"
#include "proto/base/writer.h"

namespace idnode::registration {

namespace {

constexpr std::int64_t kMsPerSecond = 1'000;
constexpr std::int32_t kNsPerMs = 1'000'000;

}  // namespace

std::string number_key(std::uint64_t number) {
    Bytes out;
    ByteWriter(out).u64(number);
    return std::string(as_text(out));
}

std::uint64_t number_of_key(std::string_view key) {
    ByteReader in(as_bytes_view(key));
    return in.u64("number");
}

bool read_cursor(std::string_view cursor, std::uint64_t& number) {
    const char* const end = cursor.data() + cursor.size();
    const auto [at, failed] = std::from_chars(cursor.data(), end, number);
    return failed == std::errc{} && at == end;
}

std::string pair_key(std::string_view first, std::string_view second) {
    std::string out(first);
    out += '\0';
    return out.append(second);
}

google::protobuf::Timestamp to_timestamp(model::TimeMs time) {
    google::protobuf::Timestamp out;
    out.set_seconds(time / kMsPerSecond);
    out.set_nanos(static_cast<std::int32_t>(time % kMsPerSecond) * kNsPerMs);
    return out;
}

model::TimeMs to_time(const google::protobuf::Timestamp& timestamp) {
    return timestamp.seconds() * kMsPerSecond + timestamp.nanos() / kNsPerMs;
}

Bytes to_octets(const google::protobuf::MessageLite& message) {
    Bytes out(message.ByteSizeLong());
    message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.data()));
    return out;
}

bool from_octets(BytesView octets, google::protobuf::MessageLite& message) {
    return message.ParseFromArray(octets.data(), static_cast<int>(octets.size()));
}

Outcome<std::optional<model::StoredObject>> read_stored(const model::RecordStore& store,
                                                        model::Table table, std::string_view key) {
    auto stored = store.read_object(table, key);
    if (!stored) return to_refusal(stored.error());
    return *std::move(stored);
}

Refusal damaged_object() {
    return to_refusal(Error{Errc::kDamaged, "an object is damaged in the store"});
}

Outcome<std::optional<std::string>> find_pointer(const model::RecordStore& store,
                                                 model::Table table, std::string_view key) {
    const auto stored = read_stored(store, table, key);
    if (!stored) return stored.error();
    if (!*stored) return std::optional<std::string>{};
    return std::optional<std::string>(as_text((*stored)->value));
}

Outcome<Numbered> next_number(const model::RecordStore& store, std::string_view series) {
    const auto stored = read_stored(store, model::Table::kCounters, series);
    if (!stored) return stored.error();
    Numbered out;
    if (*stored) {
        ByteReader in((*stored)->value);
        out.number = in.u64("number");
    }
    ++out.number;
    out.edit = {model::Table::kCounters, std::string(series), to_bytes(number_key(out.number)),
                *stored ? (*stored)->version : 0};
    return out;
}

model::Change change_by(const Actor& actor) {
    model::Change out;
    out.who = actor.who();
    out.from = actor.from;
    return out;
}

Outcome<model::Committed> commit(model::RecordStore& store, const model::Change& change) {
    auto committed = store.commit(change);
    if (!committed) return to_refusal(committed.error());
    return *committed;
}

}  // namespace idnode::registration
