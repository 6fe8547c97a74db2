// Small rules of the protocol that are functions of a few arguments.
#include <catch2/catch.hpp>

#include "proto/base/hex.h"
#include "proto/base/text.h"
#include "proto/handle/admin.h"
#include "proto/handle/hash.h"
#include "proto/handle/header.h"
#include "proto/handle/key.h"
#include "proto/handle/site.h"
#include "proto/handle/value.h"
#include "tests/support/vectors.h"
#include "tests/unit/proto/crypto.h"

namespace idnode::test {
namespace {

using namespace handle;

std::uint32_t hash_of(std::string_view handle, HashOption option) {
    const Bytes md5 = digest_of("MD5", {as_bytes_view(text_to_hash(handle, option))});
    return hash_number(std::span<const std::byte, 16>(md5));
}

TEST_CASE("84: handles hash to the numbers of the table in §6.3") {
    CHECK(hash_of("88.100.1/abc", HashOption::kPrefix) == 626612451);
    CHECK(hash_of("88.100.1/abc", HashOption::kSuffix) == 891676978);
    CHECK(hash_of("88.100.1/abc", HashOption::kWhole) == 1235060187);
    CHECK(hash_of("0.NA/88.100.1", HashOption::kPrefix) == 36223079);
    CHECK(hash_of("0.NA/88.100.1", HashOption::kSuffix) == 626612451);
    CHECK(hash_of("0.NA/88.100.1", HashOption::kWhole) == 252776214);
    CHECK(hash_of("20.500.12345/AbC-1", HashOption::kPrefix) == 1502227973);
    CHECK(hash_of("20.500.12345/AbC-1", HashOption::kSuffix) == 1423856730);
    CHECK(hash_of("20.500.12345/AbC-1", HashOption::kWhole) == 954406310);
}

TEST_CASE("folding in place folds every octet as it is folded alone, at every length") {
    std::string all(256, 0);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i);
    for (std::size_t begin = 0; begin < all.size(); ++begin) {
        for (std::size_t bytes = 0; bytes <= std::min<std::size_t>(40, all.size() - begin);
             ++bytes) {
            const std::string_view text = std::string_view(all).substr(begin, bytes);
            std::string expected;
            for (const char octet : text) expected.push_back(fold_ascii(octet));
            if (fold_ascii(text) != expected) FAIL(begin << " " << bytes);
        }
    }
    CHECK(fold_ascii("@AZ[`az{\xE1\xFA") == "@AZ[`AZ{\xE1\xFA");
}

TEST_CASE("the most negative hash has 2^31 as its absolute value") {
    std::array<std::byte, 16> md5{};
    md5[12] = std::byte{0x80};
    CHECK(hash_number(md5) == 2147483648U);
    md5.fill(std::byte{0xFF});
    CHECK(hash_number(md5) == 1);
}

TEST_CASE("85: an RSA public key is written with four zero octets and read with and without them") {
    const RsaPublicKey key{Integer(from_hex("010001")), Integer(from_hex("c102"))};
    const Bytes written = encode_public_key(key);
    CHECK(to_hex(written) ==
          "0000000b5253415f5055425f4b45590000000000030100010000000300c10200000000");
    CHECK(decode_public_key(written).value() == PublicKey(key));
    CHECK(decode_public_key(BytesView(written).first(written.size() - 4)).value() ==
          PublicKey(key));
}

TEST_CASE("85: keys are equal when their numbers are, however they were spelt") {
    const auto usual = decode_public_key(wire_vector("key-public-rsa1024").octets);
    REQUIRE(usual);
    for (const auto* other : {"key-public-rsa1024-no-sign-byte", "key-public-rsa1024-no-surplus",
                              "key-public-rsa1024-reserved-bits"}) {
        INFO(other);
        CHECK(decode_public_key(wire_vector(other).octets).value() == *usual);
    }
    CHECK(decode_public_key(wire_vector("key-public-rsa2048").octets).value() != *usual);
}

TEST_CASE("the number zero is written as one zero octet and read back as zero") {
    Bytes octets;
    ByteWriter out(octets);
    encode_integer(Integer{}, out);
    CHECK(to_hex(octets) == "0000000100");
    ByteReader in(octets);
    CHECK(read_integer(in, "zero") == Integer{});
    CHECK(Integer{}.bits() == 0);
    CHECK(Integer(from_hex("0001ff")).bits() == 9);
}

TEST_CASE("86: an administrator record with two surplus octets is read, with three it is refused") {
    Bytes octets = encode_admin(
        {.permissions = 0x0FFF, .administrator = {"0.NA/88.100", 200}, .legacy_length = false});
    CHECK(to_hex(octets) == "0fff0000000b302e4e412f38382e313030000000c8");
    const auto plain = decode_admin(octets);
    REQUIRE(plain);
    octets.push_back(std::byte{0});
    CHECK_FALSE(decode_admin(octets));
    octets.push_back(std::byte{0});
    const auto legacy = decode_admin(octets);
    REQUIRE(legacy);
    CHECK(legacy->administrator == plain->administrator);
    CHECK(legacy->legacy_length);
    CHECK(same_octets(encode_admin(*legacy), octets));
    octets.push_back(std::byte{0});
    CHECK_FALSE(decode_admin(octets));
}

TEST_CASE("administrator permissions read as twelve digits from list handles down to add handle") {
    using namespace admin_permission;
    CHECK(format_admin_permissions(kListHandles) == "100000000000");
    CHECK(format_admin_permissions(kAddHandle | kDeleteHandle) == "000000000011");
    CHECK(parse_admin_permissions("011111110011").value() ==
          static_cast<std::uint16_t>(kAll & ~(kListHandles | 0x000C)));
    CHECK_FALSE(parse_admin_permissions("01111111001"));
    CHECK_FALSE(parse_admin_permissions("01111111001x"));
}

TEST_CASE("an answer is in the lower of the suggested version and 2.11") {
    const auto answered = [](Version encoded, Version suggested) {
        Envelope request;
        request.version = encoded;
        request.suggested = suggested;
        return reply_version(request);
    };
    CHECK(answered({2, 3}, {2, 11}) == Version{2, 11});
    CHECK(answered({2, 3}, {2, 3}) == Version{2, 3});
    CHECK(answered({2, 20}, {3, 0}) == Version{2, 11});
    CHECK(answered({2, 4}, {0, 0}) == Version{2, 4});
    CHECK(answered({5, 0}, {0, 0}) == Version{5, 0});
}

TEST_CASE("version 5 is older than every version 2") {
    CHECK_FALSE(Version{5, 0}.at_least({2, 0}));
    CHECK_FALSE(Version{5, 9}.at_least({2, 1}));
    CHECK(Version{2, 10}.at_least({2, 9}));
    CHECK(Version{3, 0}.at_least({2, 11}));
}

TEST_CASE("codes that old peers do not know are written as the ones they use instead") {
    CHECK(wire_response_code(ResponseCode::kServerBackup, {2, 4}) == 303);
    CHECK(wire_response_code(ResponseCode::kServerBackup, {2, 5}) == 7);
    CHECK(wire_response_code(ResponseCode::kInvalidValue, {2, 4}) == 201);
    CHECK(wire_response_code(ResponseCode::kInvalidValue, {2, 11}) == 202);
    CHECK(wire_response_code(ResponseCode::kHandleNotFound, {2, 0}) == 100);
    CHECK(meaning_of(ResponseCode::kPrefixReferral, {2, 4}) == ResponseCode::kServerBackup);
    CHECK(meaning_of(ResponseCode::kPrefixReferral, {2, 5}) == ResponseCode::kPrefixReferral);
}

TEST_CASE("operations and codes have names, unknown ones too") {
    CHECK(name_of(OpCode::kResolution) == "resolution");
    CHECK(name_of(ResponseCode::kHandleNotFound) == "handle not found");
    CHECK(name_of(static_cast<OpCode>(9999)) == "unknown");
    CHECK(name_of(static_cast<ResponseCode>(9999)) == "unknown");
}

TEST_CASE(
    "a cache keeps a value for its time to live, at most an hour, and never a value with none") {
    ValueView value;
    value.ttl = 60;
    CHECK(cacheable_seconds(value, 1000) == 60);
    value.ttl = 86'400;
    CHECK(cacheable_seconds(value, 1000) == 3'600);
    value.ttl = 0;
    CHECK(cacheable_seconds(value, 1000) == 0);
    value.ttl = 0xFFFFFFFF;
    CHECK(cacheable_seconds(value, 1000) == 0);
    value.ttl_type = TtlType::kAbsolute;
    value.ttl = 1010;
    CHECK(cacheable_seconds(value, 1000) == 10);
    CHECK(cacheable_seconds(value, 1010) == 0);
    CHECK(cacheable_seconds(value, 1011) == 0);
}

TEST_CASE("addresses of servers are IPv6, or twelve zero octets and IPv4") {
    for (const auto* text : {"192.0.2.1", "2001:db8::1", "::1", "0.0.0.0", "255.255.255.255"}) {
        INFO(text);
        const auto address = parse_site_address(text);
        REQUIRE(address);
        CHECK(format_site_address(*address) == text);
    }
    const auto mapped = parse_site_address("::ffff:192.0.2.1");
    REQUIRE(mapped);
    CHECK(to_hex(*mapped) == "000000000000000000000000c0000201");
    for (const auto* text : {"", "192.0.2", "192.0.2.1.", "localhost", "1::2::3"}) {
        INFO(text);
        CHECK_FALSE(parse_site_address(text));
    }
    CHECK_FALSE(parse_site_address(std::string_view("192.0.2.1\0x", 11)));
}

}  // namespace
}  // namespace idnode::test
