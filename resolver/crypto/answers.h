#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/challenge.h"
#include "proto/handle/envelope.h"
#include "registry/model/ports.h"

/// Answers to challenges, §5.2: the `signedResponse` field, made by clients and checked by servers.
namespace idnode::crypto {

using Challenge = model::Proofs::Challenge;

/// First octet of an answer with a secret key.
using SecretAlgorithm = handle::SecretKeyProof;

/// The answer that a client of ours gives when the lower of the challenge's version and its
/// suggested version is `version`: bare MD5 below 2.1, SHA-1 below 2.7, otherwise PBKDF2.
Result<Bytes> answer_with_secret(BytesView secret, const Challenge& challenge,
                                 handle::Version version, model::Entropy& entropy);

/// An answer in the form that `algorithm` names, with its first octet.
Result<Bytes> answer_with_secret(BytesView secret, const Challenge& challenge,
                                 SecretAlgorithm algorithm, model::Entropy& entropy);

/// Whether `answer` proves knowledge of `secret`. Every form is accepted; in requests below 2.1 it
/// is bare MD5. Takes the same time wherever the first wrong octet stands. An answer that is empty,
/// of an unknown form or of absurd parameters is wrong, and nothing is computed for it (§10.2 H17,
/// H18).
bool verify_secret_answer(BytesView secret, const Challenge& challenge, BytesView answer,
                          handle::Version request_version);

/// The answer with a private key to a challenge of `version`.
Result<Bytes> answer_with_key(const model::Signer& signer, const Challenge& challenge,
                              handle::Version version);

/// The answer of `user` with a private SM2 key, §9.4: an SM2 signature over SM3(nonce ‖ digest),
/// in which the user's handle is the identifier.
Result<Bytes> answer_with_sm2(BytesView private_key, const Challenge& challenge,
                              std::string_view user);

/// Whether `answer` was signed with the private key of `public_key`. SHA-1 and SHA-256 under all
/// their names; MD5 is refused. Where the challenge names an industrial user also SM3, and public
/// keys in the forms of §9.6. kInvalid: the public key is of no use, see `verify_signature`.
Result<bool> verify_key_answer(BytesView public_key, const Challenge& challenge, BytesView answer);

/// The hash behind the names and one-octet codes of §5.2 and §5.6; nothing for MD5 and the unknown.
std::optional<model::Signer::Hash> hash_named(BytesView name);

/// The two checks above behind the port. A public key that is of no use proves nothing.
std::unique_ptr<model::Proofs> make_proofs();

}  // namespace idnode::crypto
