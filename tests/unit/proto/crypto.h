#pragma once

#include <initializer_list>
#include <string>

#include "proto/base/bytes.h"

namespace idnode::test {

/// The digest of the pieces one after the other; `algorithm` as OpenSSL names it (`MD5`, `SHA256`).
Bytes digest_of(const std::string& algorithm, std::initializer_list<BytesView> pieces);
Bytes hmac_of(const std::string& algorithm, BytesView key, BytesView message);

}  // namespace idnode::test
