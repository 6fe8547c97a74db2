// What the clients of the industrial internet need (§9), with a real node: the login to a
// connection (§9.3), and what every server tolerates.

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "proto/base/hex.h"
#include "proto/handle/challenge.h"
#include "proto/handle/credential.h"
#include "proto/handle/digest.h"
#include "proto/handle/requests.h"
#include "proto/handle/responses.h"
#include "proto/handle/session.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/pem.h"
#include "resolver/crypto/session_cryptography.h"
#include "resolver/crypto/sm2.h"
#include "tests/server/setting.h"

using namespace idnode;
using namespace idnode::testing;
using handle::OpCode;

namespace {

constexpr std::string_view kAdmin = "0.NA/88.100";
constexpr std::uint32_t kSecretIndex = 301;
constexpr std::uint32_t kOwnId = 10'001;  // as the clients choose them

const Settings kIndustrial{"listen.industrial=[\"127.0.0.1\"]"};

Bytes secret_of(const NodeFolder& node) {
    std::ifstream file(node.root() / "keys" / "admin.secret");
    return to_bytes(std::string{std::istreambuf_iterator<char>(file), {}});
}

/// Octets without a credential length, as these clients send them.
Bytes without_credential(const Request& request) {
    Bytes out = encode(request);
    out.resize(out.size() - 4);
    out[19] = static_cast<std::byte>(std::to_integer<unsigned>(out[19]) - 4U);
    return out;
}

Request login_as(std::string_view user, std::uint32_t index, std::uint32_t session_id = kOwnId) {
    Request out;
    out.op = OpCode::kLoginToIdSystem;
    out.flags = 0x10800000;  // REC, RD
    out.version = {2, 10};
    out.session_id = session_id;
    ByteWriter body(out.body);
    handle::encode_reference({std::string(user), index}, body);
    return out;
}

Reply ask_for_login(TcpClient& client, const Request& login) {
    client.send(without_credential(login));
    return client.receive_reply();
}

struct Answer {
    std::string_view type = handle::kSecretKeyAuthentication;
    std::string_view user = kAdmin;
    std::uint32_t index = kSecretIndex;
    Bytes proof{};
};

Request answer_to(const Reply& challenged, const Answer& answer) {
    Request out;
    out.op = OpCode::kChallengeResponse;
    out.flags = 0x10800000;
    out.session_id = challenged.envelope().session_id;
    ByteWriter body(out.body);
    handle::encode_challenge_answer({answer.type, answer.user, answer.index, answer.proof}, body);
    return out;
}

handle::Challenge challenge_in(const Reply& challenged) {
    const auto challenge =
        handle::decode_challenge(challenged.body(), challenged.envelope().version);
    REQUIRE(challenge);
    return *challenge;
}

Bytes secret_proof(const Reply& challenged, BytesView secret) {
    const handle::Challenge challenge = challenge_in(challenged);
    const auto entropy = crypto::make_entropy();
    return *crypto::answer_with_secret(secret, {challenge.nonce, challenge.digest.octets},
                                       challenged.envelope().version, *entropy);
}

/// Logs the administrator in under an id of the client's own.
void log_in(const Setting& setting, TcpClient& client, std::uint32_t session_id = kOwnId) {
    const Reply challenged = ask_for_login(client, login_as(kAdmin, kSecretIndex, session_id));
    REQUIRE(challenged.rc() == 402);
    const Reply done = client.ask(
        answer_to(challenged, {.proof = secret_proof(challenged, secret_of(setting.node()))}));
    REQUIRE(done.rc() == 1);
}

Request creation(std::string_view handle, std::uint32_t session_id) {
    handle::Value value;
    value.index = 1;
    value.type = "URL";
    value.data = to_bytes("https://created.example");
    Request out;
    out.op = OpCode::kCreateHandle;
    out.session_id = session_id;
    ByteWriter body(out.body);
    const Bytes values = handle::encode_values(std::vector{value});
    handle::encode_values_request({handle, values}, body);
    return out;
}

}  // namespace

