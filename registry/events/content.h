#pragma once

#include <string>
#include <string_view>

#include "proto/base/result.h"
#include "registry/model/ports.h"

/// What an event says, whatever its spelling.
namespace idnode::events {

/// The id of an event by its content, from its body.
Result<std::string> content_id(std::string_view body, const model::Digests& digests);

}  // namespace idnode::events
