// Sessions whose key travels under RSA (§5.7, modes 1 to 3), with a real node.

#include <catch2/catch.hpp>

#include "proto/handle/key.h"
#include "proto/handle/session.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/key_file.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/session_cryptography.h"
#include "tests/server/session_client.h"

using namespace idnode;
using namespace idnode::testing;
using handle::KeyExchangeMode;
using handle::OpCode;

namespace {

struct SetUp {
    std::uint32_t rc = 0;
    std::uint32_t session_id = 0;
    Bytes data;
};

SetUp set_up(const Setting& setting, const handle::SessionSetupRequest& terms) {
    const Reply reply = setting.tcp().ask(session_setup(terms));
    SetUp out{.rc = reply.rc(), .session_id = reply.envelope().session_id, .data = {}};
    if (out.rc != 1) return out;
    const auto response = session_response(reply);
    CHECK(response.mode == terms.mode);
    out.data.assign(response.data.begin(), response.data.end());
    return out;
}

/// The end of a session, which only its key can bring about.
std::uint32_t terminate(const Setting& setting, std::uint32_t session_id, BytesView key) {
    TcpClient client = setting.tcp();
    client.send(sealed(about(OpCode::kSessionTerminate, "/"), session_id, 1, key));
    return client.receive_reply().rc();
}

/// The session key in what the server encrypted for the holder of `private_key`.
Bytes received_key(const Bytes& private_key, const Bytes& data) {
    const auto entropy = crypto::make_entropy();
    const auto plain =
        crypto::make_session_cryptography(private_key, *entropy)->decrypt_with_server_key(data);
    REQUIRE(plain);
    const auto key = handle::decode_cipher_and_key(*plain, true);
    REQUIRE(key);
    CHECK(key->cipher == handle::SessionCipher::kAes);
    return Bytes(key->key.begin(), key->key.end());
}

}  // namespace

TEST_CASE("67: in mode 1 the server sends a session key for the client's own RSA key") {
    const Setting setting;
    const Bytes own = *crypto::generate_rsa_key();
    const Bytes public_key = *crypto::public_key_of(own);
    handle::SessionSetupRequest terms;
    terms.mode = KeyExchangeMode::kClientCipher;
    terms.public_key = public_key;
    const SetUp session = set_up(setting, terms);
    REQUIRE(session.rc == 1);
    const Bytes key = received_key(own, session.data);
    CHECK(terminate(setting, session.session_id, Bytes(16)) == 502);
    CHECK(terminate(setting, session.session_id, key) == 1);
    CHECK(terminate(setting, session.session_id, key) == 500);
}

TEST_CASE("67: in mode 2 the client sends a session key for the server's RSA key") {
    const Setting setting;
    handle::SessionSetupRequest terms;
    terms.mode = KeyExchangeMode::kServerCipher;
    const SetUp session = set_up(setting, terms);
    REQUIRE(session.rc == 1);
    CHECK(session.data == setting.site().servers.at(0).public_key);

    const auto entropy = crypto::make_entropy();
    const auto exchanged = crypto::make_session_cryptography({}, *entropy)
                               ->encrypt_new_key(session.data, handle::SessionCipher::kAes, true);
    REQUIRE(exchanged);
    Request exchange;
    exchange.op = OpCode::kSessionExchangeKey;
    exchange.session_id = session.session_id;
    ByteWriter(exchange.body).bytes_u32(Bytes(exchanged->data.size()));
    CHECK(setting.tcp().ask(exchange).rc() == 501);  // not encrypted for this key
    exchange.body.clear();
    ByteWriter(exchange.body).bytes_u32(exchanged->data);
    CHECK(setting.tcp().ask(exchange).rc() == 1);
    CHECK(setting.tcp().ask(exchange).rc() == 501);  // there is a key already
    CHECK(terminate(setting, session.session_id, exchanged->key) == 1);
}

TEST_CASE("67: in mode 3 the server sends a session key for the key of a handle") {
    const Setting setting;
    const auto admin = crypto::read_key_file(setting.node().root() / "keys" / "admin.key");
    REQUIRE(admin);
    handle::SessionSetupRequest terms;
    terms.mode = KeyExchangeMode::kHandleCipher;
    terms.exchange_key_handle = "0.NA/88.100";
    terms.exchange_key_index = 300;
    const SetUp session = set_up(setting, terms);
    REQUIRE(session.rc == 1);
    CHECK(terminate(setting, session.session_id, received_key(*admin, session.data)) == 1);

    terms.exchange_key_index = 299;
    CHECK(set_up(setting, terms).rc == 501);
    terms.exchange_key_handle = "99.1/elsewhere";
    CHECK(set_up(setting, terms).rc == 501);
}

TEST_CASE("H20: no session key is sent for an RSA key with exponent 1") {
    const Setting setting;
    const auto sound =
        handle::decode_public_key(*crypto::public_key_of(*crypto::generate_rsa_key()));
    REQUIRE(sound);
    handle::RsaPublicKey weak = std::get<handle::RsaPublicKey>(*sound);
    const Bytes one(1, std::byte{1});
    weak.exponent = handle::Integer(one);
    const Bytes encoded = handle::encode_public_key(weak);
    handle::SessionSetupRequest terms;
    terms.mode = KeyExchangeMode::kClientCipher;
    terms.public_key = encoded;
    CHECK(set_up(setting, terms).rc == 501);
}
