#include "registry/http/rest/login.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/base/text.h"
#include "proto/handle/challenge.h"
#include "proto/handle/key.h"
#include "registry/json/encoding.h"
#include "registry/model/identifier.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/certificate.h"
#include "resolver/engine/guess_limit.h"
#include "resolver/engine/requesters.h"

namespace idnode::http {

namespace {

using Field = boost::beast::http::field;
using handle::ResponseCode;
using service::Identity;

constexpr handle::Version kProofVersion{2, 11};
constexpr const char* kTooManyWrong = "too many wrong answers: wait a minute";

/// A proof in its native form, which owns what the native check only looks at. Guesses of secrets
/// are bounded as those by operation 201 are.
class Prover final : public service::Requester {
  public:
    Prover(std::string_view type, const Identity& identity, Bytes proof,
           resolver::Challenge challenge, Rules& rules, const Caller& caller,
           const resolver::EngineContext& node)
        : handle_(identity.handle),
          proof_(std::move(proof)),
          challenge_(std::move(challenge)),
          answer_{type, handle_, identity.index, proof_},
          answerer_({answer_, challenge_, kProofVersion, /*is_industrial=*/false}, rules.directory,
                    node.proofs),
          peer_(caller.peer),
          node_(node) {}

    const Identity* claimed() const override { return answerer_.claimed(); }
    ResponseCode prove() override {
        if (!outcome_) outcome_ = check();
        return *outcome_;
    }

  private:
    ResponseCode check() {
        const bool by_secret = answer_.authentication_type == handle::kSecretKeyAuthentication;
        const model::TimeMs now = node_.clock.now();
        if (by_secret && !node_.guesses.allows(peer_, handle_, now)) {
            return ResponseCode::kServerBusy;
        }
        const ResponseCode out = answerer_.prove();
        if (by_secret && out == ResponseCode::kAuthenticationFailed) {
            node_.guesses.count_wrong(peer_, handle_, now);
        }
        return out;
    }

    const std::string handle_;
    const Bytes proof_;
    const resolver::Challenge challenge_;
    const handle::ChallengeAnswer answer_;
    resolver::Answerer answerer_;
    const resolver::Peer peer_;
    const resolver::EngineContext& node_;
    std::optional<ResponseCode> outcome_;
};

/// The holder of a certificate's private key: whoever has the same key in their record (§8.7).
class CertificateHolder final : public service::Requester {
  public:
    CertificateHolder(Identity identity, handle::PublicKey key, Rules& rules)
        : identity_(std::move(identity)), key_(std::move(key)), rules_(rules) {}

    const Identity* claimed() const override { return &identity_; }
    ResponseCode prove() override {
        if (!outcome_) outcome_ = check();
        return *outcome_;
    }

  private:
    ResponseCode check() {
        const auto record = rules_.directory.values(identity_.handle);
        if (!record) return ResponseCode::kAuthenticationFailed;
        for (const handle::Value& value : *record) {
            const auto index = static_cast<std::uint32_t>(value.index);
            if (identity_.index != 0 && identity_.index != index) continue;
            if (!equal_folded(value.type, handle::kPublicKeyAuthentication)) continue;
            const auto known = handle::decode_public_key(value.data);
            if (!known || *known != key_) continue;
            identity_.index = index;
            return ResponseCode::kSuccess;
        }
        return ResponseCode::kAuthenticationFailed;
    }

