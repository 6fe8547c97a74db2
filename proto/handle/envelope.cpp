#include "proto/handle/envelope.h"

namespace idnode::handle {

namespace {

constexpr unsigned kCompressed = 0x80;
constexpr unsigned kEncrypted = 0x40;
constexpr unsigned kTruncated = 0x20;
constexpr unsigned kSpare = 0x1C;
constexpr unsigned kSuggestedMajor = 0x03;

std::uint8_t flag_octet(const Envelope& envelope) {
    unsigned octet = (envelope.spare_flags & kSpare) | (envelope.suggested.major & kSuggestedMajor);
    if (envelope.compressed) octet |= kCompressed;
    if (envelope.encrypted) octet |= kEncrypted;
    if (envelope.truncated) octet |= kTruncated;
    return static_cast<std::uint8_t>(octet);
}

}  // namespace

Result<Envelope, WireError> decode_envelope(BytesView octets) {
    ByteReader in(octets);
    Envelope out;
    out.version.major = in.u8("major version");
    out.version.minor = in.u8("minor version");
    const unsigned flags = in.u8("envelope flags");
    out.compressed = (flags & kCompressed) != 0;
    out.encrypted = (flags & kEncrypted) != 0;
    out.truncated = (flags & kTruncated) != 0;
    out.spare_flags = static_cast<std::uint8_t>(flags & kSpare);
    out.suggested.major = static_cast<std::uint8_t>(flags & kSuggestedMajor);
    out.suggested.minor = in.u8("suggested minor version");
    out.session_id = in.u32("session id");
    out.request_id = in.u32("request id");
    out.sequence = in.u32("sequence number");
    out.message_length = in.u32("message length");
    return in.finish_prefix(out);
}

EnvelopeOctets envelope_octets(const Envelope& envelope) {
    EnvelopeOctets out;
    store<std::uint8_t>(out, 0, envelope.version.major);
    store<std::uint8_t>(out, 1, envelope.version.minor);
    store<std::uint8_t>(out, 2, flag_octet(envelope));
    store<std::uint8_t>(out, 3, envelope.suggested.minor);
    store<std::uint32_t>(out, 4, envelope.session_id);
    store<std::uint32_t>(out, 8, envelope.request_id);
    store<std::uint32_t>(out, 12, envelope.sequence);
    store<std::uint32_t>(out, 16, envelope.message_length);
    return out;
}

Version reply_version(const Envelope& request) {
    const Version wanted = request.suggested.major == 0 ? request.version : request.suggested;
    return wanted.at_least(kOwnVersion) ? kOwnVersion : wanted;
}

}  // namespace idnode::handle
