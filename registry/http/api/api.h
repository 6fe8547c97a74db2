#pragma once

#include <memory>

#include "registry/http/handler.h"
#include "registry/registration/login_limit.h"
#include "registry/registration/rate_limits.h"
#include "registry/registration/refusal.h"
#include "registry/registration/registrar.h"

namespace idnode::http {

/// Every path of the registration API begins so; `/openapi.json` describes it.
inline constexpr std::string_view kApiPaths = "/idn/";

/// The registration API: JSON and Protocol Buffers under `/idn/v1`. Both arguments must outlive it.
std::unique_ptr<Handler> make_api_handler(const registration::Registrar& registrar,
                                          registration::LoginLimit& logins);

/// The peer's address as the audit trail has it.
std::string address_of(const Caller& caller);
/// Whether secrets may come this way: by TLS, from this machine, or where the terms allow it.
bool is_private(const Caller& caller, const registration::Terms& terms);
/// What is told to who sends secrets another way.
registration::Refusal needs_tls();
/// What is left of the caller's rate, in the fields of the IETF's draft.
void show_rate(const registration::RateLimits::Rate& rate, Response& out);
/// The token of `Authorization: Bearer TOKEN`; empty: there is none.
std::string_view bearer_token(const RequestHeader& header);

}  // namespace idnode::http
