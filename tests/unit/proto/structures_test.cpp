// Structures for which the vectors hold no example, and the edges of those they hold.
#include <catch2/catch.hpp>

#include "proto/base/hex.h"
#include "proto/handle/challenge.h"
#include "proto/handle/credential.h"
#include "proto/handle/keyfile.h"
#include "proto/handle/message.h"
#include "proto/handle/replication.h"
#include "proto/handle/requests.h"
#include "proto/handle/resolution.h"
#include "proto/handle/responses.h"
#include "proto/handle/session.h"
#include "proto/handle/signing.h"
#include "proto/handle/stream.h"
#include "tests/support/vectors.h"
#include "tests/unit/proto/crypto.h"
#include "tests/unit/proto/exact.h"

namespace idnode::test {
namespace {

using namespace handle;

// An encoder of the form void(value, ByteWriter&) as a function that returns the octets.
template <class Encode>
auto returning(Encode encode) {
    return [encode](const auto& value) {
        Bytes out;
        ByteWriter writer(out);
        encode(value, writer);
        return out;
    };
}

const Bytes kMd5(16, std::byte{0x11});
const Bytes kSha256(32, std::byte{0x22});

TEST_CASE("every body of the vectors survives cutting and lengthening as its format says") {
    const auto body = [](std::string_view name) {
        const Bytes& message = wire_vector(name).octets;
        const auto envelope = decode_envelope(message);
        const auto view =
            decode_message(*envelope, BytesView(message).subspan(limits::kEnvelopeBytes));
        return Bytes(view->body.begin(), view->body.end());
    };
    check_exact(body("request-create-full"), decode_values_request,
                returning(encode_values_request));
    check_exact(body("request-remove-three"), decode_remove_value_request,
                returning(encode_remove_value_request));
    check_exact(body("request-delete"), decode_handle_request, returning(encode_handle_request));
    check_exact(body("request-verify-challenge"), decode_verify_request,
                returning(encode_verify_request));
    check_exact(body("request-challenge-answer-seckey-2.11"), decode_challenge_answer,
                returning(encode_challenge_answer));
    check_exact(body("request-session-exchange-key"), decode_exchange_key_request,
                returning(encode_exchange_key_request));
    check_exact(body("response-resolution-four"), decode_resolution_response,
                returning(encode_resolution_response));
    check_exact(body("response-next-txn-id"), decode_transaction_id_response,
                returning(encode_transaction_id_response));
    check_exact(body("response-verify-true"), decode_flag_response,
                returning(encode_flag_response));
}

TEST_CASE("octets after the type list of a resolution request are kept apart and ignored") {
    const Bytes body = from_hex("0000000a38382e3130302e312f61000000000000000000000000");
    const auto request = decode_resolution_request(body);
    REQUIRE(request);
    CHECK(request->handle == "88.100.1/a");
    CHECK(request->selects_everything());
    CHECK(to_hex(request->extra) == "00000000");
}

TEST_CASE("a resolution request selects what its indexes or its types name") {
    Bytes body;
    ByteWriter out(body);
    const std::vector<std::int32_t> indexes{300, -1};
    const std::vector<std::string> types{"HS_ADMIN", "url."};
    encode_resolution_request("88.100.1/a", indexes, types, out);
    const auto request = decode_resolution_request(body);
    REQUIRE(request);
    const auto selects = [&](std::int32_t index, std::string_view type) {
        ValueView value;
        value.index = index;
        value.type = type;
        return request->selects(value);
    };
    CHECK(selects(300, "EMAIL"));
    CHECK(selects(-1, "EMAIL"));
    CHECK(selects(1, "hs_admin"));
    CHECK(selects(1, "URL.main"));
    CHECK_FALSE(selects(1, "EMAIL"));
    CHECK_FALSE(selects(3, "HS_ADMIN.x"));
}

TEST_CASE("a challenge below 2.1 holds nonce and digest in the other order") {
    const Challenge challenge{
        .digest = {.algorithm = DigestAlgorithm::kMd5, .octets = kMd5, .old_form = true},
        .nonce = kMd5};
    for (const Version version : {Version{2, 0}, Version{5, 0}, Version{2, 1}, Version{2, 11}}) {
        Bytes body;
        ByteWriter out(body);
        encode_challenge(challenge, version, out);
        check_exact(
            body, [&](BytesView octets) { return decode_challenge(octets, version); },
            returning(
                [&](const Challenge& one, ByteWriter& to) { encode_challenge(one, version, to); }));
    }
}

TEST_CASE("a request digest reads in all its forms and no other") {
    const auto read = [](std::string_view hex) {
        const Exact exact(from_hex(hex));
        ByteReader in(exact.view());
        const RequestDigest digest = read_request_digest(in);
        return in.ok() ? static_cast<int>(digest.algorithm) * (digest.old_form ? -1 : 1) : 0;
    };
    const std::string sixteen(32, 'a');
    CHECK(read("01" + sixteen) == 1);
    CHECK(read("02" + sixteen + "00000000") == 2);
    CHECK(read("03" + sixteen + sixteen) == 3);
    CHECK(read("00000010" + sixteen) == -1);
    CHECK(read("00000011" + sixteen + "00") == 0);
    CHECK(read("04" + sixteen + sixteen) == 0);
    CHECK(read("03" + sixteen) == 0);
    CHECK(read("") == 0);
}

TEST_CASE("below 2.1 no response carries a request digest, whatever its flags say") {
    Header header;
    header.flags = flag::kRequestDigest;
    CHECK_FALSE(carries_request_digest(header, {2, 0}));
    CHECK_FALSE(carries_request_digest(header, {5, 0}));
    CHECK(carries_request_digest(header, {2, 1}));
    CHECK(request_digest_algorithm({2, 6}) == DigestAlgorithm::kSha1);
    CHECK(request_digest_algorithm({2, 7}) == DigestAlgorithm::kSha256);
}

TEST_CASE("64: the digest of a verify request may be in the compact form") {
    Bytes body;
    ByteWriter out(body);
    encode_verify_request({.user_handle = "88.100.1/user",
                           .user_index = 301,
                           .nonce = kMd5,
                           .digest = kSha256,
                           .compact_digest = true,
                           .signed_response = kSha256},
                          out);
    const auto request = decode_verify_request(body);
    REQUIRE(request);
    CHECK(request->compact_digest);
    CHECK(same_octets(request->digest, kSha256));
    check_exact(body, decode_verify_request, returning(encode_verify_request));
}

TEST_CASE("digest algorithms go by all their names") {
    CHECK(digest_algorithm(as_bytes_view("SHA1")) == DigestAlgorithm::kSha1);
    CHECK(digest_algorithm(as_bytes_view("SHA-1")) == DigestAlgorithm::kSha1);
    CHECK(digest_algorithm(as_bytes_view("SHA256")) == DigestAlgorithm::kSha256);
    CHECK(digest_algorithm(as_bytes_view("\x03")) == DigestAlgorithm::kSha256);
    CHECK_FALSE(digest_algorithm(as_bytes_view("\x04")));
    CHECK_FALSE(digest_algorithm(as_bytes_view("SM3")));
    CHECK_FALSE(digest_algorithm({}));
}

TEST_CASE("66: a session setup is read with and without the two octets at its end") {
    for (const auto mode : {KeyExchangeMode::kClientCipher, KeyExchangeMode::kServerCipher,
                            KeyExchangeMode::kHandleCipher, KeyExchangeMode::kDiffieHellman}) {
        for (const bool surplus : {true, false}) {
            SessionSetupRequest request;
            request.mode = mode;
            request.identity_handle = "0.NA/88.100.1";
            request.surplus = surplus;
            Bytes body;
            ByteWriter out(body);
            encode_session_setup_request(request, out);
            const auto read = decode_session_setup_request(Exact(body).view());
            REQUIRE(read);
            CHECK(read->mode == mode);
            CHECK(read->surplus == surplus);
            body.push_back(std::byte{0});
            CHECK_FALSE(decode_session_setup_request(Exact(body).view()));
        }
    }
}

TEST_CASE("67: a session setup of an unknown mode is readable, so that it can be refused as such") {
    SessionSetupRequest request;
    request.mode = static_cast<KeyExchangeMode>(9);
    Bytes body;
    ByteWriter out(body);
    encode_session_setup_request(request, out);
    out.raw(kSha256);
    const auto read = decode_session_setup_request(body);
    REQUIRE(read);
    CHECK(static_cast<int>(read->mode) == 9);
}

TEST_CASE("an encrypted payload that is no whole number of blocks is refused") {
    const Version now{2, 11};
    CHECK(split_encrypted(Bytes(32), now, SessionCipher::kAes));
    CHECK(split_encrypted(Bytes(16), now, SessionCipher::kSm4));
    CHECK(split_encrypted(Bytes(8), {2, 3}, SessionCipher::kDes));
    for (const std::size_t size : {0U, 8U, 16U, 31U, 33U}) {
        INFO(size);
        CHECK_FALSE(split_encrypted(Bytes(size), now, SessionCipher::kAes));
    }
    CHECK_FALSE(split_encrypted(Bytes(32), now, static_cast<SessionCipher>(5)));
}

TEST_CASE("MACs over the document's example are those of its table") {
    Bytes key;
    for (unsigned i = 1; i <= 32; ++i) key.push_back(static_cast<std::byte>(i));
    const Bytes header_and_body = from_hex(
        "000000010000000019000000ffff00006a00000000000018"
        "0000000c38382e3130302e312f6162630000000000000000");
    const auto mac = [&](std::uint8_t minor) {
        Envelope envelope;
        envelope.version = {2, minor};
        envelope.suggested = {2, 11};
        envelope.session_id = 0x01020304;
        envelope.request_id = 0x12345678;
        const Bytes input = mac_input(envelope, 5, key, header_and_body);
        return to_hex(mac_function(envelope.version) == MacFunction::kHmacSha256
                          ? hmac_of("SHA256", key, input)
                          : digest_of("SHA1", {input}));
    };
    CHECK(mac(4) == "b80eaa593844b6ec4104126dcde5a9054b7acfbc");
    CHECK(mac(5) == "7551a47ba3514d63f7f62f71c609e38b5b62f726");
    CHECK(mac(6) == "7551a47ba3514d63f7f62f71c609e38b5b62f726");
    CHECK(mac(7) == "edd86753165562d013353542823678162267b4421472bd31530831b973527d3f");
    CHECK(mac(8) == "034d975880aa02a3693c0c52ba6fd49223e9ba144dc3aaf498ca680ba128492c");
    CHECK(mac(11) == "3167a88866bad2433be8bf6b967dd1bd352915a309969229797822faeda2560d");
}

TEST_CASE("a credential whose inner length disagrees with its content is refused") {
    Bytes octets;
    ByteWriter out(octets);
    encode_credential(
        {.type = kMacCredential, .algorithm = as_bytes_view("HMAC-SHA256"), .signature = kSha256},
        out);
    check_exact(octets, decode_credential, returning(encode_credential));
    ByteWriter(octets).patch_u32(22, 50);
    CHECK_FALSE(decode_credential(octets));
}

TEST_CASE("a bare key is recognised as a key file without encryption") {
    const Bytes& key = wire_vector("key-private-rsa1024").octets;
    const auto file = decode_key_file(key);
    REQUIRE(file);
    CHECK_FALSE(file->scheme);
    CHECK_FALSE(file->is_encrypted());
    CHECK(same_octets(file->content, key));
    CHECK(same_octets(encode_key_file(*file), key));
    CHECK_FALSE(decode_key_file(from_hex("00000005")));
    CHECK_FALSE(decode_key_file(from_hex("000000")));
}

TEST_CASE("a bucket outside its site is refused") {
    const auto dump = [](std::string_view hex) {
        return decode_dump_handles_request(from_hex(hex)).has_value();
    };
    CHECK(dump("020000000100000000"));
    CHECK_FALSE(dump("020000000100000001"));
    CHECK_FALSE(dump("020000000000000000"));
    CHECK_FALSE(dump("030000000100000000"));
}

TEST_CASE("records of streams that the vectors lack read back, and ask for more when cut") {
    const std::vector<TransactionRecord> records{
        Transaction{.id = 9, .handle = "88.100.1/a", .time_ms = 5, .values = {Value{.index = 1}}},
        Transaction{.id = 10, .handle = "x", .action = TransactionAction::kDeleteAll},
        QueueName{"0:1:0.NA/88.100.1"}, QueueComplete{77}, EndOfTransactions{}};
    for (const TransactionRecord& record : records) {
        Bytes octets;
        ByteWriter out(octets);
        encode_transaction_record(record, StreamFormat::kAllSources, out);
        for (std::size_t size = 0; size <= octets.size(); ++size) {
            const Exact exact(BytesView(octets).first(size));
            ByteReader in(exact.view());
            const auto read = read_transaction_record(in, StreamFormat::kAllSources);
            CHECK(in.ok() == (size == octets.size()));
            if (in.ok()) CHECK(read == record);
            if (!in.ok()) CHECK(in.error().code == WireErrc::kTruncated);
        }
    }
}

TEST_CASE("records of dumps that the vectors lack read back, and ask for more when cut") {
    const std::vector<DumpRecord> records{
        DumpSites{"{ \"a\" = ( ) }"},
        DumpDate{.prefix = false, .handle = "88.100.1/a", .time_ms = 5, .priority = 1},
        DumpDate{.prefix = true, .handle = "0.NA/88.100.1", .time_ms = 6, .priority = 2},
        DumpedHandle{.handle = "88.100.1/a", .values = {Value{.index = 1, .type = "URL"}}}};
    for (const DumpRecord& record : records) {
        Bytes octets;
        ByteWriter out(octets);
        encode_dump_record(record, out);
        for (std::size_t size = 0; size <= octets.size(); ++size) {
            const Exact exact(BytesView(octets).first(size));
            ByteReader in(exact.view());
            const auto read = read_dump_record(in);
            CHECK(in.ok() == (size == octets.size()));
            if (in.ok()) CHECK(read == record);
            if (!in.ok()) CHECK(in.error().code == WireErrc::kTruncated);
        }
    }
}

TEST_CASE("a stream of one source has no queues, and unknown records end it") {
    for (const auto* hex : {"0200000000", "030000000000000000", "04", "ff"}) {
        const Bytes octets = from_hex(hex);
        ByteReader in(octets);
        read_transaction_record(in, StreamFormat::kOneSource);
        REQUIRE_FALSE(in.ok());
        CHECK(in.error().code == WireErrc::kBadValue);
    }
    const Bytes unknown = from_hex("06");
    ByteReader in(unknown);
    read_dump_record(in);
    CHECK_FALSE(in.ok());
}

TEST_CASE("a TLS stream is announced by one word") {
    Bytes octets;
    ByteWriter out(octets);
    encode_stream_start({.protection = StreamProtection::kTls, .hash_name = {}}, out);
    CHECK(to_hex(octets) == "544c5300");
    ByteReader in(octets);
    CHECK(read_stream_start(in).protection == StreamProtection::kTls);
}

TEST_CASE("an error response without any text is read as an empty text") {
    CHECK(decode_error({}).value().empty());
    CHECK(decode_error(from_hex("00000000")).value().empty());
    CHECK_FALSE(decode_error(from_hex("000000")));
}

}  // namespace
}  // namespace idnode::test
