// Invariants:
//  * no octets make a decoder crash or read beyond them;
//  * a message that decodes encodes to the same octets, where it has one spelling;
//  * what was written decodes again;
//  * an encrypted payload is split without looking into it.
#include "proto/base/assert.h"
#include "proto/handle/fragment.h"
#include "proto/handle/message.h"
#include "proto/handle/session.h"
#include "tests/support/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace idnode;
    const BytesView octets = std::as_bytes(std::span(data, size));
    const auto envelope = handle::decode_envelope(octets);
    if (!envelope) return 0;
    const BytesView payload = octets.subspan(limits::kEnvelopeBytes);
    if (envelope->encrypted) {
        const auto parts =
            handle::split_encrypted(payload, envelope->version, handle::SessionCipher::kAes);
        IDNODE_ASSERT(!parts || parts->iv.size() + parts->cipher_text.size() == payload.size());
        return 0;
    }
    const auto again = test::reencode_message(octets);
    if (!again) return 0;
    if (again->one_spelling) IDNODE_ASSERT(same_octets(again->octets, octets));
    IDNODE_ASSERT(test::reencode_message(again->octets).has_value());
    return 0;
}
