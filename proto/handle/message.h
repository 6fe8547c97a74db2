#pragma once

#include <span>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/handle/envelope.h"
#include "proto/handle/header.h"

namespace idnode::handle {

/// A complete, unencrypted message, §3. The views point into the octets that were decoded.
struct MessageView {
    Envelope envelope;
    Header header;
    BytesView header_and_body;  // what digests and signatures cover
    BytesView body;
    BytesView credential;  // without its length; empty: none, or an absent length (§3.4)
};

/// `payload` is everything after the envelope (or all reassembled pieces). Below 24 octets:
/// kTruncated at offset 0. A body or credential length beyond the message, or negative, is refused;
/// octets after the credential are ignored.
Result<MessageView, WireError> decode_message(const Envelope& envelope, BytesView payload);

/// Writes a message with its envelope: the constructor leaves room for envelope and header, the
/// body is written through `body()`, and `finish` fills in all lengths.
///
///     MessageWriter out(buffer);            // appends to `buffer`, which may hold other messages
///     out.body().text_u32(handle);
///     out.finish(envelope, header);         // or finish(envelope, header, credential)
class MessageWriter {
  public:
    explicit MessageWriter(Bytes& out);

    ByteWriter& body() { return writer_; }
    std::size_t body_bytes() const;
    /// Drops what was written to the body, to answer with an error instead.
    void rewind_body();

    /// header.body_length and envelope.message_length are computed; the other fields are taken as
    /// given.
    void finish(Envelope envelope, Header header, BytesView credential = {});
    /// Header and body as they will be sent, for digests and signatures; the header must be the one
    /// given to `finish`.
    BytesView sealed_header_and_body(Header header);

    /// Removes the whole unfinished message from the buffer.
    void abandon();

  private:
    Bytes& out_;
    std::size_t start_;
    ByteWriter writer_;
};

}  // namespace idnode::handle