    Identity identity_;
    const handle::PublicKey key_;
    Rules& rules_;
    std::optional<ResponseCode> outcome_;
};

std::unique_ptr<service::Requester> nobody() {
    return std::make_unique<resolver::Stranger>();
}

/// kNotFound: the certificate names nobody.
Result<std::unique_ptr<service::Requester>> certificate_holder(const Caller& caller, Rules& rules) {
    const auto certificate = crypto::read_certificate(caller.certificate);
    if (!certificate) return certificate.error();
    auto reference = model::parse_value_reference(certificate->subject);
    if (!reference || !model::split_handle(reference->handle).has_slash) {
        // Servers without an identity of their own have the name "anonymous".
        return Error{Errc::kNotFound, "its subject names nobody as index:handle"};
    }
    auto key = handle::decode_public_key(certificate->public_key);
    if (!key) return Error{Errc::kInvalid, "the certificate's key is neither RSA nor DSA"};
    return std::unique_ptr<service::Requester>(std::make_unique<CertificateHolder>(
        Identity{std::move(reference->handle), reference->index}, std::move(*key), rules));
}

/// A secret is checked as an answer to a challenge of our own: then there is one way to check it,
/// whoever keeps it.
Result<std::unique_ptr<service::Requester>> secret_holder(const BasicCredentials& basic,
                                                          const Caller& caller,
                                                          RestContext& context, Rules& rules) {
    resolver::Challenge challenge;
    context.node.entropy.fill(challenge.nonce);
    challenge.digest.resize(challenge.nonce.size());
    context.node.entropy.fill(challenge.digest);
    auto proof = crypto::answer_with_secret(basic.secret, {challenge.nonce, challenge.digest},
                                            crypto::SecretAlgorithm::kSha256, context.node.entropy);
    if (!proof) return proof.error();
    return std::unique_ptr<service::Requester>(std::make_unique<Prover>(
        handle::kSecretKeyAuthentication, basic.identity, std::move(*proof), std::move(challenge),
        rules, caller, context.node));
}

void log_in_by_secret(std::string_view authorization, const Caller& caller, RestContext& context,
                      Rules& rules, Login& out) {
    const auto basic = read_basic(authorization);
    auto holder = basic ? secret_holder(*basic, caller, context, rules)
                        : Result<std::unique_ptr<service::Requester>>(basic.error());
    if (holder) {
        out.requester = std::move(*holder);
    } else {
        out.error = holder.error().detail;
    }
}

void log_in_by_certificate(const Caller& caller, Rules& rules, Login& out) {
    auto holder = certificate_holder(caller, rules);
    if (holder) {
        out.requester = std::move(*holder);
    } else {
        out.error = "client certificate: " + holder.error().detail;
    }
}

void log_in_by_handle(const Call& call, std::string_view authorization, RestContext& context,
                      Rules& rules, Login& out) {
    auto credentials = read_handle(authorization);
    if (!credentials) {
        out.error = credentials.error().detail;
        return;
    }
    if (!credentials->is_proof()) out.cnonce = credentials->cnonce;
    if (!credentials->session_id.empty()) {
        out.shows_credentials = true;
        if (credentials->is_proof()) {
            auto proved = prove_to_session(*credentials, call.caller, context, rules);
            if (proved) {
                out.requester = std::make_unique<resolver::Proved>(std::move(*proved));
            } else {
                out.error = proved.error().detail;
            }
        }
        auto session = context.sessions.find(credentials->session_id, context.node.clock.now());
        if (!session) {
            out.error = "no such session: it ended, or was idle for too long";
        } else {
            out.session_id = session->id;
            if (session->identity && !credentials->is_proof()) {
                out.requester = std::make_unique<resolver::Proved>(std::move(*session->identity));
            }
        }
    }
    const bool has_certificate = !call.caller.certificate.empty();
    if (out.requester->claimed() == nullptr && out.error.empty() && has_certificate) {
        log_in_by_certificate(call.caller, rules, out);
    } else if (credentials->client_certificate && !has_certificate) {
        out.error = "no client certificate was shown";
    }
    out.shows_credentials |= credentials->is_proof() || credentials->client_certificate;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char one : text) {
        const auto octet = static_cast<unsigned char>(one);
        if (one == '"' || one == '\\') out += '\\';
        out += octet < 0x20 || octet >= 0x7F ? '?' : one;
    }
    return out + '"';
}

std::string base64(BytesView octets) {
    std::string out;
    json::append_base64(octets, out);
    return out;
}

}  // namespace

Login log_in(const Call& call, RestContext& context, Rules& rules) {
    Login out{.requester = nobody()};
    if (!call.caller.secure) return out;
    const auto field = call.request[Field::authorization];
    const std::string_view authorization(field.data(), field.size());
    switch (scheme_of(authorization)) {
        case Scheme::kBasic:
            out.shows_credentials = true;
            log_in_by_secret(authorization, call.caller, context, rules, out);
            break;
        case Scheme::kHandle:
            log_in_by_handle(call, authorization, context, rules, out);
            break;
        case Scheme::kNone:
        case Scheme::kOther:
            if (call.caller.certificate.empty()) break;
            log_in_by_certificate(call.caller, rules, out);
            out.shows_credentials = out.requester->claimed() != nullptr;
            break;
    }
    return out;
}

