#pragma once

#include <optional>
#include <utility>

#include "proto/handle/challenge.h"
#include "proto/handle/message.h"
#include "registry/model/ports.h"
#include "registry/service/directory.h"
#include "registry/service/identity.h"
#include "resolver/engine/challenges.h"
#include "resolver/engine/sessions.h"

namespace idnode::resolver {

/// Nobody in particular: a request without a challenge answered and outside an authenticated
/// session.
class Stranger final : public service::Requester {
  public:
    const service::Identity* claimed() const override { return nullptr; }
    handle::ResponseCode prove() override { return handle::ResponseCode::kAuthenticationNeeded; }
};

/// Whoever answered a challenge (§5.2 to §5.4). Everything given must outlive it.
class Answerer final : public service::Requester {
  public:
    struct Given {
        const handle::ChallengeAnswer& answer;
        const Challenge& challenge;
        handle::Version version;     // of the answer
        bool is_industrial;          // SM2 keys count (§9.4)
        bool may_ask_again = false;  // whether the client can be asked for an older form (§5.4)
    };
    Answerer(const Given& given, service::Directory& directory, const model::Proofs& proofs);

    const service::Identity* claimed() const override { return &identity_; }
    /// kAuthenticationNeeded: the node that keeps the secret is too old for the form of this
    /// answer; `challenge` is to be put once more (§5.4).
    handle::ResponseCode prove() override;
    bool has_proved() const { return outcome_ == handle::ResponseCode::kSuccess; }
    const Challenge& challenge() const { return challenge_; }

  private:
    handle::ResponseCode check();
    handle::ResponseCode check_elsewhere();
    bool is_too_new_for(handle::Version keeper) const;
    bool is_proof(const handle::Value& key) const;

    const handle::ChallengeAnswer& answer_;
    Challenge challenge_;
    const handle::Version version_;
    const bool is_industrial_;
    const bool may_ask_again_;
    service::Directory& directory_;
    const model::Proofs& proofs_;
    service::Identity identity_;
    std::optional<handle::ResponseCode> outcome_;
};

/// Whether the MAC that a message carries is that of the session. One that carries none has none.
bool has_mac_of(const handle::MessageView& message, const Session& session,
                const model::SessionCryptography& cryptography);

/// Whether a message belongs to its session: its MAC, by §5.6 and §5.7. kInvalidCredential: none,
/// kInvalidSessionKey: a wrong one, kSessionMessageRejected: its counter was used before.
handle::ResponseCode check_mac(const handle::MessageView& message, Session& session,
                               const model::SessionCryptography& cryptography);

/// The peer of an authenticated session; each message proves itself by its MAC.
class SessionPeer final : public service::Requester {
  public:
    SessionPeer(const handle::MessageView& message, Session& session,
                const model::SessionCryptography& cryptography)
        : message_(message), session_(session), cryptography_(cryptography) {}

    const service::Identity* claimed() const override {
        return session_.is_authenticated() ? &*session_.terms().identity : nullptr;
    }
    handle::ResponseCode prove() override;

  private:
    const handle::MessageView& message_;
    Session& session_;
    const model::SessionCryptography& cryptography_;
    std::optional<handle::ResponseCode> outcome_;
};

/// Somebody who proved it earlier: in the login on this connection (§9.3), in this session of the
/// JSON interface.
class Proved final : public service::Requester {
  public:
    explicit Proved(service::Identity identity) : identity_(std::move(identity)) {}

    const service::Identity* claimed() const override { return &identity_; }
    handle::ResponseCode prove() override { return handle::ResponseCode::kSuccess; }

  private:
    const service::Identity identity_;
};

/// §5.4: whether a secret-key answer is that of a key of this record. For index 0 any of its keys.
bool is_answer_of_secret(const std::vector<handle::Value>& record, std::uint32_t index,
                         const model::Proofs::Challenge& challenge, BytesView answer,
                         handle::Version version, const model::Proofs& proofs);

}  // namespace idnode::resolver
