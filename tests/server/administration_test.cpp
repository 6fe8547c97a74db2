// Administration of a real node over the network with the keys that `idnode init` made: challenges
// (§5.1 to §5.4) and sessions (§5.6 to §5.8).

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <iterator>

#include "proto/handle/challenge.h"
#include "proto/handle/credential.h"
#include "proto/handle/digest.h"
#include "proto/handle/key.h"
#include "proto/handle/requests.h"
#include "proto/handle/session.h"
#include "proto/handle/signing.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/key_agreement.h"
#include "resolver/crypto/key_file.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/session_cryptography.h"
#include "tests/server/setting.h"

using namespace idnode;
using namespace idnode::testing;
using handle::OpCode;

namespace {

constexpr std::string_view kAdmin = "0.NA/88.100";
constexpr std::uint32_t kSecretIndex = 301;
constexpr std::uint32_t kCertified = 0x59000000;  // REC, CA, PO, CT

std::string secret_of(const NodeFolder& node) {
    std::ifstream file(node.root() / "keys" / "admin.secret");
    return {std::istreambuf_iterator<char>(file), {}};
}

Request creation(std::string_view handle) {
    handle::Value value;
    value.index = 1;
    value.type = "URL";
    value.data = to_bytes("https://created.example");
    Request out;
    out.op = OpCode::kCreateHandle;
    ByteWriter body(out.body);
    const Bytes values = handle::encode_values(std::vector{value});
    handle::encode_values_request({handle, values}, body);
    return out;
}

Request answer_with(const Reply& challenged, std::string_view type, std::uint32_t index,
                    BytesView proof) {
    Request out;
    out.op = OpCode::kChallengeResponse;
    out.session_id = challenged.envelope().session_id;
    ByteWriter body(out.body);
    handle::encode_challenge_answer({type, kAdmin, index, proof}, body);
    return out;
}

/// The answer with the node's administrator secret.
Request answer_with_secret(const NodeFolder& node, const Reply& challenged) {
    const auto challenge =
        handle::decode_challenge(challenged.body(), challenged.envelope().version);
    REQUIRE(challenge);
    const auto entropy = crypto::make_entropy();
    const std::string secret = secret_of(node);
    const auto proof = crypto::answer_with_secret(as_bytes_view(secret),
                                                  {challenge->nonce, challenge->digest.octets},
                                                  challenged.envelope().version, *entropy);
    REQUIRE(proof);
    return answer_with(challenged, handle::kSecretKeyAuthentication, kSecretIndex, *proof);
}

/// The 1,024-bit group of RFC 2409, which reference clients of old use.
handle::DhPublicKey oakley_group() {
    constexpr std::string_view kPrime =
        "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A0879"
        "8E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B"
        "0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF";
    Bytes prime;
    for (std::size_t i = 0; i < kPrime.size(); i += 2) {
        prime.push_back(
            static_cast<std::byte>(std::stoi(std::string(kPrime.substr(i, 2)), nullptr, 16)));
    }
    handle::DhPublicKey out;
    out.p = handle::Integer(prime);
    out.g = handle::Integer(to_bytes("\x02"));
    return out;
}

/// The client's side of a session, over one connection for each request as reference clients do.
class SessionClient {
  public:
    explicit SessionClient(const Setting& setting)
        : setting_(setting),
          entropy_(crypto::make_entropy()),
          cryptography_(crypto::make_session_cryptography({}, *entropy_)) {}

    /// Diffie-Hellman; the response must be signed with the key of the site record.
    void open() {
        const handle::Integer exponent = crypto::new_exponent(*entropy_);
        const auto half = crypto::public_half(oakley_group(), exponent);
        REQUIRE(half);
        const Bytes key = handle::encode_public_key(*half);
        Request setup;
        setup.op = OpCode::kSessionSetup;
        setup.flags = 0x59800000;
        ByteWriter body(setup.body);
        handle::SessionSetupRequest terms;
        terms.identity_handle = kAdmin;
        terms.identity_index = kSecretIndex;
        terms.public_key = key;
        handle::encode_session_setup_request(terms, body);
        const Reply reply = setting_.tcp().ask(setup);
        REQUIRE(reply.rc() == 1);
        session_id = reply.envelope().session_id;
        REQUIRE(session_id > 0);

        const auto credential = handle::decode_credential(reply.credential());
        REQUIRE(credential);
        const Bytes input = handle::signature_input(reply.envelope(), credential->session_counter,
                                                    reply.header_and_body());
        const handle::Site site = setting_.site();
        CHECK(crypto::verify_signature(site.servers.at(0).public_key, model::Signer::Hash::kSha256,
                                       input, credential->signature)
                  .value_or(false));

        const auto parts =
            handle::split_response_body(reply.header(), reply.envelope().version, reply.body());
        REQUIRE(parts);
        const auto answer = handle::decode_session_setup_response(parts->rest);
        REQUIRE(answer);
        const auto theirs = handle::decode_cipher_and_key(answer->data, true);
        REQUIRE(theirs);
        CHECK(theirs->cipher == handle::SessionCipher::kAes);
        const auto peer = handle::decode_public_key(theirs->key);
        REQUIRE(peer);
        const auto shared = crypto::shared_secret(std::get<handle::DhPublicKey>(*peer), exponent);
        REQUIRE(shared);
        key_ = *crypto::session_key_from(*shared, handle::SessionCipher::kAes);
    }

