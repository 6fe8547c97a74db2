#include "proto/handle/message.h"

#include <algorithm>
#include <limits>

#include "proto/base/limits.h"

namespace idnode::handle {

namespace {

constexpr std::size_t kFrontBytes = limits::kEnvelopeBytes + limits::kHeaderBytes;

// A length field that was read just now: negative is "too long", anything else that does not fit
// is "truncated".
BytesView take_counted(ByteReader& in, std::uint32_t size, const char* field) {
    if (size > static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max())) {
        in.fail(WireErrc::kTooLong, field);
        return {};
    }
    return in.take(size, field);
}

}  // namespace

Result<MessageView, WireError> decode_message(const Envelope& envelope, BytesView payload) {
    if (payload.size() < limits::kHeaderBytes) return WireError{WireErrc::kTruncated, 0, "header"};
    ByteReader in(payload);
    const auto header = decode_header(in.take(limits::kHeaderBytes, "header"));
    if (!header) return header.error();

    MessageView out{.envelope = envelope,
                    .header = *header,
                    .header_and_body = {},
                    .body = {},
                    .credential = {}};
    out.body = take_counted(in, header->body_length, "body length");
    out.header_and_body = payload.first(in.at());
    // A message may end right after its body (§3.4).
    if (in.left() >= 4) {
        const std::uint32_t size = in.u32("credential length");
        out.credential = take_counted(in, size, "credential length");
    }
    return in.finish_prefix(out);
}

MessageWriter::MessageWriter(Bytes& out) : out_(out), start_(out.size()), writer_(out) {
    out_.resize(start_ + kFrontBytes);
}

std::size_t MessageWriter::body_bytes() const {
    return out_.size() - start_ - kFrontBytes;
}

void MessageWriter::rewind_body() {
    out_.resize(start_ + kFrontBytes);
}

void MessageWriter::abandon() {
    out_.resize(start_);
}

BytesView MessageWriter::sealed_header_and_body(Header header) {
    header.body_length = static_cast<std::uint32_t>(body_bytes());
    const HeaderOctets octets = header_octets(header);
    const BytesView message = BytesView(out_).subspan(start_);
    std::copy(octets.begin(), octets.end(),
              out_.begin() + static_cast<std::ptrdiff_t>(start_ + limits::kEnvelopeBytes));
    return message.subspan(limits::kEnvelopeBytes);
}

void MessageWriter::finish(Envelope envelope, Header header, BytesView credential) {
    sealed_header_and_body(header);
    writer_.bytes_u32(credential);
    envelope.message_length =
        static_cast<std::uint32_t>(out_.size() - start_ - limits::kEnvelopeBytes);
    const EnvelopeOctets octets = envelope_octets(envelope);
    std::copy(octets.begin(), octets.end(), out_.begin() + static_cast<std::ptrdiff_t>(start_));
}

}  // namespace idnode::handle
