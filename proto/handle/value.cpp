#include "proto/handle/value.h"

#include <algorithm>
#include <limits>

#include "proto/base/limits.h"
#include "proto/base/text.h"

namespace idnode::handle {

namespace {

// Walks past the references; their octets.
BytesView skip_references(ByteReader& in, std::size_t count) {
    if (count == 0) return {};
    const BytesView before = in.rest();
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        in.bytes_u32("reference handle", limits::kFieldBytesMax);
        in.u32("reference index");
    }
    return before.first(in.ok() ? before.size() - in.left() : 0);
}

// What a value and a view of one share: all before the references.
template <typename AnyValue>
void encode_value_head(const AnyValue& value, ByteWriter& out) {
    out.u32(static_cast<std::uint32_t>(value.index));
    out.u32(value.timestamp);
    out.u8(static_cast<std::uint8_t>(value.ttl_type));
    out.u32(value.ttl);
    out.u8(value.permissions);
    out.text_u32(value.type);
    out.bytes_u32(value.data);
}

}  // namespace

ValueView read_value(ByteReader& in) {
    const BytesView before = in.rest();
    ValueView out;
    out.index = static_cast<std::int32_t>(in.u32("value index"));
    out.timestamp = in.u32("value timestamp");
    const std::uint8_t ttl_type = in.u8("TTL type");
    if (ttl_type > 1) in.fail(WireErrc::kBadValue, "TTL type");
    out.ttl_type = static_cast<TtlType>(ttl_type);
    out.ttl = in.u32("TTL");
    out.permissions = in.u8("value permissions");
    out.type = in.text_u32("value type", limits::kFieldBytesMax);
    out.data = in.bytes_u32("value data", limits::kFieldBytesMax);
    const std::size_t count =
        in.count_u32("reference count", limits::kFieldBytesMax, kReferenceBytesMin);
    out.reference_count = static_cast<std::uint32_t>(count);
    out.references = skip_references(in, count);
    out.octets = before.first(in.ok() ? before.size() - in.left() : 0);
    return out;
}

Reference read_reference(ByteReader& in) {
    Reference out;
    out.handle = in.text_u32("reference handle", limits::kFieldBytesMax);
    out.index = in.u32("reference index");
    return out;
}

void encode_reference(const Reference& reference, ByteWriter& out) {
    out.text_u32(reference.handle);
    out.u32(reference.index);
}

std::vector<Reference> decode_references(const ValueView& value) {
    ByteReader in(value.references);
    std::vector<Reference> out;
    out.reserve(value.reference_count);
    for (std::uint32_t i = 0; i < value.reference_count && in.ok(); ++i) {
        out.push_back(read_reference(in));
    }
    return out;
}

Value to_value(const ValueView& view) {
    return {.index = view.index,
            .timestamp = view.timestamp,
            .ttl_type = view.ttl_type,
            .ttl = view.ttl,
            .permissions = view.permissions,
            .type = std::string(view.type),
            .data = Bytes(view.data.begin(), view.data.end()),
            .references = decode_references(view)};
}

void encode_value(const Value& value, ByteWriter& out) {
    encode_value_head(value, out);
    out.u32(static_cast<std::uint32_t>(value.references.size()));
    for (const Reference& reference : value.references) encode_reference(reference, out);
}

void encode_value(const ValueView& value, ByteWriter& out) {
    encode_value_head(value, out);
    out.u32(value.reference_count);
    out.raw(value.references);
}

void encode_values(std::span<const Value> values, ByteWriter& out) {
    out.u32(static_cast<std::uint32_t>(values.size()));
    for (const Value& value : values) encode_value(value, out);
}

Bytes encode_values(std::span<const Value> values) {
    Bytes out;
    ByteWriter writer(out);
    encode_values(values, writer);
    return out;
}

ValuesReader::ValuesReader(ByteReader& in)
    : in_(in), count_(in.count_u32("value count", limits::kFieldBytesMax, kValueBytesMin)) {}

std::optional<ValueView> ValuesReader::next() {
    if (done_ == count_) return std::nullopt;
    ++done_;
    ValueView value = read_value(in_);
    if (!in_.ok()) return std::nullopt;
    return value;
}

std::vector<Value> read_values(ByteReader& in) {
    ValuesReader values(in);
    std::vector<Value> out;
    out.reserve(values.count());
    while (const auto value = values.next()) out.push_back(to_value(*value));
    return out;
}

BytesView skip_values(ByteReader& in, std::size_t count_max) {
    const BytesView before = in.rest();
    ValuesReader values(in);
    if (values.count() > count_max) in.fail(WireErrc::kTooLong, "value count");
    while (in.ok() && values.next()) {
    }
    return before.first(in.ok() ? before.size() - in.left() : 0);
}

Result<std::vector<Value>, WireError> decode_values(BytesView octets) {
    ByteReader in(octets);
    auto values = read_values(in);
    return in.finish(std::move(values));
}

bool type_matches(std::string_view requested, std::string_view type) {
    if (!requested.ends_with('.')) return equal_folded(requested, type);
    if (type.size() + 1 == requested.size()) {
        return equal_folded(requested.substr(0, type.size()), type);
    }
    return starts_with_folded(type, requested);
}

std::uint32_t cacheable_seconds(const ValueView& value, std::uint32_t now) {
    constexpr auto kMost =
        static_cast<std::uint32_t>(std::min(limits::kTtlMax, limits::kCacheLifetimeMax).count());
    if (value.ttl_type == TtlType::kAbsolute) {
        return value.ttl > now ? std::min(value.ttl - now, kMost) : 0;
    }
    // The field is signed: a negative time to live is over at once.
    if (value.ttl > static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max())) return 0;
    return std::min(value.ttl, kMost);
}

}  // namespace idnode::handle
