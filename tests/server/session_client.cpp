#include "tests/server/session_client.h"

#include <catch2/catch.hpp>

#include "proto/base/limits.h"
#include "proto/handle/credential.h"
#include "proto/handle/digest.h"
#include "proto/handle/signing.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/key_agreement.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/session_cryptography.h"

namespace idnode::testing {
namespace {

using handle::OpCode;

constexpr std::byte kEncryptedMark{0x40};
constexpr std::size_t kMarksAt = 2;  // of an envelope
constexpr std::size_t kLengthAt = 16;

}  // namespace

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

Request session_setup(const handle::SessionSetupRequest& terms) {
    Request out;
    out.op = OpCode::kSessionSetup;
    out.flags = kCertified | handle::flag::kRequestDigest;
    ByteWriter body(out.body);
    handle::encode_session_setup_request(terms, body);
    return out;
}

handle::SessionSetupResponse session_response(const Reply& reply) {
    const auto parts =
        handle::split_response_body(reply.header(), reply.envelope().version, reply.body());
    REQUIRE(parts);
    const auto out = handle::decode_session_setup_response(parts->rest);
    REQUIRE(out);
    return *out;
}

void check_signed_by_server(const Setting& setting, const Reply& reply) {
    const auto credential = handle::decode_credential(reply.credential());
    REQUIRE(credential);
    CHECK(credential->type == handle::kSignedCredential);
    const Bytes input = handle::signature_input(reply.envelope(), credential->session_counter,
                                                reply.header_and_body());
    CHECK(crypto::verify_signature(setting.site().servers.at(0).public_key,
                                   model::Signer::Hash::kSha256, input, credential->signature)
              .value_or(false));
}

Bytes sealed(const Request& request, std::uint32_t session_id, std::uint32_t counter,
             BytesView key) {
    Request in_session = request;
    in_session.session_id = session_id;
    const Bytes plain = encode(in_session);
    const auto envelope = handle::decode_envelope(plain);
    const auto view =
        handle::decode_message(*envelope, BytesView(plain).subspan(limits::kEnvelopeBytes));
    REQUIRE(view);
    const auto entropy = crypto::make_entropy();
    const Bytes mac = crypto::make_session_cryptography({}, *entropy)
                          ->mac(*envelope, counter, key, view->header_and_body);
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

SessionClient::SessionClient(const Setting& setting)
    : SessionClient(setting, administrator(setting.node())) {}

SessionClient::SessionClient(const Setting& setting, Prover identity)
    : setting_(setting),
      identity_(std::move(identity)),
      entropy_(crypto::make_entropy()),
      cryptography_(crypto::make_session_cryptography({}, *entropy_)) {}

void SessionClient::open() {
    const handle::Integer exponent = crypto::new_exponent(*entropy_);
    const auto half = crypto::public_half(oakley_group(), exponent);
    REQUIRE(half);
    const Bytes key = handle::encode_public_key(*half);
    handle::SessionSetupRequest terms;
    terms.identity_handle = identity_.handle;
    terms.identity_index = identity_.index;
    terms.public_key = key;
    const Reply reply = setting_.tcp().ask(session_setup(terms));
    REQUIRE(reply.rc() == 1);
    session_id = reply.envelope().session_id;
    REQUIRE(session_id > 0);
    check_signed_by_server(setting_, reply);

    const auto theirs = handle::decode_cipher_and_key(session_response(reply).data, true);
    REQUIRE(theirs);
    CHECK(theirs->cipher == handle::SessionCipher::kAes);
    const auto peer = handle::decode_public_key(theirs->key);
    REQUIRE(peer);
    const auto shared = crypto::shared_secret(std::get<handle::DhPublicKey>(*peer), exponent);
    REQUIRE(shared);
    key_ = *crypto::session_key_from(*shared, handle::SessionCipher::kAes);
    counter_ = 0;
}

void SessionClient::authenticate() {
    open();
    const Reply challenged = send(sealed(creation("88.100.1/first-in-session")));
    REQUIRE(challenged.rc() == 402);
    REQUIRE(send(sealed(answer(challenged, identity_))).rc() == 1);
}

Bytes SessionClient::encrypted(const Bytes& message) const {
    const auto cipher_text =
        cryptography_->encrypt(handle::SessionCipher::kAes, key_, handle::kOwnVersion,
                               BytesView(message).subspan(limits::kEnvelopeBytes));
    REQUIRE(cipher_text);
    Bytes out(message.begin(), message.begin() + limits::kEnvelopeBytes);
    out[kMarksAt] |= kEncryptedMark;
    out.insert(out.end(), cipher_text->begin(), cipher_text->end());
    ByteWriter(out).patch_u32(kLengthAt, static_cast<std::uint32_t>(cipher_text->size()));
    return out;
}

Reply SessionClient::send(const Bytes& octets) const {
    TcpClient client = setting_.tcp();
    client.send(octets);
    return client.receive_reply();
}

Reply SessionClient::send_for_encrypted(const Bytes& octets) const {
    TcpClient client = setting_.tcp();
    client.send(octets);
    auto received = client.receive();
    REQUIRE(received);
    const auto envelope = handle::decode_envelope(*received);
    REQUIRE(envelope);
    REQUIRE(envelope->encrypted);
    const auto plain =
        cryptography_->decrypt(handle::SessionCipher::kAes, key_, handle::kOwnVersion,
                               BytesView(*received).subspan(limits::kEnvelopeBytes));
    REQUIRE(plain);
    received->resize(limits::kEnvelopeBytes);
    received->insert(received->end(), plain->begin(), plain->end());
    ByteWriter(*received).patch_u32(kLengthAt, static_cast<std::uint32_t>(plain->size()));
    return Reply(std::move(*received));
}

std::uint32_t SessionClient::checked_counter(const Reply& reply) const {
    const auto credential = handle::decode_credential(reply.credential());
    REQUIRE(credential);
    CHECK(credential->type == handle::kMacCredential);
    CHECK(cryptography_->is_mac(reply.envelope(), *credential, key_, reply.header_and_body()));
    return credential->session_counter;
}

}  // namespace idnode::testing
