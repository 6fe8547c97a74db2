#pragma once

#include <string>

#include "registry/events/passport.h"

namespace idnode::events {

/// The passport as one page of HTML that needs nothing else: for reading and for printing.
std::string passport_page(const Passport& passport);

}  // namespace idnode::events
