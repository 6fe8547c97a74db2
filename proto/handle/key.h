#pragma once

#include <string_view>
#include <variant>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/base/writer.h"

namespace idnode::handle {

/// An unsigned number, big-endian without leading zero octets (0: empty), so that equal numbers
/// have equal octets however a peer spelt them. On the wire: two's complement, §2.8.
class Integer {
  public:
    Integer() = default;
    explicit Integer(BytesView big_endian);  // leading zero octets are dropped

    BytesView octets() const { return octets_; }
    std::size_t bits() const;
    bool operator==(const Integer&) const = default;

  private:
    Bytes octets_;
};

Integer read_integer(ByteReader& in, const char* field);
void encode_integer(const Integer& number, ByteWriter& out);

/// Public keys, §2.8: `STR` key type, `i16` flags 0 (ignored when read), then the numbers in the
/// order of these members. Comparison is of the numbers, never of the encodings.
struct RsaPublicKey {
    static constexpr std::string_view kType = "RSA_PUB_KEY";
    Integer exponent;
    Integer modulus;  // four zero octets follow it: written, and accepted with and without
    bool operator==(const RsaPublicKey&) const = default;
};
struct DsaPublicKey {
    static constexpr std::string_view kType = "DSA_PUB_KEY";
    Integer q, p, g, y;
    bool operator==(const DsaPublicKey&) const = default;
};
struct DhPublicKey {
    static constexpr std::string_view kType = "DH_PUB_KEY";
    Integer y, p, g;
    bool operator==(const DhPublicKey&) const = default;
};
using PublicKey = std::variant<RsaPublicKey, DsaPublicKey, DhPublicKey>;

/// Octets after the numbers are ignored. An unknown key type is kBadValue; numbers above 16,384
/// bits are kTooLong.
Result<PublicKey, WireError> decode_public_key(BytesView octets);
Bytes encode_public_key(const PublicKey& key);

/// Private keys, §2.8: `STR` key type, no flags, then the numbers in the order of these members.
struct RsaPrivateKey {
    static constexpr std::string_view kType = "RSA_PRIV_KEY";
    Integer modulus, exponent;
    bool operator==(const RsaPrivateKey&) const = default;
};
struct RsaCrtPrivateKey {
    static constexpr std::string_view kType = "RSA_PRIVCRT_KEY";
    Integer modulus, public_exponent, exponent;
    Integer p, q, exponent_p, exponent_q, coefficient;  // d mod p-1, d mod q-1, 1/q mod p
    bool operator==(const RsaCrtPrivateKey&) const = default;
};
struct DsaPrivateKey {
    static constexpr std::string_view kType = "DSA_PRIV_KEY";
    Integer x, p, q, g;
    bool operator==(const DsaPrivateKey&) const = default;
};
using PrivateKey = std::variant<RsaPrivateKey, RsaCrtPrivateKey, DsaPrivateKey>;

Result<PrivateKey, WireError> decode_private_key(BytesView octets);
Bytes encode_private_key(const PrivateKey& key);

}  // namespace idnode::handle
