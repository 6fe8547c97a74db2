#pragma once

#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

/// Signatures inside records: JSON Web Signatures with the algorithms of §2.9 and §9.6.
namespace idnode::crypto {

/// Whether `signature` is that of `data` under `public_key`, by the algorithm's name in the header:
/// RS256, RS384 and RS512 with RSA, DS256 with DSA (DER SEQUENCE{r,s}), SM2256 with SM2.
/// kUnsupported: another algorithm; kInvalid: a key of another kind, or of no use.
Result<bool> verify_record_signature(std::string_view algorithm, BytesView public_key,
                                     BytesView data, BytesView signature);

}  // namespace idnode::crypto
