#include "resolver/client/session.h"

#include <utility>
#include <variant>

#include "proto/handle/credential.h"
#include "proto/handle/signing.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/key_agreement.h"
#include "resolver/crypto/session_cryptography.h"

namespace idnode::client {
namespace {

Error broken() {
    return {Errc::kInvalid, "the answer to the session setup is broken"};
}

}  // namespace

Session::Session(Terms terms)
    : terms_(std::move(terms)),
      entropy_(crypto::make_entropy()),
      cryptography_(crypto::make_session_cryptography({}, *entropy_)) {}

Bytes Session::sign(const handle::Envelope& envelope, BytesView header_and_body) {
    ++counter_;
    const Bytes mac = cryptography_->mac(envelope, counter_, terms_.key, header_and_body);
    handle::Credential credential;
    credential.session_counter = counter_;
    credential.type = handle::kMacCredential;
    credential.algorithm = as_bytes_view(handle::mac_algorithm_field(envelope.version));
    credential.signature = mac;
    Bytes octets;
    ByteWriter out(octets);
    handle::encode_credential(credential, out);
    return octets;
}

bool Session::has_signed(const handle::Envelope& envelope, const handle::Credential& credential,
                         BytesView header_and_body) const {
    return envelope.session_id == terms_.id &&
           cryptography_->is_mac(envelope, credential, terms_.key, header_and_body);
}

Result<Bytes> Session::encrypt(BytesView plain) const {
    return cryptography_->encrypt(terms_.cipher, terms_.key, terms_.version, plain);
}

Result<Bytes> Session::decrypt(BytesView payload) const {
    return cryptography_->decrypt(terms_.cipher, terms_.key, terms_.version, payload);
}

Result<KeyExchange> KeyExchange::begin() {
    const auto entropy = crypto::make_entropy();
    KeyExchange out;
    out.exponent_ = crypto::new_exponent(*entropy);
    auto half = crypto::public_half(crypto::well_known_group(), out.exponent_);
    if (!half) return half.error();
    out.half_ = std::move(*half);
    return out;
}

Bytes KeyExchange::setup_body(const handle::Reference& identity,
                              std::chrono::seconds timeout) const {
    const Bytes key = handle::encode_public_key(half_);
    handle::SessionSetupRequest request;
    request.timeout = static_cast<std::uint32_t>(timeout.count());
    request.identity_handle = identity.handle;
    request.identity_index = identity.handle.empty() ? handle::kAnonymousIndex : identity.index;
    request.public_key = key;
    Bytes body;
    ByteWriter out(body);
    handle::encode_session_setup_request(request, out);
    return body;
}

Result<Session> KeyExchange::finish(BytesView body, std::uint32_t session_id,
                                    handle::Version version) const {
    const auto response = handle::decode_session_setup_response(body);
    if (!response || response->mode != handle::KeyExchangeMode::kDiffieHellman || session_id == 0) {
        return broken();
    }
    const auto theirs = handle::decode_cipher_and_key(
        response->data, handle::has_cipher_number(response->mode, version));
    if (!theirs) return broken();
    const auto decoded = handle::decode_public_key(theirs->key);
    const auto* peer = decoded ? std::get_if<handle::DhPublicKey>(&*decoded) : nullptr;
    // A group of the server's choice could be a weak one.
    if (peer == nullptr || peer->p != half_.p || peer->g != half_.g) return broken();
    const auto shared = crypto::shared_secret(*peer, exponent_);
    if (!shared) return shared.error();
    auto key = crypto::session_key_from(*shared, theirs->cipher);
    if (!key) return key.error();
    return Session({session_id, version, theirs->cipher, std::move(*key)});
}

}  // namespace idnode::client
