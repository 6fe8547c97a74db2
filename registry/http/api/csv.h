#pragma once

#include <string>

#include "proto/idnode/v1/identifier.pb.h"
#include "proto/idnode/v1/template.pb.h"

namespace idnode::http {

/// Identifiers that name a template as rows of RFC 4180, with a header: what a stream of rows
/// takes. Those of other templates are left out.
std::string csv_of(const v1::Template& form, const v1::IdentifierList& list);

}  // namespace idnode::http
