#pragma once

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/handle/message.h"

namespace idnode::test {

/// What was read from octets, written again.
struct Reencoded {
    Bytes octets;
    bool one_spelling = true;  // false: the document lets the same meaning be written differently
};

/// Reads the body of a message as its operation and response code say, and writes what was read.
/// An operation without a known body yields the body as it is.
Result<Reencoded, WireError> reencode_body(const handle::MessageView& message);

/// The same for a complete message with its envelope, which must not be encrypted. Octets after the
/// message, an absent credential length and lengths that disagree count as other spellings.
Result<Reencoded, WireError> reencode_message(BytesView octets);

}  // namespace idnode::test
