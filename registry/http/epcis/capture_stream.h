#pragma once

#include "registry/events/lifecycle.h"
#include "registry/http/handler.h"
#include "registry/http/rest/parameters.h"
#include "registry/registration/actor.h"

namespace idnode::http {

/// Whether the request is a stream of events: lines of JSON (`application/x-ndjson`), an event
/// each, to `/capture` or `/idn/v1/events:stream`.
bool is_capture_stream(const RequestHeader& header);

/// What comes is captured piece by piece and told in lines of `StreamProgress`; memory does not
/// grow with the length. Each event stands for itself. Carried on with `Stream-Id` and `from` as
/// streams of identifiers are.
UploadStart begin_capture_stream(const RequestHeader& header, const events::Lifecycle& lifecycle,
                                 const registration::Actor& actor, const Parameters& query);

}  // namespace idnode::http
