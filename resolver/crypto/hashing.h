#pragma once

#include <initializer_list>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

/// Digests and HMACs under OpenSSL's names ("MD5", "SHA1", "SHA256"), for the sources of this
/// folder only.
namespace idnode::crypto {

Bytes joined(std::initializer_list<BytesView> parts);
Result<Bytes> digest(const char* algorithm, BytesView data);
Result<Bytes> hmac(const char* algorithm, BytesView key, BytesView data);

/// Takes the same time wherever the first wrong octet stands. A failed computation equals nothing.
bool equal_in_constant_time(const Result<Bytes>& expected, BytesView given);

}  // namespace idnode::crypto