TEST_CASE(
    "93: operation 2001 with an id of the client's choice is challenged under that id, and after "
    "the right answer requests with it count on the same connection only") {
    const Setting setting(kIndustrial);
    TcpClient client = setting.tcp();
    Request site = about(OpCode::kGetSiteInfo, "/");
    site.session_id = kOwnId;
    const Reply described = client.ask(site);
    CHECK(described.rc() == 1);
    CHECK(described.envelope().session_id == kOwnId);

    const Request login = login_as(kAdmin, kSecretIndex);
    const Bytes octets = without_credential(login);
    client.send(octets);
    const Reply challenged = client.receive_reply();
    CHECK(challenged.rc() == 402);
    CHECK(challenged.header().op == OpCode::kLoginToIdSystem);
    CHECK(challenged.envelope().session_id == kOwnId);
    CHECK((challenged.header().flags & 0x00800000) != 0);
    const handle::Challenge challenge = challenge_in(challenged);
    CHECK(challenge.nonce.size() == 16);
    const auto digests = crypto::make_digests();
    const auto expected = digests->sha256(BytesView(octets).subspan(limits::kEnvelopeBytes));
    CHECK(same_octets(challenge.digest.octets, expected));

    // Nobody is logged in before the answer.
    CHECK(client.ask(creation("88.100.1/early", kOwnId)).rc() == 402);

    Request answer =
        answer_to(challenged, {.proof = secret_proof(challenged, secret_of(setting.node()))});
    answer.request_id = 0x01020304;
    const Reply done = client.ask(answer);
    CHECK(done.rc() == 1);
    CHECK(done.header().op == OpCode::kLoginToIdSystem);
    CHECK(done.envelope().request_id == 0x01020304);
    CHECK(done.envelope().session_id == kOwnId);

    CHECK(client.ask(creation("88.100.1/by-login", kOwnId)).rc() == 1);
    CHECK(client.ask(creation("88.100.1/other-id", kOwnId + 1)).rc() == 402);
    TcpClient other = setting.tcp();
    CHECK(other.ask(creation("88.100.1/other-connection", kOwnId)).rc() == 402);
    CHECK(setting.tcp().ask(resolution("88.100.1/by-login")).rc() == 1);
    CHECK(setting.tcp().ask(resolution("88.100.1/other-connection")).rc() == 100);
}

TEST_CASE("94: without the industrial extensions the same is RC 500") {
    const Setting setting;
    TcpClient client = setting.tcp();
    CHECK(ask_for_login(client, login_as(kAdmin, kSecretIndex)).rc() == 500);
    CHECK(client.ask(creation("88.100.1/none", kOwnId)).rc() == 500);
}

TEST_CASE("26: operation 2001 is unknown where the industrial extensions are off, and over UDP") {
    const Setting standard;
    CHECK(standard.tcp().ask(login_as(kAdmin, kSecretIndex, 0)).rc() == 2);
    const Setting industrial(kIndustrial);
    CHECK(industrial.udp().ask(login_as(kAdmin, kSecretIndex, 0)).rc() == 2);
    CHECK(industrial.udp().ask(login_as(kAdmin, kSecretIndex, kOwnId)).rc() == 500);
}

TEST_CASE("93: a failed login is RC 403, 400 or 404, and nobody is logged in") {
    const Setting setting(kIndustrial);
    TcpClient client = setting.tcp();
    const Bytes secret = secret_of(setting.node());
    const auto code_of = [&](const Request& login, Answer answer, BytesView known) {
        const Reply challenged = ask_for_login(client, login);
        REQUIRE(challenged.rc() == 402);
        answer.proof = secret_proof(challenged, known);
        return client.ask(answer_to(challenged, answer)).rc();
    };
    const Request login = login_as(kAdmin, kSecretIndex);
    CHECK(code_of(login, {}, to_bytes("a guess")) == 403);
    CHECK(code_of(login, {.type = "HS_FOO"}, secret) == 404);
    CHECK(code_of(login, {.index = 300}, secret) == 400);
    CHECK(code_of(login_as("88.100.1/nobody", 1), {.user = "88.100.1/nobody", .index = 1},
                  secret) == 403);
    CHECK(client.ask(creation("88.100.1/none", kOwnId)).rc() == 402);
    CHECK(code_of(login, {}, secret) == 1);
}

