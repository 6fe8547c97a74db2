#include "storage/packing.h"

// For dictionaries that many streams share.
#define LZ4_STATIC_LINKING_ONLY
#include <lz4.h>

#include <algorithm>
#include <string>
#include <utility>

#include "proto/base/assert.h"
#include "proto/base/limits.h"
#include "proto/base/reader.h"
#include "proto/base/writer.h"
#include "proto/handle/value.h"
#include "storage/varint.h"

namespace idnode::storage {
namespace {

constexpr std::size_t kVersionAt = 2;
constexpr std::size_t kVersionBytes = 6;
constexpr std::size_t kHandleLengthAt = 10;   // in the form of codec.h
constexpr std::uint8_t kAsItIs = 0x04;        // stored: the compact form is not compressed
constexpr std::size_t kValueFixedBytes = 18;  // of a `VALUE`, up to its type (§2.1)
/// Without the handle.
constexpr std::size_t kPackedHeaderBytesMax = 9 + 2 * kVarintBytesMax;

namespace value_flag {  // stored
constexpr unsigned kTimestamp = 0x01;
constexpr unsigned kTtl = 0x02;
constexpr unsigned kAbsolute = 0x04;
constexpr unsigned kPermissions = 0x08;
constexpr unsigned kReferences = 0x10;
constexpr unsigned kIndex = 0x20;
constexpr unsigned kAll = 0x3F;
}  // namespace value_flag

/// What a value has unless its flags say otherwise, besides what it shares with the one before.
struct Usual {
    std::int32_t index = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ttl = handle::kDefaultTtl;
};

/// Writes into room that is known to be enough: growing the buffer field by field costs more than
/// all the rest.
class Compactor {
  public:
    explicit Compactor(std::span<std::byte> out) : out_(out) {}

    template <class T>
    void put(T number) {
        store(out_, at_, number);
        at_ += sizeof number;
    }
    void put(BytesView octets) {
        IDNODE_ASSERT(octets.size() <= out_.size() - at_);
        std::ranges::copy(octets, out_.begin() + static_cast<std::ptrdiff_t>(at_));
        at_ += octets.size();
    }
    void put_varint(std::size_t number) {
        write_varint(number, [this](std::uint8_t octet) { put(octet); });
    }
    std::size_t size() const { return at_; }

  private:
    std::span<std::byte> out_;
    std::size_t at_ = 0;
};

void write_compact(const handle::ValueView& value, const Usual& usual, Compactor& out) {
    const bool has_index = value.index - usual.index != 1;
    const bool has_timestamp = value.timestamp != usual.timestamp;
    const bool has_ttl = value.ttl != usual.ttl;
    const bool has_permissions = value.permissions != handle::permission::kDefault;
    const bool has_references = value.reference_count > 0;
    out.put(static_cast<std::uint8_t>(
        (has_timestamp ? value_flag::kTimestamp : 0U) | (has_ttl ? value_flag::kTtl : 0U) |
        (value.ttl_type == handle::TtlType::kAbsolute ? value_flag::kAbsolute : 0U) |
        (has_permissions ? value_flag::kPermissions : 0U) |
        (has_references ? value_flag::kReferences : 0U) | (has_index ? value_flag::kIndex : 0U)));
    if (has_index) out.put_varint(static_cast<std::uint32_t>(value.index));
    if (has_timestamp) out.put(value.timestamp);
    if (has_ttl) out.put(value.ttl);
    if (has_permissions) out.put(value.permissions);
    out.put_varint(value.type.size());
    out.put(as_bytes_view(value.type));
    out.put_varint(value.data.size());
    out.put(value.data);
    if (!has_references) return;
    out.put_varint(value.reference_count);
    out.put_varint(value.references.size());
    out.put(value.references);
}

/// Longest compact form of values of `bytes` octets: two octets a value more, and a value has 26.
constexpr std::size_t compact_bytes_max(std::size_t bytes) {
    return bytes + bytes / 8 + 16;
}

/// `values` is well-formed: it was checked before it came here.
void write_compact(BytesView values, Compactor& out) {
    ByteReader in(values);
    handle::ValuesReader reader(in);
    out.put_varint(reader.count());
    Usual usual;
    while (const auto value = reader.next()) {
        write_compact(*value, usual, out);
        usual = {value->index, value->timestamp, value->ttl};
    }
    IDNODE_ASSERT(in.ok());
}

/// Octets that are written over again and again: only growing them clears them.
std::span<std::byte> room(Bytes& octets, std::size_t bytes) {
    if (octets.size() < bytes) octets.resize(bytes);
    return octets;
}

/// Writes values in the form of the wire (§2.1) into room of exactly their size.
class Expander {
  public:
    Expander(BytesView compact, std::span<std::byte> out) : in_(compact), out_(out) {}

