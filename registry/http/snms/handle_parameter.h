#pragma once

#include <string>
#include <utility>

#include "registry/http/snms/call.h"

namespace idnode::http::snms {

/// What `handle=` may mean (§1.1): with each plus as a space, and with each plus as it is. Both the
/// same where there is no plus; empty where there is no such parameter.
std::pair<std::string, std::string> handle_spellings(const SnmsCall& call);

}  // namespace idnode::http::snms
