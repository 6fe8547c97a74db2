#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/key.h"
#include "proto/handle/session.h"
#include "proto/handle/value.h"
#include "registry/model/ports.h"

namespace idnode::client {

/// The client's side of one session, §5.6 to §5.8. Used by one thread at a time.
class Session {
  public:
    struct Terms {
        std::uint32_t id = 0;
        handle::Version version;  // of the setup response
        handle::SessionCipher cipher = handle::SessionCipher::kAes;
        Bytes key;  // the complete session key K
    };
    explicit Session(Terms terms);

    std::uint32_t id() const { return terms_.id; }

    /// The credential section of a message of ours, with the next counter.
    Bytes sign(const handle::Envelope& envelope, BytesView header_and_body);
    /// Whether the credential is this session's MAC of a message. The server's counters are not
    /// kept: each response answers one request id, which the MAC covers, once.
    bool has_signed(const handle::Envelope& envelope, const handle::Credential& credential,
                    BytesView header_and_body) const;

    Result<Bytes> encrypt(BytesView plain) const;
    Result<Bytes> decrypt(BytesView payload) const;

  private:
    Terms terms_;
    std::uint32_t counter_ = 0;
    std::unique_ptr<model::Entropy> entropy_;
    std::unique_ptr<model::SessionCryptography> cryptography_;
};

/// Diffie-Hellman from the client's side, §5.7 mode 4.
class KeyExchange {
  public:
    static Result<KeyExchange> begin();

    /// The body of operation 400. An empty identity is an anonymous session.
    Bytes setup_body(const handle::Reference& identity, std::chrono::seconds timeout) const;

    /// The session from the body (after the digest) of the response, which came in `version`.
    /// kInvalid: broken, or another group than ours.
    Result<Session> finish(BytesView body, std::uint32_t session_id, handle::Version version) const;

  private:
    KeyExchange() = default;

    handle::Integer exponent_;
    handle::DhPublicKey half_;
};

}  // namespace idnode::client
