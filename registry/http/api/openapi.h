#pragma once

#include <span>
#include <string_view>

#include "registry/http/api/routes.h"

namespace idnode::http {

inline constexpr std::string_view kDescriptionPath = "/openapi.json";

/// The OpenAPI 3.1 document of the registration API: `openapi.json` of this folder.
std::string_view openapi_document();
std::span<const ApiRoute> description_routes();

}  // namespace idnode::http
