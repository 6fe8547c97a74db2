#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "registry/events/lifecycle.h"
#include "registry/http/handler.h"
#include "registry/registration/login_limit.h"

namespace idnode::http {

/// Lifecycle records over HTTP: the interface of EPCIS 2.0, and beside it, under `/idn/v1/`, what
/// EPCIS has no word for. Everything must outlive it.
std::unique_ptr<Handler> make_epcis_handler(const events::Lifecycle& lifecycle,
                                            registration::LoginLimit& logins);

/// With what the paths of this interface begin.
std::span<const std::string_view> epcis_beginnings();

}  // namespace idnode::http
