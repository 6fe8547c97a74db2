#pragma once

#include "registry/http/api/routes.h"
#include "registry/http/handler.h"
#include "registry/registration/identifiers.h"

namespace idnode::http {

inline constexpr std::string_view kStreamPath = "/idn/v1/streams";

/// Streams of identifiers, a line of JSON each, or (`text/csv`) a row: `POST /idn/v1/streams`. What
/// came is committed piece by piece and told in lines of `StreamProgress`; memory does not grow
/// with the length.
///
/// With the field `Stream-Id` a stream that broke off is carried on: each commit holds how many
/// lines are done, and those are stepped over when they come again. `from` in the query says the
/// number of the body's first line, where a sender does not begin at 1.
UploadStart begin_stream(const RequestHeader& header, const registration::Registrar& registrar,
                         const registration::Actor& actor, const Parameters& query);

/// How far a stream has come: `GET /idn/v1/streams/{id}`.
Response get_stream(ApiCall& call);

}  // namespace idnode::http
