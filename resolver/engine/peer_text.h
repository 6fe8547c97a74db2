#pragma once

#include <string>

#include "resolver/engine/context.h"

namespace idnode::resolver {

/// An address as people write it: `192.0.2.1`, `2001:db8::1`.
std::string to_text(const Address& address);

}  // namespace idnode::resolver