TEST_CASE("93: an answer to a login counts once") {
    const Setting setting(kIndustrial);
    TcpClient client = setting.tcp();
    const Reply challenged = ask_for_login(client, login_as(kAdmin, kSecretIndex));
    const Request answer =
        answer_to(challenged, {.proof = secret_proof(challenged, secret_of(setting.node()))});
    TcpClient other = setting.tcp();
    CHECK(other.ask(answer).rc() == 500);  // challenged on another connection
    CHECK(client.ask(answer).rc() == 1);
    CHECK(client.ask(answer).rc() == 500);
}

TEST_CASE("93: a login ends with its connection and with operation 401") {
    const Setting setting(kIndustrial);
    {
        TcpClient client = setting.tcp();
        log_in(setting, client);
    }
    TcpClient client = setting.tcp();
    CHECK(client.ask(creation("88.100.1/later", kOwnId)).rc() == 402);
    log_in(setting, client);
    CHECK(client.ask(creation("88.100.1/later", kOwnId)).rc() == 1);
    Request end = about(OpCode::kSessionTerminate, "/");
    end.session_id = kOwnId;
    CHECK(client.ask(end).rc() == 1);
    CHECK(client.ask(creation("88.100.1/after", kOwnId)).rc() == 402);
    CHECK(client.ask(end).rc() == 500);
}

TEST_CASE("93: a client that forgets its id after the login is who the connection's login says") {
    const Setting setting(kIndustrial);
    TcpClient client = setting.tcp();
    const Reply challenged = ask_for_login(client, login_as(kAdmin, kSecretIndex, 0));
    REQUIRE(challenged.rc() == 402);
    REQUIRE(challenged.envelope().session_id != 0);
    const Request answer =
        answer_to(challenged, {.proof = secret_proof(challenged, secret_of(setting.node()))});
    CHECK(client.ask(answer).rc() == 1);
    CHECK(client.ask(creation("88.100.1/without-id", 0)).rc() == 1);
    log_in(setting, client, kOwnId);  // now there are two, and none is meant
    CHECK(client.ask(creation("88.100.1/which", 0)).rc() == 402);
}

TEST_CASE("93: many logins on one connection make room for each other") {
    const Setting setting(kIndustrial);
    TcpClient client = setting.tcp();
    log_in(setting, client);
    for (std::uint32_t id = 1; id <= 50; ++id) {
        REQUIRE(ask_for_login(client, login_as(kAdmin, kSecretIndex, kOwnId + id)).rc() == 402);
    }
    CHECK(client.ask(creation("88.100.1/none", kOwnId)).rc() == 402);
    CHECK(setting.serves());
}

TEST_CASE("93: guesses of a secret at the login are bounded") {
    Settings settings = kIndustrial;
    settings.emplace_back("limits.wrong_answers_per_minute=3");
    const Setting setting(settings);
    TcpClient client = setting.tcp();
    std::vector<std::uint32_t> codes;
    for (int i = 0; i < 5; ++i) {
        const Reply challenged = ask_for_login(client, login_as(kAdmin, kSecretIndex));
        codes.push_back(
            client.ask(answer_to(challenged, {.proof = secret_proof(challenged, to_bytes("x"))}))
                .rc());
    }
    CHECK(codes == std::vector<std::uint32_t>{403, 403, 403, 3, 3});
}

