#pragma once

#include <cstdint>
#include <optional>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/base/writer.h"
#include "proto/handle/envelope.h"
#include "proto/handle/header.h"

namespace idnode::handle {

enum class DigestAlgorithm : std::uint8_t { kMd5 = 1, kSha1 = 2, kSha256 = 3 };  // wire

std::size_t digest_bytes(DigestAlgorithm algorithm);

/// The algorithm named by an octet or by `SHA1`, `SHA-1`, `SHA-256`, `SHA256`, `MD5` (§5.2, §5.6).
std::optional<DigestAlgorithm> digest_algorithm(BytesView name);

/// The digest of a request, §3.3. It covers the request's header and body.
struct RequestDigest {
    DigestAlgorithm algorithm = DigestAlgorithm::kSha256;
    BytesView octets{};
    bool old_form = false;  // `BYTES` of an MD5; accepted, never written by us
};

/// What a response of this version carries: SHA-256 from 2.7 on, SHA-1 before.
DigestAlgorithm request_digest_algorithm(Version version);

/// Whether the body of a response begins with a digest: the flag says so, and the version has it.
bool carries_request_digest(const Header& response, Version version);

/// An unknown algorithm octet is kBadValue.
RequestDigest read_request_digest(ByteReader& in);
void encode_request_digest(const RequestDigest& digest, ByteWriter& out);

/// A response's body, taken apart.
struct ResponseBody {
    std::optional<RequestDigest> digest{};
    BytesView rest{};  // the body of the operation
};
Result<ResponseBody, WireError> split_response_body(const Header& response, Version version,
                                                    BytesView body);

}  // namespace idnode::handle