Result<Identity> prove_to_session(const HandleCredentials& credentials, const Caller& caller,
                                  RestContext& context, Rules& rules) {
    const auto session =
        context.sessions.take_nonce(credentials.session_id, context.node.clock.now());
    if (!session) return Error{Errc::kNotFound, "no such session"};
    auto proof = native_proof(credentials);
    if (!proof) return Error{Errc::kRefused, proof.error().detail};
    resolver::Challenge challenge;
    challenge.nonce = session->nonce;
    challenge.digest = credentials.cnonce;
    Prover prover(credentials.type, *credentials.identity, std::move(*proof), std::move(challenge),
                  rules, caller, context.node);
    const ResponseCode outcome = prover.prove();
    if (outcome == ResponseCode::kServerBusy) return Error{Errc::kRefused, kTooManyWrong};
    if (outcome != ResponseCode::kSuccess) {
        record_failed_proof(context.node, caller, handle::OpCode::kChallengeResponse,
                            *credentials.identity);
        return Error{Errc::kRefused, "the signature is not that of this identity"};
    }
    context.sessions.authenticate(session->id, *prover.claimed());
    return *prover.claimed();
}

Result<Identity> prove_by_certificate(const Caller& caller, Rules& rules) {
    if (caller.certificate.empty()) return Error{Errc::kRefused, "no client certificate was shown"};
    auto holder = certificate_holder(caller, rules);
    if (!holder) return Error{Errc::kRefused, "client certificate: " + holder.error().detail};
    if ((*holder)->prove() != ResponseCode::kSuccess) {
        return Error{Errc::kRefused, "the certificate's key is not that of its identity"};
    }
    return *(*holder)->claimed();
}

Result<ServerProof> server_proof(const resolver::EngineContext& node, const resolver::Nonce& nonce,
                                 BytesView cnonce) {
    Bytes signed_octets(nonce.begin(), nonce.end());
    signed_octets.insert(signed_octets.end(), cnonce.begin(), cnonce.end());
    const auto signature = node.signer.sign(model::Signer::Hash::kSha256, signed_octets);
    if (!signature) return signature.error();
    return ServerProof{"SHA256", base64(*signature)};
}

void record_failed_proof(const resolver::EngineContext& node, const Caller& caller,
                         handle::OpCode operation, const Identity& claimed) {
    const std::string who = service::to_text(claimed);
    model::AuditEvent event;
    event.who = who;
    event.from = caller.peer.address;
    event.port = caller.peer.port;
    event.operation = operation;
    event.outcome = ResponseCode::kAuthenticationFailed;
    node.audit.record(event);
}

void add_challenge(const Call& call, const Login& login, RestContext& context, Response& response) {
    const model::TimeMs now = context.node.clock.now();
    auto session = context.sessions.find(login.session_id, now);
    if (!session) session = context.sessions.open(call.caller.peer.address, now);
    std::string challenge =
        "Handle sessionId=" + quoted(session->id) + ", nonce=" + quoted(base64(session->nonce));
    if (!login.cnonce.empty()) {
        if (const auto proof = server_proof(context.node, session->nonce, login.cnonce)) {
            challenge += ", serverAlg=" + quoted(proof->algorithm) +
                         ", serverSignature=" + quoted(proof->signature);
        }
    }
    if (!login.error.empty()) challenge += ", error=" + quoted(login.error);
    response.insert(Field::www_authenticate, challenge);

    const auto field = call.request[Field::authorization];
    const Scheme scheme = scheme_of({field.data(), field.size()});
    const bool by_script = call.request["X-Requested-With"] == "XMLHttpRequest";
    if (!by_script && (scheme == Scheme::kNone || scheme == Scheme::kBasic)) {
        response.insert(Field::www_authenticate, "Basic realm=\"handle\"");
    }
}

}  // namespace idnode::http