    /// False: the compact form is damaged.
    bool run() {
        const std::uint32_t count = read_varint(in_, "count");
        if (out_.size() < sizeof count) return false;
        put(count);
        Usual usual;
        for (std::uint32_t i = 0; i < count && in_.ok(); ++i) {
            if (!value(usual)) return false;
        }
        return in_.ok() && in_.left() == 0 && at_ == out_.size();
    }

  private:
    bool value(Usual& usual) {
        const unsigned flags = in_.u8("flags");
        usual.index = (flags & value_flag::kIndex) != 0
                          ? static_cast<std::int32_t>(read_varint(in_, "index"))
                          : static_cast<std::int32_t>(static_cast<std::uint32_t>(usual.index) + 1U);
        if ((flags & value_flag::kTimestamp) != 0) usual.timestamp = in_.u32("timestamp");
        if ((flags & value_flag::kTtl) != 0) usual.ttl = in_.u32("ttl");
        const std::uint8_t permissions = (flags & value_flag::kPermissions) != 0
                                             ? in_.u8("permissions")
                                             : handle::permission::kDefault;
        const BytesView type = in_.take(read_varint(in_, "type length"), "type");
        const BytesView data = in_.take(read_varint(in_, "data length"), "data");
        const bool has_references = (flags & value_flag::kReferences) != 0;
        const std::uint32_t count = has_references ? read_varint(in_, "reference count") : 0;
        const BytesView references =
            has_references ? in_.take(read_varint(in_, "references length"), "references")
                           : BytesView{};
        const std::size_t bytes =
            handle::kValueBytesMin + type.size() + data.size() + references.size();
        if (!in_.ok() || flags > value_flag::kAll || bytes > out_.size() - at_) return false;
        put(static_cast<std::uint32_t>(usual.index));
        put(usual.timestamp);
        put(static_cast<std::uint8_t>((flags & value_flag::kAbsolute) != 0));
        put(usual.ttl);
        put(permissions);
        put(static_cast<std::uint32_t>(type.size()));
        put(type);
        put(static_cast<std::uint32_t>(data.size()));
        put(data);
        put(count);
        put(references);
        return true;
    }

    template <class T>
    void put(T number) {
        store(out_, at_, number);
        at_ += sizeof number;
    }
    void put(BytesView octets) {
        std::ranges::copy(octets, out_.begin() + static_cast<std::ptrdiff_t>(at_));
        at_ += octets.size();
    }

