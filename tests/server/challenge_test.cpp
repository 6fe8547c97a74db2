// Checks 55 to 65 of §10.1 and H14 to H18, H20, H27 of §10.2: challenges, answers to them, and the
// question of another server whether an answer is right.
#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>
#include <thread>

#include "proto/handle/key.h"
#include "proto/handle/requests.h"
#include "proto/handle/responses.h"
#include "proto/handle/vlist.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/keys.h"
#include "tests/server/administrator.h"

namespace idnode::testing {
namespace {

using crypto::SecretAlgorithm;
using handle::OpCode;

constexpr std::string_view kOwned = "88.100.1/owned";

/// Who administers `kOwned`, by the secret of P.
Prover owner() {
    return {.handle = std::string(kP), .index = 301, .secret = "secret"};
}

/// A setting with a record that has an owner other than the server's administrator.
struct WithOwner : Setting {
    explicit WithOwner(const Settings& settings = {}) : Setting(settings) {
        create(kOwned, {admin_value(100, {std::string(kP), 301})});
    }
    void create(std::string_view handle, const std::vector<handle::Value>& values) const {
        const Reply reply =
            ask_as_administrator(*this, with_values(OpCode::kCreateHandle, handle, values));
        REQUIRE(reply.rc() == 1);
    }
    Request addition() const {
        return with_values(OpCode::kAddValue, kOwned, {text_value(7, "DESC", "added")});
    }
    Reply challenged(const Request& request) const {
        Reply reply = tcp().ask(request);
        REQUIRE(reply.rc() == 402);
        return reply;
    }
    Reply challenged() const { return challenged(addition()); }
    /// The code for an answer to a fresh challenge.
    std::uint32_t outcome(const Prover& prover,
                          SecretAlgorithm algorithm = SecretAlgorithm::kPbkdf2HmacSha1,
                          std::string_view type = "HS_SECKEY") const {
        return tcp().ask(answer(challenged(), prover, algorithm, type)).rc();
    }
    std::uint32_t outcome(std::string_view type, const Prover& prover, BytesView proof) const {
        return tcp().ask(answer_with(challenged(), type, prover, proof)).rc();
    }
    bool is_unchanged() const { return !has_index(7); }
    bool has_index(std::int32_t index) const {
        return tcp().ask(resolution(kOwned, {index})).rc() == 1;
    }
    /// Whether the log has a line about this refusal; it is written beside the answer.
    bool audits(std::string_view identity, std::uint32_t code) {
        const std::string outcome = " outcome=" + std::to_string(code) + " ";
        const std::string who = " who=" + std::string(identity) + " ";
        for (int i = 0; i < 200; ++i) {
            std::istringstream log(daemon().process().errors());
            for (std::string line; std::getline(log, line);) {
                if (line.find(outcome) != line.npos && line.find(who) != line.npos) return true;
            }
            std::this_thread::sleep_for(milliseconds{10});
        }
        return false;
    }
};

Request verification(const handle::VerifyRequest& terms) {
    Request out;
    out.op = OpCode::kVerifyResponse;
    ByteWriter body(out.body);
    handle::encode_verify_request(terms, body);
    return out;
}

const Bytes kNonce(16, std::byte{1});
const Bytes kDigest(32, std::byte{2});

Bytes proof_with(std::string_view secret) {
    const auto entropy = crypto::make_entropy();
    return *crypto::answer_with_secret(as_bytes_view(secret), {kNonce, kDigest},
                                       SecretAlgorithm::kPbkdf2HmacSha1, *entropy);
}

/// The octet that operation 201 answers with.
std::string verified(const Setting& setting, std::string_view user, std::uint32_t index,
                     BytesView proof, bool compact = false) {
    const Reply reply =
        setting.tcp().ask(verification({user, index, kNonce, kDigest, compact, proof}));
    CHECK(reply.rc() == 1);
    return std::string(as_text(reply.body()));
}

const std::string kRight("\x01", 1);
const std::string kWrong("\x00", 1);

/// §5.2: octet 22, salt, iterations, bits, 20 octets of MAC.
Bytes pbkdf2_proof(std::uint32_t iterations, std::uint32_t bits, std::size_t salt_bytes) {
    Bytes out;
    ByteWriter writer(out);
    writer.u8(0x22);
    writer.bytes_u32(Bytes(salt_bytes, std::byte{9}));
    writer.u32(iterations);
    writer.u32(bits);
    writer.bytes_u32(Bytes(20, std::byte{8}));
    return out;
}

std::vector<Bytes> absurd_proofs() {
    return {pbkdf2_proof(0x7FFFFFFF, 160, 16), pbkdf2_proof(0xFFFFFFFF, 160, 16),
            pbkdf2_proof(0, 160, 16), pbkdf2_proof(10'000, 1U << 30U, 16),
            pbkdf2_proof(10'000, 160, 200'000)};
}

std::vector<Bytes> formless_proofs() {
    return {{}, {std::byte{0x22}}, {std::byte{0x77}}, Bytes(21, std::byte{0x77})};
}

}  // namespace

TEST_CASE("55: an answer in any of the five forms, with the right secret, is accepted") {
    const WithOwner setting;
    int number = 0;
    for (const auto algorithm :
         {SecretAlgorithm::kSha1, SecretAlgorithm::kSha256, SecretAlgorithm::kHmacSha1,
          SecretAlgorithm::kHmacSha256, SecretAlgorithm::kPbkdf2HmacSha1}) {
        const std::string name = "88.100.1/form-" + std::to_string(++number);
        const Reply challenged = setting.challenged(creation(name));
        const Request proof = answer(challenged, administrator(setting.node()), algorithm);
        CHECK(setting.tcp().ask(proof).rc() == 1);
        CHECK(setting.tcp().ask(resolution(name)).rc() == 1);
    }
}

TEST_CASE("55: a client of version 2.0 answers with a bare MD5") {
    const WithOwner setting;
    Request request = setting.addition();
    request.version = request.suggested = {2, 0};
    const Reply challenged = setting.challenged(request);
    CHECK(challenged.envelope().version == handle::Version{2, 0});
    const auto entropy = crypto::make_entropy();
    const auto proof = crypto::answer_with_secret(as_bytes_view("secret"),
                                                  Challenged(challenged).view(), {2, 0}, *entropy);
    REQUIRE(proof);
    CHECK(proof->size() == 16);
    Request answered = answer_with(challenged, "HS_SECKEY", owner(), *proof);
    answered.version = answered.suggested = {2, 0};
    CHECK(setting.tcp().ask(answered).rc() == 1);
    CHECK(setting.has_index(7));
}

TEST_CASE("56: a listed identity with a wrong secret is refused, audited, and changes nothing") {
    WithOwner setting;
    Prover wrong = owner();
    wrong.secret = "a guess";
    for (const auto algorithm : {SecretAlgorithm::kSha256, SecretAlgorithm::kPbkdf2HmacSha1}) {
        CHECK(setting.outcome(wrong, algorithm) == 403);
    }
    CHECK(setting.is_unchanged());
    CHECK(setting.audits("301:0.NA/88.100.1", 403));
}

TEST_CASE("56: a listed identity with a wrong signature is refused and changes nothing") {
    const WithOwner setting;
    const Prover administrator{.handle = "0.NA/88.100", .index = 300};
    const auto other = crypto::make_signer(*crypto::generate_rsa_key());
    const Reply challenged = setting.challenged();
    const auto proof = crypto::answer_with_key(**other, Challenged(challenged).view(), {2, 11});
    REQUIRE(proof);
    CHECK(setting.tcp().ask(answer_with(challenged, "HS_PUBKEY", administrator, *proof)).rc() ==
          403);
    CHECK(setting.is_unchanged());
}

TEST_CASE("57: an unlisted identity is refused whatever its proof, audited, and changes nothing") {
    WithOwner setting;
    setting.create("88.100.1/other", {text_value(301, "HS_SECKEY", "other", 0x0C)});
    for (const std::string_view secret : {"other", "a guess"}) {
        CHECK(setting.outcome({"88.100.1/other", 301, std::string(secret)}) == 400);
    }
    CHECK(setting.outcome("HS_PUBKEY", {"88.100.1/other", 300}, Bytes(40)) == 400);
    CHECK(setting.is_unchanged());
    CHECK(setting.audits("301:88.100.1/other", 400));
}

TEST_CASE("58: an unknown type of authentication is refused for a listed identity") {
    const WithOwner setting;
    for (const std::string_view type : {"FOO", "hs_pubkey", "hs_seckey", ""}) {
        CHECK(setting.outcome(owner(), SecretAlgorithm::kSha256, type) == 404);
    }
    CHECK(setting.is_unchanged());
}

TEST_CASE("59: a secret for an index that holds a public key is refused") {
    const WithOwner setting;
    Prover administrator_key = administrator(setting.node());
    administrator_key.index = 300;
    CHECK(setting.outcome(administrator_key) == 403);
    CHECK(setting.is_unchanged());
}

TEST_CASE("60: a user handle in global letters of any case is accepted") {
    const WithOwner setting;
    Prover lower = owner();
    lower.handle = "0.na/88.100.1";
    CHECK(setting.outcome(lower) == 1);
    CHECK(setting.has_index(7));
}

TEST_CASE("61: a user's suffix in another case than the administrator reference is refused") {
    const WithOwner setting;
    setting.create("88.100.1/ops", {text_value(301, "HS_SECKEY", "of ops", 0x0C)});
    setting.create("88.100.1/of-ops", {admin_value(100, {"88.100.1/ops", 301})});
    const Request erase = about(OpCode::kDeleteHandle, "88.100.1/of-ops");
    CHECK(ask_as(setting, erase, {"88.100.1/Ops", 301, "of ops"}).rc() == 400);
    CHECK(setting.tcp().ask(resolution("88.100.1/of-ops")).rc() == 1);
    CHECK(ask_as(setting, erase, {"88.100.1/ops", 301, "of ops"}).rc() == 1);
    CHECK(setting.tcp().ask(resolution("88.100.1/of-ops")).rc() == 100);
}

TEST_CASE("62: an answer to a session id that nobody was given, and to none, is refused") {
    const WithOwner setting;
    Request stray = answer(setting.challenged(), owner());
    stray.session_id = 77'777;
    CHECK(setting.tcp().ask(stray).rc() == 500);
    stray.session_id = 0;
    CHECK(setting.tcp().ask(stray).rc() == 405);
    CHECK(setting.is_unchanged());
}

TEST_CASE("63: operation 201 tells right from wrong, and a user that is not there is wrong") {
    const Setting setting;
    CHECK(verified(setting, kP, 301, proof_with("secret")) == kRight);
    CHECK(verified(setting, kP, 301, proof_with("a guess")) == kWrong);
    CHECK(verified(setting, kP, 300, proof_with("secret")) == kWrong);
    CHECK(verified(setting, kP, 299, proof_with("secret")) == kWrong);
    CHECK(verified(setting, "88.100.1/nobody", 301, proof_with("secret")) == kWrong);
}

TEST_CASE("63: guesses by operation 201 are bounded for each source") {
    Setting setting(Settings{"limits.wrong_answers_per_minute=5"});
    for (int i = 0; i < 5; ++i) {
        CHECK(verified(setting, kP, 301, proof_with("a guess")) == kWrong);
    }
    const Bytes right = proof_with("secret");
    CHECK(setting.tcp().ask(verification({kP, 301, kNonce, kDigest, false, right})).rc() == 3);
    CHECK(setting.serves());
}

TEST_CASE("64: operation 201 takes the digest in its compact form") {
    const Setting setting;
    CHECK(verified(setting, kP, 301, proof_with("secret"), true) == kRight);
    CHECK(verified(setting, kP, 301, proof_with("a guess"), true) == kWrong);
    // The octets of §5.4: nonce, then 03 and 32 octets without a length.
    const Bytes proof = proof_with("secret");
    const Request request = verification({kP, 301, kNonce, kDigest, true, proof});
    CHECK(std::to_integer<int>(request.body.at(4 + kP.size() + 4 + 4 + 16)) == 3);
}

TEST_CASE(
    "65: operation 201 about a user of a foreign prefix is not this server's responsibility") {
    const Setting setting;
    const Bytes proof = proof_with("secret");
    CHECK(setting.tcp().ask(verification({"99.9/x", 301, kNonce, kDigest, false, proof})).rc() ==
          301);
}

TEST_CASE("H14: an answer that comes twice gets the same response, and is carried out once") {
    const WithOwner setting;
    // Over UDP the datagram is sent again; the challenge may have come over TCP.
    const Reply challenged = setting.challenged();
    const Bytes proof = encode(answer(challenged, owner()));
    UdpClient udp = setting.udp();
    udp.send(proof);
    const auto first = udp.receive();
    udp.send(proof);
    const auto second = udp.receive();
    REQUIRE(first);
    REQUIRE(second);
    CHECK(Reply(*first).rc() == 1);  // carried out again it would be 201
    CHECK(same_octets(*first, *second));
    CHECK(setting.has_index(7));
    CHECK(ask_as(setting, removal(kOwned, {7}), owner()).rc() == 1);
    udp.send(proof);
    CHECK(udp.receive());
    CHECK_FALSE(setting.has_index(7));
    // The same challenge, another answer.
    CHECK(setting.tcp().ask(answer(challenged, owner(), SecretAlgorithm::kSha256)).rc() == 405);
    CHECK_FALSE(setting.has_index(7));
}

TEST_CASE(
    "H15: an answer to the challenge of another session is refused, audited, changes nothing") {
    WithOwner setting;
    const Reply one = setting.challenged();
    const Reply two = setting.challenged();
    Request crossed = answer(one, owner());
    crossed.session_id = two.envelope().session_id;
    CHECK(setting.tcp().ask(crossed).rc() == 403);
    CHECK(setting.is_unchanged());
    CHECK(setting.audits("301:0.NA/88.100.1", 403));
}

TEST_CASE("H16: a flood of unauthenticated requests keeps a bounded table, the oldest drops out") {
    WithOwner setting(Settings{"limits.challenges_max=1000"});
    const Reply oldest = setting.challenged();
    const std::size_t before = setting.daemon().process().resident_bytes();
    // 400 MB of requests, more than a thousand challenges, all of one source.
    const Request large =
        with_values(OpCode::kAddValue, kOwned, {text_value(7, "DESC", std::string(200'000, 'x'))});
    TcpClient flood = setting.tcp();
    for (int i = 0; i < 2'000; ++i) REQUIRE(flood.ask(large).rc() == 402);
    CHECK(setting.daemon().process().resident_bytes() < before + 150'000'000);
    CHECK(setting.tcp().ask(answer(oldest, owner())).rc() == 500);
    CHECK(setting.is_unchanged());
    CHECK(setting.outcome(owner()) == 1);
}

TEST_CASE("H17: a proof that is empty, one octet or of an unknown form is wrong") {
    const WithOwner setting;
    for (const Bytes& proof : formless_proofs()) {
        CAPTURE(proof.size());
        CHECK(setting.outcome("HS_SECKEY", owner(), proof) == 403);
        CHECK(verified(setting, kP, 301, proof) == kWrong);
    }
    CHECK(setting.is_unchanged());
}

// Computing 2^31 iterations takes longer than anybody here waits for an answer.
TEST_CASE("H18: absurd PBKDF2 parameters are refused without computing") {
    const WithOwner setting;
    for (const Bytes& proof : absurd_proofs()) {
        CHECK(setting.outcome("HS_SECKEY", owner(), proof) == 403);
        CHECK(verified(setting, kP, 301, proof) == kWrong);
    }
    CHECK(setting.is_unchanged());
}

// With the exponent 1 every padded digest is its own signature.
TEST_CASE("H20: a public key with exponent 1, or a modulus of 64 KB, proves nothing") {
    const WithOwner setting;
    const auto sound =
        handle::decode_public_key(*crypto::public_key_of(*crypto::generate_rsa_key()));
    REQUIRE(sound);
    auto weak = std::get<handle::RsaPublicKey>(*sound);
    weak.exponent = handle::Integer(Bytes(1, std::byte{1}));
    auto huge = std::get<handle::RsaPublicKey>(*sound);
    huge.modulus = handle::Integer(Bytes(65'536, std::byte{0xFF}));
    int number = 0;
    for (const handle::RsaPublicKey& key : {weak, huge}) {
        const std::string name = "88.100.1/weak-" + std::to_string(++number);
        handle::Value value = text_value(300, "HS_PUBKEY", {});
        value.data = handle::encode_public_key(key);
        setting.create(name, {value, admin_value(100, {name, 300})});
        const Reply challenged = setting.challenged(about(OpCode::kDeleteHandle, name));
        const Challenged asked(challenged);
        Bytes data = asked.nonce;
        data.insert(data.end(), asked.digest.begin(), asked.digest.end());
        // EMSA-PKCS1-v1_5 of SHA-256, as long as the modulus of a sound key.
        Bytes forged(256, std::byte{0xFF});
        forged[0] = std::byte{0};
        forged[1] = std::byte{1};
        const auto sha256 = crypto::make_digests()->sha256(data);
        constexpr std::string_view kDigestInfo(
            "\x00\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20", 20);
        std::ranges::copy(as_bytes_view(kDigestInfo), forged.end() - 32 - 20);
        std::ranges::copy(sha256, forged.end() - 32);
        const Bytes proof = handle::encode_public_key_answer({as_bytes_view("SHA-256"), forged});
        CHECK(setting.tcp().ask(answer_with(challenged, "HS_PUBKEY", {name, 300}, proof)).rc() ==
              403);
        CHECK(setting.tcp().ask(resolution(name)).rc() == 1);
    }
}

TEST_CASE("H27: groups that contain themselves or thousands of strangers end, and let nobody in") {
    const WithOwner setting;
    handle::Value group = text_value(200, "HS_VLIST", {});
    std::vector<handle::Reference> members{{"88.100.1/loop", 200}, {"88.100.1/loop-2", 200}};
    group.data = handle::encode_vlist(members);
    setting.create("88.100.1/loop", {group});
    members = {{"88.100.1/loop", 200}};
    group.data = handle::encode_vlist(members);
    setting.create("88.100.1/loop-2", {group});
    members.clear();
    for (int i = 0; i < 10'000; ++i) members.push_back({"77." + std::to_string(i) + "/r", 200});
    group.data = handle::encode_vlist(members);
    setting.create("88.100.1/crowd", {group});
    for (const std::string_view name : {"88.100.1/loop", "88.100.1/crowd"}) {
        const std::string record = std::string(name) + "-record";
        setting.create(record, {admin_value(100, {std::string(name), 200})});
        CHECK(ask_as(setting, about(OpCode::kDeleteHandle, record), owner()).rc() == 400);
        CHECK(setting.tcp().ask(resolution(record)).rc() == 1);
    }
    CHECK(setting.serves());
}

}  // namespace idnode::testing
