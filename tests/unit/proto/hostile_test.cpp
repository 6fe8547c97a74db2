// Hostile lengths and counts (§10.2) at the level of the codec.
#include <catch2/catch.hpp>

#include "proto/handle/challenge.h"
#include "proto/handle/key.h"
#include "proto/handle/keyfile.h"
#include "proto/handle/message.h"
#include "proto/handle/requests.h"
#include "proto/handle/resolution.h"
#include "proto/handle/site.h"
#include "proto/handle/vlist.h"
#include "tests/support/vectors.h"
#include "tests/unit/proto/exact.h"

namespace idnode::test {
namespace {

using namespace handle;

Bytes plain_request() {
    return wire_vector("request-resolution-minimal").octets;
}

Result<MessageView, WireError> decode_patched(std::size_t at, std::uint32_t number,
                                              const Bytes& message) {
    Bytes patched = message;
    ByteWriter(patched).patch_u32(at, number);
    const auto envelope = decode_envelope(patched);
    REQUIRE(envelope);
    const Exact exact(patched);
    const auto out = decode_message(*envelope, exact.view().subspan(limits::kEnvelopeBytes));
    // The views point into a block that ends here: only the outcome may be looked at.
    if (!out) return out.error();
    return MessageView{};
}

// A body of a resolution request for `88.100.1/a` whose number at `at` is replaced.
WireErrc refused_body(std::size_t at, std::uint32_t number) {
    Bytes body = from_hex("0000000a38382e3130302e312f610000000000000000");
    ByteWriter(body).patch_u32(at, number);
    const Exact exact(body);
    const auto out = decode_resolution_request(exact.view());
    REQUIRE_FALSE(out);
    return out.error().code;
}

constexpr std::uint32_t kMinusOne = 0xFFFFFFFF;
constexpr std::uint32_t kLargest = 0x7FFFFFFF;

TEST_CASE("H2: a message below 24 octets is refused at its first octet") {
    const Bytes message = plain_request();
    for (const std::size_t size : {0U, 10U, 23U}) {
        const Exact exact(BytesView(message).subspan(limits::kEnvelopeBytes, size));
        const auto out = decode_message(Envelope{}, exact.view());
        REQUIRE_FALSE(out);
        CHECK(out.error().code == WireErrc::kTruncated);
        CHECK(out.error().offset == 0);
    }
}

TEST_CASE("H4: a body length beyond the message, negative or overflowing is refused") {
    const Bytes message = plain_request();
    const std::size_t at = limits::kEnvelopeBytes + 20;
    for (const std::uint32_t length : {27U, 1000U, kLargest, kMinusOne, 0xFFFFFFE8U, 0x80000000U}) {
        INFO(length);
        CHECK_FALSE(decode_patched(at, length, message));
    }
    CHECK(decode_patched(at, 22, message));
}

TEST_CASE("H5: a handle length that is huge, negative or beyond the body is refused") {
    CHECK(refused_body(0, kLargest) == WireErrc::kTooLong);
    CHECK(refused_body(0, kMinusOne) == WireErrc::kTooLong);
    CHECK(refused_body(0, 19) == WireErrc::kTruncated);
}

TEST_CASE("H6: counts of indexes and types that the body cannot hold are refused") {
    CHECK(refused_body(14, 1'000'000) == WireErrc::kTruncated);
    CHECK(refused_body(14, kMinusOne) == WireErrc::kTooLong);
    CHECK(refused_body(18, kLargest) == WireErrc::kTooLong);
    CHECK(refused_body(18, kMinusOne) == WireErrc::kTooLong);
    CHECK(refused_body(18, 1) == WireErrc::kTruncated);
}

TEST_CASE("H6: a value count that the body cannot hold is refused before anything is reserved") {
    for (const std::uint32_t count : {1U, 1'000'000U, kLargest, kMinusOne}) {
        Bytes body = from_hex("0000000a38382e3130302e312f6100000000");
        ByteWriter(body).patch_u32(14, count);
        CHECK_FALSE(decode_values_request(Exact(body).view()));
        CHECK_FALSE(decode_values(Exact(BytesView(body).subspan(14)).view()));
    }
}

TEST_CASE("H6: a reference count that the value cannot hold is refused") {
    Bytes octets = wire_vector("value-url").octets;
    for (const std::uint32_t count : {1U, kLargest, kMinusOne}) {
        ByteWriter(octets).patch_u32(octets.size() - 4, count);
        const Exact exact(octets);
        ByteReader in(exact.view());
        read_value(in);
        CHECK_FALSE(in.ok());
    }
}

TEST_CASE("H7: a credential length beyond the message or negative is refused") {
    const Bytes message = plain_request();
    const std::size_t at = message.size() - 4;
    for (const std::uint32_t length : {1U, kLargest, kMinusOne}) {
        CHECK_FALSE(decode_patched(at, length, message));
    }
    CHECK(decode_patched(at, 0, message));
}

TEST_CASE("a message may end right after its body, and octets after the credential are ignored") {
    Bytes message = plain_request();
    const auto envelope = decode_envelope(message);
    REQUIRE(envelope);
    const BytesView payload = BytesView(message).subspan(limits::kEnvelopeBytes);
    for (std::size_t cut = 1; cut <= 4; ++cut) {
        const Exact exact(payload.first(payload.size() - cut));
        const auto out = decode_message(*envelope, exact.view());
        REQUIRE(out);
        CHECK(out->credential.empty());
    }
    message.push_back(std::byte{7});
    const auto out = decode_message(*envelope, BytesView(message).subspan(limits::kEnvelopeBytes));
    REQUIRE(out);
    CHECK(out->credential.empty());
}

TEST_CASE("H17: an empty, a one-octet and an unknown proof of a secret key are refused") {
    CHECK_FALSE(decode_secret_key_answer({}, {2, 11}));
    CHECK_FALSE(decode_secret_key_answer({}, {2, 0}));
    CHECK_FALSE(decode_secret_key_answer(from_hex("22"), {2, 11}));
    Bytes unknown(33, std::byte{0x77});
    CHECK_FALSE(decode_secret_key_answer(unknown, {2, 11}));
}

TEST_CASE("H18: PBKDF2 parameters beyond the limits are refused without computing") {
    const Bytes usual = wire_vector("seckey-answer-pbkdf2-utf8").octets;
    REQUIRE(decode_secret_key_answer(usual, {2, 11}));
    const auto refused = [&](std::size_t at, std::uint32_t number) {
        Bytes patched = usual;
        ByteWriter(patched).patch_u32(at, number);
        return !decode_secret_key_answer(patched, {2, 11}).has_value();
    };
    for (const std::uint32_t iterations : {kLargest, kMinusOne, 0U, 1'000'001U}) {
        CHECK(refused(13, iterations));
    }
    for (const std::uint32_t bits : {0x40000000U, 0U, 4U, 161U, 520U}) CHECK(refused(17, bits));
    CHECK(refused(1, 1'048'576));
    CHECK(is_acceptable_pbkdf2(10'000, 192, 16));
}

TEST_CASE("H20: a key with a modulus of 64 KB is refused") {
    Bytes octets = encode_public_key(RsaPublicKey{Integer(from_hex("010001")), Integer{}});
    octets.resize(octets.size() - 9);  // modulus and surplus
    ByteWriter(octets).bytes_u32(Bytes(65'536, std::byte{1}));
    const auto key = decode_public_key(octets);
    REQUIRE_FALSE(key);
    CHECK(key.error().code == WireErrc::kTooLong);
}

TEST_CASE("a key of an unknown type is refused") {
    CHECK_FALSE(decode_public_key(from_hex("0000000a45435f5055425f4b45590000")));
    CHECK_FALSE(decode_private_key(from_hex("0000000a45435f5055425f4b45590000")));
    CHECK_FALSE(decode_public_key({}));
}

TEST_CASE("H27: a group that claims more members than it holds is refused") {
    CHECK_FALSE(decode_vlist(from_hex("00002710")));
    CHECK_FALSE(decode_vlist(from_hex("ffffffff")));
}

TEST_CASE("H29: a site that claims a million servers, or a port outside 0 to 65535, is refused") {
    Bytes site = wire_vector("site-minimal").octets;
    ByteWriter(site).patch_u32(site.size() - 4, 1'000'000);
    CHECK_FALSE(decode_site(Exact(site).view()));

    const Bytes usual = wire_vector("site-usual").octets;
    for (const std::uint32_t port : {kMinusOne, 65'536U, 0x80000000U}) {
        Bytes patched = usual;
        ByteWriter(patched).patch_u32(patched.size() - 4, port);
        const auto out = decode_site(Exact(patched).view());
        REQUIRE_FALSE(out);
        CHECK(out.error().code == WireErrc::kBadValue);
    }
}

TEST_CASE("H38: a response with 2,049 values or a handle of 2,049 octets is refused by a client") {
    const auto response = [](std::size_t handle_bytes, std::size_t values) {
        Bytes body;
        ByteWriter out(body);
        out.text_u32(std::string(handle_bytes, 'a'));
        encode_values(std::vector<Value>(values), out);
        return body;
    };
    CHECK(decode_resolution_response(response(2'048, 2'048)));
    CHECK_FALSE(decode_resolution_response(response(2'049, 1)));
    CHECK_FALSE(decode_resolution_response(response(1, 2'049)));
    CHECK(decode_referral(response(2'048, 2'048)));
    CHECK_FALSE(decode_referral(response(1, 2'049)));
}

}  // namespace
}  // namespace idnode::test
