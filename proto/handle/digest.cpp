#include "proto/handle/digest.h"

namespace idnode::handle {

namespace {

constexpr std::size_t kMd5Bytes = 16;

}  // namespace

std::size_t digest_bytes(DigestAlgorithm algorithm) {
    switch (algorithm) {
        case DigestAlgorithm::kMd5:
            return kMd5Bytes;
        case DigestAlgorithm::kSha1:
            return 20;
        case DigestAlgorithm::kSha256:
            return 32;
    }
    return 0;
}

std::optional<DigestAlgorithm> digest_algorithm(BytesView name) {
    if (name.size() == 1) {
        const auto octet = std::to_integer<std::uint8_t>(name.front());
        if (octet >= 1 && octet <= 3) return static_cast<DigestAlgorithm>(octet);
        return std::nullopt;
    }
    const std::string_view text = as_text(name);
    if (text == "SHA-256" || text == "SHA256") return DigestAlgorithm::kSha256;
    if (text == "SHA1" || text == "SHA-1") return DigestAlgorithm::kSha1;
    if (text == "MD5") return DigestAlgorithm::kMd5;
    return std::nullopt;
}

DigestAlgorithm request_digest_algorithm(Version version) {
    return version.at_least({2, 7}) ? DigestAlgorithm::kSha256 : DigestAlgorithm::kSha1;
}

bool carries_request_digest(const Header& response, Version version) {
    return response.has(flag::kRequestDigest) && version.at_least({2, 1});
}

RequestDigest read_request_digest(ByteReader& in) {
    RequestDigest out;
    const std::uint8_t algorithm = in.u8("digest algorithm");
    if (algorithm == 0) {
        // The old form is a `BYTES`: what was read is the first octet of its length.
        const std::uint32_t size =
            std::uint32_t{in.u8("digest length")} << 16U | in.u16("digest length");
        if (size != kMd5Bytes) in.fail(WireErrc::kBadValue, "digest length");
        out.algorithm = DigestAlgorithm::kMd5;
        out.old_form = true;
    } else if (algorithm <= 3) {
        out.algorithm = static_cast<DigestAlgorithm>(algorithm);
    } else {
        in.fail(WireErrc::kBadValue, "digest algorithm");
    }
    out.octets = in.take(digest_bytes(out.algorithm), "request digest");
    return out;
}

void encode_request_digest(const RequestDigest& digest, ByteWriter& out) {
    if (digest.old_form) {
        out.bytes_u32(digest.octets);
        return;
    }
    out.u8(static_cast<std::uint8_t>(digest.algorithm));
    out.raw(digest.octets);
}

Result<ResponseBody, WireError> split_response_body(const Header& response, Version version,
                                                    BytesView body) {
    ByteReader in(body);
    ResponseBody out;
    if (carries_request_digest(response, version)) out.digest = read_request_digest(in);
    out.rest = in.rest();
    return in.finish_prefix(out);
}

}  // namespace idnode::handle
