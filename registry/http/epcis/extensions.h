#pragma once

#include "registry/events/context.h"
#include "registry/http/handler.h"

/// What requests and answers of EPCIS say in header fields.
namespace idnode::http {

/// Namespaces that `GS1-Extensions` declares: `prefix=uri`, several of them with commas or in
/// fields of their own.
registration::Outcome<events::Namespaces> declared_extensions(const RequestHeader& header);

/// 415 for a body that is no JSON, 406 where the answer could not be JSON; nothing: both are fine.
std::optional<Response> check_media_types(const RequestHeader& header);

}  // namespace idnode::http
