#pragma once

#include <string>
#include <string_view>

#include "registry/model/record.h"

/// Validators of records (RFC 9110, 8.8.3). A record changes with each change that concerns it, and
/// so does its version; what is shown of it depends on whether restricted values are.
namespace idnode::http {

/// `"<version>"` for the public values, `"<version>-a"` for what an administrator sees.
std::string etag_of(model::TransactionId version, bool public_only);

/// Whether a list of validators, or `*`, names this one: octet by octet for `If-None-Match` of
/// lookups. Weak ones count only where `weak` is.
bool names_etag(std::string_view list, std::string_view etag, bool weak);

/// Whether a list names this version of a record in any view of it; `*`: any version. Only strong
/// validators count, as If-Match wants it.
bool names_version(std::string_view list, model::TransactionId version);

}  // namespace idnode::http
