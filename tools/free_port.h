#pragma once

#include "proto/base/result.h"
#include "tools/settings.h"

namespace idnode::tools {

/// Puts free ports where `listen` says "any" (0): one for all addresses, so that a site record can
/// name it. Nothing is kept open: somebody may take the port before it is used.
Result<void> choose_ports(Settings::Listen& listen);

}  // namespace idnode::tools
