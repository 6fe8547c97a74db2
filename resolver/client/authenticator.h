#pragma once

#include <memory>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/challenge.h"
#include "proto/handle/envelope.h"
#include "proto/handle/value.h"
#include "registry/model/ports.h"

namespace idnode::client {

/// Who asks, and how he proves it: with a secret key (`HS_SECKEY`) or with a private key whose
/// public half stands in the record (`HS_PUBKEY`). Used by one thread at a time.
class Authenticator {
  public:
    /// `secret`: the octets of the `HS_SECKEY` value.
    static Authenticator with_secret(handle::Reference identity, Bytes secret);
    /// `private_key`: an encoding of §2.8, as `crypto::read_key_file` gives it, or an SM2 key (see
    /// crypto/sm2.h), which only servers for industrial clients accept. kInvalid: it is none.
    static Result<Authenticator> with_key(handle::Reference identity, BytesView private_key);

    const handle::Reference& identity() const { return identity_; }

    /// The body of a challenge answer (operation 200). `challenged` is the envelope of the response
    /// that holds the challenge: its versions choose the form (§5.2).
    Result<Bytes> answer(const handle::Challenge& challenge,
                         const handle::Envelope& challenged) const;

  private:
    Result<Bytes> prove(const handle::Challenge& challenge,
                        const handle::Envelope& challenged) const;
    bool has_secret() const { return !signer_ && sm2_key_.empty(); }
    explicit Authenticator(handle::Reference identity);

    handle::Reference identity_;
    // One of the three.
    Bytes secret_;
    std::shared_ptr<model::Signer> signer_;
    Bytes sm2_key_;
    std::shared_ptr<model::Entropy> entropy_;
};

}  // namespace idnode::client