    /// A message in the session with a MAC over its next counter.
    Bytes sealed(const Request& request) { return sealed(request, ++counter_, key_); }
    Bytes sealed(const Request& request, std::uint32_t counter, const Bytes& key) const {
        Request in_session = request;
        in_session.session_id = session_id;
        const Bytes plain = encode(in_session);
        const auto envelope = handle::decode_envelope(plain);
        const auto view =
            handle::decode_message(*envelope, BytesView(plain).subspan(limits::kEnvelopeBytes));
        REQUIRE(view);
        const Bytes mac = cryptography_->mac(*envelope, counter, key, view->header_and_body);
        handle::Credential credential;
        credential.session_counter = counter;
        credential.type = handle::kMacCredential;
        credential.algorithm = as_bytes_view(handle::mac_algorithm_field(envelope->version));
        credential.signature = mac;
        Bytes octets;
        ByteWriter writer(octets);
        handle::encode_credential(credential, writer);
        Bytes out;
        handle::MessageWriter message(out);
        message.body().raw(view->body);
        message.finish(*envelope, view->header, octets);
        return out;
    }

    Reply send(const Bytes& octets) const {
        TcpClient client = setting_.tcp();
        client.send(octets);
        return client.receive_reply();
    }

    /// Whether a reply carries the session's MAC, and what its counter was.
    std::uint32_t checked_counter(const Reply& reply) const {
        const auto credential = handle::decode_credential(reply.credential());
        REQUIRE(credential);
        CHECK(credential->type == handle::kMacCredential);
        CHECK(cryptography_->is_mac(reply.envelope(), *credential, key_, reply.header_and_body()));
        return credential->session_counter;
    }

    Bytes decrypt(const Bytes& octets) const {
        const auto plain =
            cryptography_->decrypt(handle::SessionCipher::kAes, key_, handle::kOwnVersion,
                                   BytesView(octets).subspan(limits::kEnvelopeBytes));
        REQUIRE(plain);
        return *plain;
    }

    /// Sets up, is challenged in the first request, answers, and is authenticated.
    void authenticate() {
        open();
        const Reply challenged = send(sealed(creation("88.100.1/first-in-session")));
        REQUIRE(challenged.rc() == 402);
        REQUIRE(send(sealed(answer_with_secret(setting_.node(), challenged))).rc() == 1);
    }

    std::uint32_t session_id = 0;

  private:
    const Setting& setting_;
    std::unique_ptr<model::Entropy> entropy_;
    std::unique_ptr<model::SessionCryptography> cryptography_;
    Bytes key_;
    std::uint32_t counter_ = 0;
};

}  // namespace

TEST_CASE("the administrator's secret creates a handle, which then resolves over both transports") {
    Setting setting;
    TcpClient client = setting.tcp();
    const Reply challenged = client.ask(creation("88.100.1/By-Secret"));
    REQUIRE(challenged.rc() == 402);
    const Reply created = client.ask(answer_with_secret(setting.node(), challenged));
    CHECK(created.rc() == 1);
    CHECK(created.header().op == OpCode::kCreateHandle);
    for (const Reply& reply : setting.ask_both(resolution("88.100.1/by-secret"))) {
        REQUIRE(reply.rc() == 1);
        CHECK(as_text(reply.values().at(0).data) == "https://created.example");
    }
}

TEST_CASE("the administrator's private key administers as the secret does") {
    Setting setting;
    const auto key = crypto::read_key_file(setting.node().root() / "keys" / "admin.key");
    REQUIRE(key);
    const auto signer = crypto::make_signer(*key);
    REQUIRE(signer);
    const auto administer = [&](const Request& request) {
        const Reply challenged = setting.tcp().ask(request);
        REQUIRE(challenged.rc() == 402);
        const auto challenge =
            handle::decode_challenge(challenged.body(), challenged.envelope().version);
        REQUIRE(challenge);
        const auto proof = crypto::answer_with_key(
            **signer, {challenge->nonce, challenge->digest.octets}, challenged.envelope().version);
        REQUIRE(proof);
        // The answer may come on another connection: reference clients open one for each request.
        return setting.tcp().ask(
            answer_with(challenged, handle::kPublicKeyAuthentication, 300, *proof));
    };
    CHECK(administer(creation("88.100.1/by-key")).rc() == 1);
    CHECK(administer(about(OpCode::kDeleteHandle, "88.100.1/by-key")).rc() == 1);
    CHECK(setting.tcp().ask(resolution("88.100.1/by-key")).rc() == 100);
    CHECK(administer(about(OpCode::kHomePrefix, "88.200")).rc() == 1);
    CHECK(setting.tcp().ask(resolution("88.200/x")).rc() == 100);
}

