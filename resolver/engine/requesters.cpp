#include "resolver/engine/requesters.h"

#include <algorithm>

#include "proto/base/text.h"
#include "proto/handle/value.h"

namespace idnode::resolver {

using handle::ResponseCode;

namespace {

/// The type itself or one of its family (`HS_SECKEY.x`); ASCII-folded.
bool is_key_of_type(const handle::Value& value, std::string_view type) {
    return equal_folded(value.type, type) ||
           (value.type.size() > type.size() && value.type[type.size()] == '.' &&
            starts_with_folded(value.type, type));
}

/// No such user is a failed proof; that nobody could be asked is our own failure (§4.2).
ResponseCode code_of(const Error& error) {
    switch (error.code) {
        case Errc::kUnavailable:
        case Errc::kTimeout:
        case Errc::kStorage:
            return ResponseCode::kAuthenticationError;
        default:
            return ResponseCode::kAuthenticationFailed;
    }
}

bool is_meant(const handle::Value& value, std::uint32_t index) {
    return index == 0 || static_cast<std::uint32_t>(value.index) == index;
}

}  // namespace

Answerer::Answerer(const Given& given, service::Directory& directory, const model::Proofs& proofs)
    : answer_(given.answer),
      challenge_(given.challenge),
      version_(given.version),
      is_industrial_(given.is_industrial),
      may_ask_again_(given.may_ask_again),
      directory_(directory),
      proofs_(proofs),
      identity_{std::string(answer_.user_handle), answer_.user_index} {}

ResponseCode Answerer::prove() {
    if (!outcome_) outcome_ = check();
    return *outcome_;
}

ResponseCode Answerer::check() {
    const bool is_secret = answer_.authentication_type == handle::kSecretKeyAuthentication;
    const bool is_public = answer_.authentication_type == handle::kPublicKeyAuthentication;
    if (!is_secret && !is_public) return ResponseCode::kInvalidCredential;
    if (is_secret && !directory_.is_here(identity_.handle)) return check_elsewhere();
    const auto record = directory_.values(identity_.handle);
    if (!record) return code_of(record.error());
    const auto proving = std::ranges::find_if(*record, [&](const handle::Value& value) {
        return is_meant(value, identity_.index) &&
               is_key_of_type(value, answer_.authentication_type) && is_proof(value);
    });
    if (proving == record->end()) return ResponseCode::kAuthenticationFailed;
    identity_.index = static_cast<std::uint32_t>(proving->index);
    return ResponseCode::kSuccess;
}

/// The secret never leaves the node that keeps it: that node is asked about the answer (§5.4).
ResponseCode Answerer::check_elsewhere() {
    const auto verdict = directory_.ask_about_secret({.user_handle = identity_.handle,
                                                      .user_index = identity_.index,
                                                      .nonce = challenge_.nonce,
                                                      .digest = challenge_.digest,
                                                      .signed_response = answer_.signed_response},
                                                     version_);
    if (!verdict) return code_of(verdict.error());
    if (verdict->is_valid) return ResponseCode::kSuccess;
    if (!is_too_new_for(verdict->version)) return ResponseCode::kAuthenticationFailed;
    // Major 5 is an old spelling of 2.0 (§0.3), which a suggestion has no room for.
    const bool is_ancient = !verdict->version.at_least({2, 0});
    challenge_.suggested = is_ancient ? handle::Version{2, 0} : verdict->version;
    return ResponseCode::kAuthenticationNeeded;
}

/// §5.4: an older node knows MD5 and SHA-1 only. A client is asked again once.
bool Answerer::is_too_new_for(handle::Version keeper) const {
    const bool names_algorithm = version_.at_least({2, 1}) && !answer_.signed_response.empty();
    return may_ask_again_ && !challenge_.is_second_round() && !keeper.at_least({2, 7}) &&
           names_algorithm &&
           answer_.signed_response.front() > static_cast<std::byte>(handle::SecretKeyProof::kSha1);
}

bool Answerer::is_proof(const handle::Value& key) const {
    const model::Proofs::Challenge challenge{
        challenge_.nonce, challenge_.digest,
        is_industrial_ ? answer_.user_handle : std::string_view{}};
    return answer_.authentication_type == handle::kSecretKeyAuthentication
               ? proofs_.is_secret_answer(key.data, challenge, answer_.signed_response, version_)
               : proofs_.is_key_answer(key.data, challenge, answer_.signed_response);
}

bool has_mac_of(const handle::MessageView& message, const Session& session,
                const model::SessionCryptography& cryptography) {
    const auto credential = handle::decode_credential(message.credential);
    return credential && !session.terms().key.empty() &&
           cryptography.is_mac(message.envelope, *credential, session.terms().key,
                               message.header_and_body);
}

ResponseCode check_mac(const handle::MessageView& message, Session& session,
                       const model::SessionCryptography& cryptography) {
    if (message.credential.empty()) return ResponseCode::kInvalidCredential;
    const auto credential = handle::decode_credential(message.credential);
    if (!credential || credential->type != handle::kMacCredential) {
        return ResponseCode::kInvalidCredential;
    }
    if (!has_mac_of(message, session, cryptography)) return ResponseCode::kInvalidSessionKey;
    // Below 2.5 there is no counter, and nothing to compare.
    if (!message.envelope.version.at_least({2, 5})) return ResponseCode::kSuccess;
    return session.accept_counter(credential->session_counter)
               ? ResponseCode::kSuccess
               : ResponseCode::kSessionMessageRejected;
}

ResponseCode SessionPeer::prove() {
    if (!outcome_) outcome_ = check_mac(message_, session_, cryptography_);
    return *outcome_;
}

bool is_answer_of_secret(const std::vector<handle::Value>& record, std::uint32_t index,
                         const model::Proofs::Challenge& challenge, BytesView answer,
                         handle::Version version, const model::Proofs& proofs) {
    return std::ranges::any_of(record, [&](const handle::Value& value) {
        return is_meant(value, index) && is_key_of_type(value, handle::kSecretKeyAuthentication) &&
               proofs.is_secret_answer(value.data, challenge, answer, version);
    });
}

}  // namespace idnode::resolver