namespace {

/// 88.100.1/user with an SM2 key at 300 and, as PEM alone, at 301; he administers 88.100.1/his.
struct Sm2User {
    static constexpr std::string_view kHandle = "88.100.1/user";
    Bytes key = *crypto::generate_sm2_key();
    Bytes public_key = *crypto::public_key_of(key);

    std::string records() const {
        const std::string pem = *crypto::public_key_to_pem(public_key);
        const auto value = [](int index, BytesView data) {
            return R"({"index":)" + std::to_string(index) +
                   R"(,"type":"HS_PUBKEY","data":{"format":"hex","value":")" + to_hex(data) +
                   R"("}})";
        };
        return setting_records() + R"({"handle":")" + std::string(kHandle) + R"(","values":[)" +
               value(300, public_key) + "," + value(301, as_bytes_view(pem)) + "]}\n" +
               his_record("88.100.1/his", 300) + his_record("88.100.1/his-pem", 301);
    }

    static std::string his_record(std::string_view handle, int index) {
        return R"({"handle":")" + std::string(handle) +
               R"(","values":[{"index":1,"type":"DESC","permissions":"1100",)"
               R"("data":{"format":"string","value":"for him alone"}},)"
               R"({"index":100,"type":"HS_ADMIN","data":{"format":"admin",)"
               R"("value":{"handle":")" +
               std::string(kHandle) + R"(","index":)" + std::to_string(index) +
               R"(,"permissions":"111111111111"}}}]})" + "\n";
    }

    Bytes proof(const Reply& challenged) const {
        const handle::Challenge challenge = challenge_in(challenged);
        return *crypto::answer_with_sm2(key, {challenge.nonce, challenge.digest.octets}, kHandle);
    }
};

Request not_only_public(std::string_view handle, std::uint32_t session_id) {
    Request out = resolution(handle, {1});
    out.flags = 0x18000000;
    out.session_id = session_id;
    return out;
}

}  // namespace

TEST_CASE("93: an SM2 key at any of its forms logs its user in, who may do what is his") {
    const Sm2User user;
    const Setting setting(user.records(), kIndustrial);
    TcpClient client = setting.tcp();
    for (const std::uint32_t index : {300U, 301U}) {
        const Reply challenged =
            ask_for_login(client, login_as(Sm2User::kHandle, index, kOwnId + index));
        REQUIRE(challenged.rc() == 402);
        const Answer answer{.type = handle::kPublicKeyAuthentication,
                            .user = Sm2User::kHandle,
                            .index = index,
                            .proof = user.proof(challenged)};
        CHECK(client.ask(answer_to(challenged, answer)).rc() == 1);
    }
    const Reply his = client.ask(not_only_public("88.100.1/his", kOwnId + 300));
    CHECK(his.rc() == 1);
    CHECK(as_text(his.values().at(0).data) == "for him alone");
    CHECK(client.ask(not_only_public("88.100.1/his-pem", kOwnId + 301)).rc() == 1);
    CHECK(client.ask(not_only_public("88.100.1/his-pem", kOwnId + 300)).rc() == 400);
    CHECK(client.ask(creation("88.100.1/not-his", kOwnId + 300)).rc() == 400);
}

TEST_CASE("56: an SM2 signature by another key, or where the extensions are off, is RC 403") {
    const Sm2User user;
    const Sm2User somebody;
    const auto outcome = [&](const Setting& setting, const Sm2User& by) {
        TcpClient client = setting.tcp();
        const Reply challenged = client.ask(not_only_public("88.100.1/his", 0));
        REQUIRE(challenged.rc() == 402);
        const Answer answer{.type = handle::kPublicKeyAuthentication,
                            .user = Sm2User::kHandle,
                            .index = 300,
                            .proof = by.proof(challenged)};
        return client.ask(answer_to(challenged, answer)).rc();
    };
    const Setting industrial(user.records(), kIndustrial);
    CHECK(outcome(industrial, user) == 1);
    CHECK(outcome(industrial, somebody) == 403);
    const Setting standard(user.records(), {});
    CHECK(outcome(standard, user) == 403);
}

