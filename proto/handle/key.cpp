#include "proto/handle/key.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "proto/base/limits.h"

namespace idnode::handle {

namespace {

constexpr std::size_t kTypeBytesMax = 64;
constexpr std::uint32_t kSurplusOfRsa = 0;  // the four zero octets after an RSA public key

// The numbers of each key in wire order.
auto numbers(auto& key) {
    using Key = std::remove_const_t<std::remove_reference_t<decltype(key)>>;
    if constexpr (std::is_same_v<Key, RsaPublicKey>) {
        return std::tie(key.exponent, key.modulus);
    } else if constexpr (std::is_same_v<Key, DsaPublicKey>) {
        return std::tie(key.q, key.p, key.g, key.y);
    } else if constexpr (std::is_same_v<Key, DhPublicKey>) {
        return std::tie(key.y, key.p, key.g);
    } else if constexpr (std::is_same_v<Key, RsaPrivateKey>) {
        return std::tie(key.modulus, key.exponent);
    } else if constexpr (std::is_same_v<Key, RsaCrtPrivateKey>) {
        return std::tie(key.modulus, key.public_exponent, key.exponent, key.p, key.q,
                        key.exponent_p, key.exponent_q, key.coefficient);
    } else {
        static_assert(std::is_same_v<Key, DsaPrivateKey>);
        return std::tie(key.x, key.p, key.q, key.g);
    }
}

template <class Key>
Key read_numbers(ByteReader& in) {
    Key key;
    std::apply([&](auto&... each) { ((each = read_integer(in, "key number")), ...); },
               numbers(key));
    return key;
}

void write_numbers(const auto& key, ByteWriter& out) {
    std::apply([&](const auto&... each) { (encode_integer(each, out), ...); }, numbers(key));
}

// Reads the numbers of whichever alternative carries this type name.
template <class Variant, std::size_t I = 0>
Variant read_alternative(std::string_view type, ByteReader& in) {
    if constexpr (I == std::variant_size_v<Variant>) {
        in.fail(WireErrc::kBadValue, "key type");
        return {};
    } else {
        using Key = std::variant_alternative_t<I, Variant>;
        if (type == Key::kType) return read_numbers<Key>(in);
        return read_alternative<Variant, I + 1>(type, in);
    }
}

}  // namespace

Integer::Integer(BytesView big_endian) {
    const auto first = std::find_if(big_endian.begin(), big_endian.end(),
                                    [](std::byte octet) { return octet != std::byte{0}; });
    octets_.assign(first, big_endian.end());
}

std::size_t Integer::bits() const {
    if (octets_.empty()) return 0;
    return 8 * (octets_.size() - 1) +
           static_cast<std::size_t>(std::bit_width(std::to_integer<unsigned>(octets_.front())));
}

Integer read_integer(ByteReader& in, const char* field) {
    return Integer(in.bytes_u32(field, limits::kKeyIntegerBytesMax));
}

void encode_integer(const Integer& number, ByteWriter& out) {
    const BytesView octets = number.octets();
    // The sign octet; it is also the single octet of the number 0.
    const bool sign = octets.empty() || (octets.front() & std::byte{0x80}) != std::byte{0};
    out.u32(static_cast<std::uint32_t>(octets.size() + (sign ? 1 : 0)));
    if (sign) out.u8(0);
    out.raw(octets);
}

Result<PublicKey, WireError> decode_public_key(BytesView octets) {
    ByteReader in(octets);
    const std::string_view type = in.text_u32("key type", kTypeBytesMax);
    in.u16("key flags");
    PublicKey key = read_alternative<PublicKey>(type, in);
    return in.finish_prefix(std::move(key));
}

Bytes encode_public_key(const PublicKey& key) {
    Bytes octets;
    ByteWriter out(octets);
    std::visit(
        [&](const auto& each) {
            out.text_u32(each.kType);
            out.u16(0);
            write_numbers(each, out);
        },
        key);
    if (std::holds_alternative<RsaPublicKey>(key)) out.u32(kSurplusOfRsa);
    return octets;
}

Result<PrivateKey, WireError> decode_private_key(BytesView octets) {
    ByteReader in(octets);
    const std::string_view type = in.text_u32("key type", kTypeBytesMax);
    PrivateKey key = read_alternative<PrivateKey>(type, in);
    return in.finish(std::move(key));
}

Bytes encode_private_key(const PrivateKey& key) {
    Bytes octets;
    ByteWriter out(octets);
    std::visit(
        [&](const auto& each) {
            out.text_u32(each.kType);
            write_numbers(each, out);
        },
        key);
    return octets;
}

}  // namespace idnode::handle
