#pragma once

#include <cstdint>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/handle/envelope.h"

/// What message credentials are computed over, §5.6. The functions return the octets; hashing, HMAC
/// and signing are done elsewhere. `envelope` is that of the message itself; its version decides.
/// `header_and_body` is H, `key` the complete session key K.
namespace idnode::handle {

/// From 2.7 on HMAC-SHA256 with K over the input; before, SHA-1 of the input, which contains K.
enum class MacFunction : std::uint8_t { kSha1OfInput, kHmacSha256 };
MacFunction mac_function(Version version);

Bytes mac_input(const Envelope& envelope, std::uint32_t session_counter, BytesView key,
                BytesView header_and_body);

/// Input of the server's public-key signature.
Bytes signature_input(const Envelope& envelope, std::uint32_t session_counter,
                      BytesView header_and_body);

/// What is written in the algorithm field of a credential: a MAC's (one octet `02` below 2.6) and a
/// server signature's.
std::string_view mac_algorithm_field(Version version);
std::string_view signature_algorithm_field(Version version, bool dsa_key);

/// The name written in the answer to a challenge of this version with a public key, §5.2.
inline std::string_view answer_algorithm_field(Version version, bool dsa_key) {
    return signature_algorithm_field(version, dsa_key);
}

}  // namespace idnode::handle