    ByteReader in_;
    std::span<std::byte> out_;
    std::size_t at_ = 0;
};
static_assert(kValueFixedBytes + 2 * sizeof(std::uint32_t) == handle::kValueBytesMin);

char* chars(std::span<std::byte> octets) {
    return reinterpret_cast<char*>(octets.data());
}

Error damaged(std::string_view key, const char* field) {
    return {Errc::kDamaged, "the record '" + std::string(model::key_text(key)) +
                                "' is damaged in the store (field " + field +
                                "); restore it from a backup"};
}

Error without_dictionary(std::string_view key, unsigned number) {
    return {Errc::kDamaged, "the record '" + std::string(model::key_text(key)) +
                                "' is packed with dictionary " + std::to_string(number) +
                                ", which the store has not; restore it from a backup"};
}

bool is_packed(BytesView stored) {
    return !stored.empty() && std::to_integer<unsigned>(stored[0]) == kPackedFormat;
}

/// What stands before the packed values.
struct Header {
    std::uint8_t flags = 0;
    std::uint64_t version = 0;
    Dictionary::Number dictionary = 0;
    std::size_t values_bytes = 0;
    BytesView handle;
    BytesView packed;
};

Result<Header> read_header(std::string_view key, BytesView stored) {
    ByteReader in(stored);
    Header out;
    (void)in.u8("format");
    out.flags = in.u8("flags");
    out.version = in.u16("version");
    out.version = out.version << 32U | in.u32("version");
    out.dictionary = in.u8("dictionary");
    out.values_bytes = read_varint(in, "values length");
    if (out.values_bytes > limits::kMessageBytesMax) in.fail(WireErrc::kTooLong, "values length");
    if ((out.flags & record_flag::kHandleIsKey) == 0) {
        const std::uint32_t handle_bytes = read_varint(in, "handle length");
        if (handle_bytes > limits::kHandleBytesMax) in.fail(WireErrc::kTooLong, "handle length");
        out.handle = in.take(handle_bytes, "handle");
    }
    out.packed = in.rest();
    if (!in.ok()) return damaged(key, in.error().field);
    return out;
}

}  // namespace

struct Dictionary::Prepared {
    LZ4_stream_t stream;
};

Dictionary::Dictionary(Number number, BytesView octets)
    : number_(number),
      octets_(octets.begin(), octets.end()),
      prepared_(std::make_unique<Prepared>()) {
    LZ4_initStream(&prepared_->stream, sizeof prepared_->stream);
    LZ4_loadDict(&prepared_->stream, as_text(octets_).data(), static_cast<int>(octets_.size()));
}
Dictionary::~Dictionary() = default;

Dictionaries::~Dictionaries() {
    for (const auto& one : all_) delete one.load();
}

void Dictionaries::add(Dictionary::Number number, BytesView octets) {
    const std::scoped_lock lock(adding_);
    if (number == 0 || all_[number].load() != nullptr) return;
    all_[number] = std::make_unique<Dictionary>(number, octets).release();
    const Dictionary* const newest = newest_;
    if (newest == nullptr || newest->number() < number) newest_ = all_[number].load();
}

void add_to_dictionary(BytesView values, Bytes& octets) {
    const std::size_t before = octets.size();
    octets.resize(before + compact_bytes_max(values.size()));
    Compactor compact(std::span(octets).subspan(before));
    write_compact(values, compact);
    const std::size_t after = before + compact.size();
    octets.resize(after > Dictionary::kBytesMax ? before : after);
}

struct Packer::Work {
    LZ4_stream_t stream;
};

Packer::Packer(const Dictionary& dictionary)
    : dictionary_(dictionary), work_(std::make_unique<Work>()) {
    LZ4_initStream(&work_->stream, sizeof work_->stream);
}
Packer::~Packer() = default;

std::span<std::byte> Packer::pack(const RecordParts& parts) {
    IDNODE_ASSERT(parts.version >> (8 * kVersionBytes) == 0);
    Compactor compact(room(compact_, compact_bytes_max(parts.values.size())));
    write_compact(parts.values, compact);
    const BytesView values = BytesView(compact_).first(compact.size());
    const int bound = LZ4_compressBound(static_cast<int>(values.size()));
    const std::span<std::byte> octets =
        room(out_, kPackedHeaderBytesMax + parts.handle.size() + static_cast<std::size_t>(bound));

    const bool as_key = parts.handle == model::key_text(parts.key);
    Compactor out(octets);
    out.put(kPackedFormat);
    out.put(static_cast<std::uint8_t>((parts.all_public ? record_flag::kAllPublic : 0U) |
                                      (as_key ? record_flag::kHandleIsKey : 0U)));
    out.put(static_cast<std::uint16_t>(parts.version >> 32U));
    out.put(static_cast<std::uint32_t>(parts.version));
    out.put(dictionary_.number());
    out.put_varint(parts.values.size());
    if (!as_key) {
        out.put_varint(parts.handle.size());
        out.put(as_bytes_view(parts.handle));
    }
    LZ4_resetStream_fast(&work_->stream);
    LZ4_attach_dictionary(&work_->stream, &dictionary_.prepared_->stream);
    const int packed = LZ4_compress_fast_continue(&work_->stream, as_text(values).data(),
                                                  chars(octets.subspan(out.size())),
                                                  static_cast<int>(values.size()), bound, 1);
    IDNODE_ASSERT(packed > 0);  // there was room
    if (const auto bytes = static_cast<std::size_t>(packed); bytes < values.size()) {
        return octets.first(out.size() + bytes);
    }
    octets[1] |= std::byte{kAsItIs};
    out.put(values);
    return octets.first(out.size());
}

namespace {

/// The compact form of a packed record. Kept from call to call for its memory.
Result<BytesView> compact_of(std::string_view key, const Header& header,
                             const Dictionaries& dictionaries) {
    if ((header.flags & kAsItIs) != 0) return header.packed;
    const Dictionary* const dictionary = dictionaries.find(header.dictionary);
    if (dictionary == nullptr) return without_dictionary(key, header.dictionary);
    thread_local Bytes compact;
    if (const std::size_t room = compact_bytes_max(header.values_bytes); compact.size() < room) {
        compact.resize(room);
    }
    const int bytes = LZ4_decompress_safe_usingDict(
        as_text(header.packed).data(), chars(compact), static_cast<int>(header.packed.size()),
        static_cast<int>(compact.size()), as_text(dictionary->octets()).data(),
        static_cast<int>(dictionary->octets().size()));
    if (bytes < 0) return damaged(key, "packed values");
    return BytesView(compact).first(static_cast<std::size_t>(bytes));
}

}  // namespace

Result<BytesView> unpack_record(std::string_view key, BytesView stored,
                                const Dictionaries& dictionaries, Bytes& scratch) {
    if (!is_packed(stored)) return stored;
    const auto header = read_header(key, stored);
    if (!header) return header.error();
    const auto compact = compact_of(key, *header, dictionaries);
    if (!compact) return compact.error();
    const std::size_t values_at = kRecordHeaderBytes + header->handle.size();
    scratch.resize(values_at + header->values_bytes);
    const std::span<std::byte> out(scratch);
    if (!Expander(*compact, out.subspan(values_at)).run()) return damaged(key, "values");
    out[0] = static_cast<std::byte>(kRecordFormat);
    out[1] = static_cast<std::byte>(header->flags & ~kAsItIs);
    store(out, kVersionAt, header->version);
    store(out, kHandleLengthAt, static_cast<std::uint16_t>(header->handle.size()));
    std::ranges::copy(header->handle, out.begin() + kRecordHeaderBytes);
    return BytesView(scratch);
}

Result<std::string_view> stored_handle(std::string_view key, BytesView stored) {
    if (!is_packed(stored)) {
        const auto view = decode_record(key, stored);
        if (!view) return view.error();
        return view->handle;
    }
    const auto header = read_header(key, stored);
    if (!header) return header.error();
    return (header->flags & record_flag::kHandleIsKey) != 0 ? model::key_text(key)
                                                            : as_text(header->handle);
}

void set_stored_version(std::span<std::byte> stored, model::TransactionId version) {
    if (!is_packed(stored)) return set_record_version(stored, version);
    store(stored, kVersionAt, static_cast<std::uint16_t>(version >> 32U));
    store(stored, kVersionAt + sizeof(std::uint16_t), static_cast<std::uint32_t>(version));
}

}  // namespace idnode::storage