namespace {

/// Operation 400 for the key of a user, under an id of the client's own (§9.5).
Request session_for(std::string_view user, std::uint32_t index, std::uint32_t session_id) {
    Request out;
    out.op = OpCode::kSessionSetup;
    out.flags = 0x58800000;
    out.session_id = session_id;
    ByteWriter body(out.body);
    handle::encode_session_setup_request({.mode = handle::KeyExchangeMode::kHandleCipher,
                                          .exchange_key_handle = user,
                                          .exchange_key_index = index},
                                         body);
    return out;
}

Bytes session_data(const Reply& reply) {
    const auto parts =
        handle::split_response_body(reply.header(), reply.envelope().version, reply.body());
    REQUIRE(parts);
    const auto response = handle::decode_session_setup_response(parts->rest);
    REQUIRE(response);
    return {response->data.begin(), response->data.end()};
}

/// What comes back after an encrypted request, decrypted if it is encrypted.
struct Secretly {
    bool was_encrypted;
    Reply reply;
};
Secretly ask_secretly(TcpClient& client, const Request& request, const handle::CipherAndKey& key) {
    const auto entropy = crypto::make_entropy();
    const auto cryptography = crypto::make_session_cryptography({}, *entropy);
    const Bytes plain = encode(request);
    auto envelope = *handle::decode_envelope(plain);
    const Bytes payload = *cryptography->encrypt(key.cipher, key.key, handle::kOwnVersion,
                                                 BytesView(plain).subspan(limits::kEnvelopeBytes));
    envelope.encrypted = true;
    envelope.message_length = static_cast<std::uint32_t>(payload.size());
    Bytes octets;
    ByteWriter out(octets);
    handle::encode_envelope(envelope, out);
    out.raw(payload);
    client.send(octets);
    Bytes answer = client.receive().value();
    auto answered = *handle::decode_envelope(answer);
    if (!answered.encrypted) return {false, Reply(std::move(answer))};
    const Bytes opened = *cryptography->decrypt(key.cipher, key.key, handle::kOwnVersion,
                                                BytesView(answer).subspan(limits::kEnvelopeBytes));
    answered.encrypted = false;
    answered.message_length = static_cast<std::uint32_t>(opened.size());
    Bytes message;
    ByteWriter writer(message);
    handle::encode_envelope(answered, writer);
    writer.raw(opened);
    return {true, Reply(std::move(message))};
}

}  // namespace

TEST_CASE(
    "93: a session key under the user's SM2 key encrypts what the connection says under the "
    "client's id, both ways") {
    const Sm2User user;
    const Setting setting(user.records(), kIndustrial);
    TcpClient client = setting.tcp();
    const Reply opened = client.ask(session_for(Sm2User::kHandle, 300, kOwnId));
    REQUIRE(opened.rc() == 1);
    CHECK(opened.envelope().session_id == kOwnId);
    CHECK_FALSE(opened.credential().empty());  // signed by the server: nothing else vouches for it
    const auto plain = crypto::decrypt_with_sm2(user.key, session_data(opened));
    REQUIRE(plain);
    const auto key = handle::decode_cipher_and_key(*plain, true);
    REQUIRE(key);
    CHECK(key->cipher == handle::SessionCipher::kAes);

    Request login = login_as(Sm2User::kHandle, 300);
    login.version = handle::kOwnVersion;
    const Secretly challenged = ask_secretly(client, login, *key);
    REQUIRE(challenged.was_encrypted);
    REQUIRE(challenged.reply.rc() == 402);
    const Answer answer{.type = handle::kPublicKeyAuthentication,
                        .user = Sm2User::kHandle,
                        .index = 300,
                        .proof = user.proof(challenged.reply)};
    CHECK(ask_secretly(client, answer_to(challenged.reply, answer), *key).reply.rc() == 1);
    const Secretly his = ask_secretly(client, not_only_public("88.100.1/his", kOwnId), *key);
    CHECK(his.was_encrypted);
    CHECK(as_text(his.reply.values().at(0).data) == "for him alone");
    // Without a MAC, and in clear where the client does not encrypt and the content is public.
    Request question = resolution("88.100.1/abc");
    question.session_id = kOwnId;
    CHECK(client.ask(question).rc() == 1);

    // The key is that of this connection.
    TcpClient other = setting.tcp();
    CHECK(ask_secretly(other, question, *key).reply.rc() == 500);
}

