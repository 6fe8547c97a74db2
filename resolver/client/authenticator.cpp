#include "resolver/client/authenticator.h"

#include <utility>

#include "resolver/client/messages.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/sm2.h"

namespace idnode::client {
namespace {

/// §5.2: what a secret key's answer may use. A suggested major of 0 is no suggestion (§3.1).
handle::Version secret_form_version(const handle::Envelope& challenged) {
    if (challenged.suggested.major == 0) return challenged.version;
    return lower_of(challenged.version, challenged.suggested);
}

}  // namespace

Authenticator::Authenticator(handle::Reference identity)
    : identity_(std::move(identity)), entropy_(crypto::make_entropy()) {}

Authenticator Authenticator::with_secret(handle::Reference identity, Bytes secret) {
    Authenticator out(std::move(identity));
    out.secret_ = std::move(secret);
    return out;
}

Result<Authenticator> Authenticator::with_key(handle::Reference identity, BytesView private_key) {
    if (crypto::is_sm2_private_key(private_key)) {
        if (auto half = crypto::public_key_of(private_key); !half) return half.error();
        Authenticator out(std::move(identity));
        out.sm2_key_.assign(private_key.begin(), private_key.end());
        return out;
    }
    auto signer = crypto::make_signer(private_key);
    if (!signer) return signer.error();
    Authenticator out(std::move(identity));
    out.signer_ = std::move(*signer);
    return out;
}

Result<Bytes> Authenticator::prove(const handle::Challenge& challenge,
                                   const handle::Envelope& challenged) const {
    const crypto::Challenge signed_parts{challenge.nonce, challenge.digest.octets};
    if (signer_) return crypto::answer_with_key(*signer_, signed_parts, challenged.version);
    if (!sm2_key_.empty()) {
        return crypto::answer_with_sm2(sm2_key_, signed_parts, identity_.handle);
    }
    return crypto::answer_with_secret(secret_, signed_parts, secret_form_version(challenged),
                                      *entropy_);
}

Result<Bytes> Authenticator::answer(const handle::Challenge& challenge,
                                    const handle::Envelope& challenged) const {
    const auto proof = prove(challenge, challenged);
    if (!proof) return proof.error();
    Bytes body;
    ByteWriter out(body);
    handle::encode_challenge_answer(
        {.authentication_type =
             has_secret() ? handle::kSecretKeyAuthentication : handle::kPublicKeyAuthentication,
         .user_handle = identity_.handle,
         .user_index = identity_.index,
         .signed_response = *proof},
        out);
    return body;
}

}  // namespace idnode::client