TEST_CASE("what was created is there after the node was killed and started again") {
    Setting setting;
    const Reply challenged = setting.tcp().ask(creation("88.100.1/kept"));
    REQUIRE(setting.tcp().ask(answer_with_secret(setting.node(), challenged)).rc() == 1);
    setting.daemon().process().send_signal(SIGKILL);
    REQUIRE(setting.daemon().process().wait());
    Daemon again(setting.node());
    CHECK(TcpClient(again.tcp_port()).ask(resolution("88.100.1/kept")).rc() == 1);
}

TEST_CASE(
    "66, 68, 69: a session is set up by Diffie-Hellman, authenticated once, then needs no "
    "challenge") {
    Setting setting;
    SessionClient client(setting);
    client.open();
    Request first = creation("88.100.1/in-session-1");
    first.flags = kCertified;
    const Reply challenged = client.send(client.sealed(first));
    CHECK(challenged.rc() == 402);
    CHECK(challenged.envelope().session_id == client.session_id);
    CHECK(client.checked_counter(challenged) == 1);
    CHECK(client.send(client.sealed(answer_with_secret(setting.node(), challenged))).rc() == 1);

    Request second = creation("88.100.1/in-session-2");
    second.flags = kCertified;
    const Reply created = client.send(client.sealed(second));
    CHECK(created.rc() == 1);
    CHECK(client.checked_counter(created) > 1);
    CHECK(setting.tcp().ask(resolution("88.100.1/in-session-2")).rc() == 1);
}

TEST_CASE("70, 71: a wrong MAC, none, and a repeated counter are told apart") {
    Setting setting;
    SessionClient client(setting);
    client.authenticate();
    const Bytes good = client.sealed(creation("88.100.1/mac"));
    CHECK(client.send(good).rc() == 1);
    CHECK(client.send(good).rc() == 101);  // refused before anybody is asked who they are
    const Bytes remove = client.sealed(about(OpCode::kDeleteHandle, "88.100.1/mac"));
    CHECK(client
              .send(client.sealed(about(OpCode::kDeleteHandle, "88.100.1/mac"), 50,
                                  Bytes(32, std::byte{7})))
              .rc() == 502);
    Request without = about(OpCode::kDeleteHandle, "88.100.1/mac");
    without.session_id = client.session_id;
    CHECK(setting.tcp().ask(without).rc() == 404);
    CHECK(client.send(remove).rc() == 1);
    CHECK(client.send(remove).rc() == 505);

    Request open = resolution(kP);
    open.session_id = client.session_id;
    CHECK(setting.tcp().ask(open).rc() == 1);
    open.flags = 0x18000000;
    CHECK(setting.tcp().ask(open).rc() == 404);
}

TEST_CASE("72, 74: a restricted value comes encrypted in a session, and strangers cannot encrypt") {
    Setting setting;
    SessionClient client(setting);
    client.authenticate();
    Request secret = resolution(kP, {301});
    secret.flags = 0x18000000;
    TcpClient connection = setting.tcp();
    connection.send(client.sealed(secret));
    const auto octets = connection.receive();
    REQUIRE(octets);
    const auto envelope = handle::decode_envelope(*octets);
    REQUIRE(envelope);
    REQUIRE(envelope->encrypted);
    const Bytes plain = client.decrypt(*octets);
    const auto view = handle::decode_message(*envelope, plain);
    REQUIRE(view);
    CHECK(view->header.response == handle::ResponseCode::kSuccess);

    for (const auto& [session_id, rc] : {std::pair{0U, 501U}, std::pair{77'777U, 500U}}) {
        Request request = resolution(kP);
        request.session_id = session_id;
        Bytes message = encode(request);
        message[2] |= std::byte{0x40};
        TcpClient stranger = setting.tcp();
        stranger.send(message);
        CHECK(stranger.receive_reply().rc() == rc);
    }
}

TEST_CASE("67, 75, H19: an unsound setup is refused, and a terminated session is unknown") {
    Setting setting;
    Request setup;
    setup.op = OpCode::kSessionSetup;
    setup.flags = 0x59800000;
    ByteWriter body(setup.body);
    handle::SessionSetupRequest terms;
    terms.mode = static_cast<handle::KeyExchangeMode>(9);
    handle::encode_session_setup_request(terms, body);
    CHECK(setting.tcp().ask(setup).rc() == 501);

    SessionClient client(setting);
    client.open();
    const Request end = about(OpCode::kSessionTerminate, "/");
    CHECK(client.send(client.sealed(end, 1, Bytes(32, std::byte{1}))).rc() == 502);
    CHECK(client.send(client.sealed(end)).rc() == 1);
    CHECK(client.send(client.sealed(end)).rc() == 500);
}
