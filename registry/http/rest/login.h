#pragma once

#include <memory>
#include <string>

#include "registry/http/rest/authorization.h"
#include "registry/http/rest/resources.h"
#include "registry/service/identity.h"

/// Who sends a request (§8.7). Credentials count only over TLS.
namespace idnode::http {

struct Login {
    /// Never null. A proof about a session's nonce was checked already; secrets and certificates
    /// are looked at when a rule asks.
    std::unique_ptr<service::Requester> requester;
    bool shows_credentials = false;
    std::string session_id{};  // of the live session that the request names
    std::string error{};       // why what it shows does not count
    Bytes cnonce{};            // to be signed by the server: the client wants to know who it is
};

/// `rules` must outlive the login.
Login log_in(const Call& call, RestContext& context, Rules& rules);

/// Checks a proof about the nonce of the session that it names, which then has another nonce;
/// authenticates the session when it holds. kRefused: it does not; kNotFound: no such session.
Result<service::Identity> prove_to_session(const HandleCredentials& credentials,
                                           const Caller& caller, RestContext& context,
                                           Rules& rules);
/// The certificate of the connection, likewise.
Result<service::Identity> prove_by_certificate(const Caller& caller, Rules& rules);

/// The server's proof that it is the one: the signature over nonce and client nonce.
struct ServerProof {
    std::string_view algorithm;
    std::string signature;  // Base64
};
Result<ServerProof> server_proof(const resolver::EngineContext& node, const resolver::Nonce& nonce,
                                 BytesView cnonce);

/// Tells the audit of a proof that did not hold.
void record_failed_proof(const resolver::EngineContext& node, const Caller& caller,
                         handle::OpCode operation, const service::Identity& claimed);

/// The `WWW-Authenticate` lines of a 401.
void add_challenge(const Call& call, const Login& login, RestContext& context, Response& response);

}  // namespace idnode::http
