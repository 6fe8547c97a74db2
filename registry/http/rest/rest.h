#pragma once

#include <memory>

#include "registry/http/handler.h"
#include "registry/http/rest/settings.h"

namespace idnode::http {

/// The JSON interface of §8 under `/api`. Everything in `context`, and the context itself, must
/// outlive it.
std::unique_ptr<Handler> make_rest_handler(const resolver::EngineContext& context,
                                           RestSettings settings);

}  // namespace idnode::http
