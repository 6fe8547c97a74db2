#pragma once

#include <span>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/value.h"

namespace idnode::handle {

/// The data of an `HS_VLIST` value, a group of identities and of other groups, §2.6: an `i32` count
/// and as many `REF`. Octets after the last one are an error.
Result<std::vector<Reference>, WireError> decode_vlist(BytesView data);
Bytes encode_vlist(std::span<const Reference> members);

}  // namespace idnode::handle
