#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/base/writer.h"

namespace idnode::handle {

/// `REF` of §0.1: a value of another (or the same) record.
struct Reference {
    std::string handle{};
    std::uint32_t index = 0;  // 0 in an administrator reference: any index

    bool operator==(const Reference&) const = default;
};

enum class TtlType : std::uint8_t { kRelative = 0, kAbsolute = 1 };  // wire

/// Permission octet, §2.1. Text form is four digits in the order adminRead adminWrite publicRead
/// publicWrite.
namespace permission {
inline constexpr std::uint8_t kAdminRead = 0x08;
inline constexpr std::uint8_t kAdminWrite = 0x04;
inline constexpr std::uint8_t kPublicRead = 0x02;
inline constexpr std::uint8_t kPublicWrite = 0x01;
inline constexpr std::uint8_t kDefault = kAdminRead | kAdminWrite | kPublicRead;
}  // namespace permission

inline constexpr std::uint32_t kDefaultTtl = 86'400;

/// One `VALUE` as it lies in a message or a stored record, §2.1. All views point into those octets.
///
///   0       4           8          9     13           14          18+t
///   +-------+-----------+----------+-----+------------+-----------+-----------+------------+
///   | index | timestamp | TTL type | TTL | permission | STR type  | BYTES     | references |
///   |       |           |          |     |            | (t)       | data (d)  |            |
///   +-------+-----------+----------+-----+------------+-----------+-----------+------------+
struct ValueView {
    std::int32_t index = 0;       // > 0 in stored records; requests may carry anything
    std::uint32_t timestamp = 0;  // Unix seconds
    TtlType ttl_type = TtlType::kRelative;
    std::uint32_t ttl = kDefaultTtl;  // seconds, or Unix seconds
    std::uint8_t permissions = permission::kDefault;
    std::string_view type{};
    BytesView data{};
    std::uint32_t reference_count = 0;
    BytesView references{};  // encoded `REF`s; see `decode_references`
    BytesView octets{};      // the whole encoding

    /// What digests of a value cover: everything but index and timestamp (§2.9).
    BytesView digest_octets() const { return octets.subspan(8); }

    bool is_public() const { return (permissions & permission::kPublicRead) != 0; }
    bool is_admin_readable() const { return (permissions & permission::kAdminRead) != 0; }
};

/// A value that owns its octets, for building records.
struct Value {
    std::int32_t index = 0;
    std::uint32_t timestamp = 0;
    TtlType ttl_type = TtlType::kRelative;
    std::uint32_t ttl = kDefaultTtl;
    std::uint8_t permissions = permission::kDefault;
    std::string type{};
    Bytes data{};
    std::vector<Reference> references{};

    bool operator==(const Value&) const = default;
};

/// The smallest possible encoding of one value.
inline constexpr std::size_t kValueBytesMin = 26;

/// Reads one value from the cursor; after a failure of the cursor the result is meaningless.
/// A TTL type other than 0 and 1 is kBadValue.
ValueView read_value(ByteReader& in);
std::vector<Reference> decode_references(const ValueView& value);
Value to_value(const ValueView& view);

void encode_value(const Value& value, ByteWriter& out);
/// From its fields, not from `octets`; the references as they are encoded.
void encode_value(const ValueView& value, ByteWriter& out);
Bytes encode_values(std::span<const Value> values);  // `VALUES`: count, then each
void encode_values(std::span<const Value> values, ByteWriter& out);

/// `REF` of §0.1.
inline constexpr std::size_t kReferenceBytesMin = 8;  // empty handle and index
Reference read_reference(ByteReader& in);
void encode_reference(const Reference& reference, ByteWriter& out);

/// Walks a `VALUES` section (count first) that may end before the reader does. Usage:
///
///     ValuesReader values(in);
///     while (auto value = values.next()) ...
///     // then in.ok() tells whether all of it was well-formed
class ValuesReader {
  public:
    explicit ValuesReader(ByteReader& in);
    std::optional<ValueView> next();
    std::size_t count() const { return count_; }

  private:
    ByteReader& in_;
    std::size_t count_ = 0;
    std::size_t done_ = 0;
};

/// Reads a `VALUES` section to own it.
std::vector<Value> read_values(ByteReader& in);

/// Walks over a `VALUES` section without copying it: its octets, count first. More than `count_max`
/// values: kTooLong.
BytesView skip_values(ByteReader& in, std::size_t count_max);

/// All values of a `VALUES` section that fills `octets` exactly.
Result<std::vector<Value>, WireError> decode_values(BytesView octets);

/// §2.3: `requested` ending with `.` matches the family, otherwise exact; ASCII-folded.
bool type_matches(std::string_view requested, std::string_view type);

/// The TTL rule of §2.1 and §6.4: for how many seconds from `now` (Unix seconds) a cache may keep
/// the value; 0: not at all.
std::uint32_t cacheable_seconds(const ValueView& value, std::uint32_t now);

}  // namespace idnode::handle