TEST_CASE("67: without the extensions no session key is made for an SM2 key") {
    const Sm2User user;
    const Setting setting(user.records(), {});
    CHECK(setting.tcp().ask(session_for(Sm2User::kHandle, 300, 0)).rc() == 501);
    CHECK(setting.tcp().ask(session_for(Sm2User::kHandle, 300, kOwnId)).rc() == 500);
}

TEST_CASE("16: with any octets after the type list, a resolution is answered everywhere") {
    const Setting setting;
    Request question = resolution("88.100.1/abc");
    ByteWriter(question.body).bytes_u32(Bytes(300, std::byte{0x7F}));
    for (const Reply& reply : setting.ask_both(question)) CHECK(reply.rc() == 1);
}

TEST_CASE("17: many questions without credential length on one connection are all answered") {
    const Setting setting;
    TcpClient client = setting.tcp();
    Bytes octets;
    for (std::uint32_t id = 1; id <= 20; ++id) {
        Request question = resolution("88.100.1/abc");
        question.request_id = id;
        const Bytes one = without_credential(question);
        octets.insert(octets.end(), one.begin(), one.end());
    }
    client.send(octets);
    std::set<std::uint32_t> answered;
    for (int i = 0; i < 20; ++i) {
        const Reply reply = client.receive_reply();
        CHECK(reply.rc() == 1);
        answered.insert(reply.envelope().request_id);
    }
    CHECK(answered.size() == 20);
    CHECK(client.ask(resolution("0")).rc() != 0);  // the clients' heartbeat
}

TEST_CASE("56: the commands prove who they are with an SM2 key that they made themselves") {
    const NodeFolder node;
    const std::string file = node.scratch() / "user.pem";
    const Finished made = run({program("idnode"), "key", "generate", file, "--type", "sm2"});
    REQUIRE(made.errors == "");
    CHECK(made.output.find("SM2 256") != std::string::npos);
    CHECK(run({program("idnode"), "key", "show", file + ".pub"}).output.find("\"SM2\"") !=
          std::string::npos);

    std::ifstream published(file + ".pub", std::ios::binary);
    const std::string public_key{std::istreambuf_iterator<char>(published), {}};
    node.import(R"({"handle":"88.100.1/user","values":[{"index":300,"type":"HS_PUBKEY",)"
                R"("data":{"format":"hex","value":")" +
                to_hex(as_bytes_view(public_key)) + R"("}}]})" + "\n" +
                Sm2User::his_record("88.100.1/his", 300));
    const Daemon daemon(node, kIndustrial);
    const std::string server = "127.0.0.1:" + std::to_string(daemon.tcp_port());
    for (const bool in_session : {true, false}) {
        std::vector<std::string> command{program("idnode"), "modify", "88.100.1/his"};
        command.insert(command.end(), {"--value", in_session ? "1 DESC one" : "1 DESC two"});
        command.insert(command.end(), {"--key", file, "--identity", "300:88.100.1/user"});
        command.insert(command.end(), {"--server", server});
        if (!in_session) command.emplace_back("--no-session");
        const Finished done = run(command);
        CHECK(done.errors == "");
        CHECK(done.exit_code == 0);
    }
}
