#pragma once

#include <cstdint>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/base/writer.h"
#include "proto/handle/envelope.h"

/// Sessions, §5.7 and §5.8. Views point into the body.
namespace idnode::handle {

enum class KeyExchangeMode : std::uint16_t {  // wire
    kClientCipher = 1,
    kServerCipher = 2,
    kHandleCipher = 3,
    kDiffieHellman = 4,
};

enum class SessionCipher : std::uint32_t { kDes = 1, kDesEde = 2, kAes = 3, kSm4 = 4 };  // wire

inline constexpr std::uint32_t kAnonymousIndex = 0xFFFFFFFF;  // -1

/// Body of operation 400.
struct SessionSetupRequest {
    KeyExchangeMode mode = KeyExchangeMode::kDiffieHellman;  // any number may come in
    std::uint32_t timeout = 86'400;                          // seconds; 0: the default
    std::string_view identity_handle{};                      // empty: anonymous
    std::uint32_t identity_index = kAnonymousIndex;
    BytesView public_key{};                  // modes 1 and 4: encoding of §2.8
    std::string_view exchange_key_handle{};  // mode 3
    std::uint32_t exchange_key_index = 0;    // mode 3
    bool surplus = true;  // two zero octets at the end: written by us, accepted with and without
};

/// What follows the identity of an unknown mode is ignored: the mode is refused with 501, not as
/// undecodable.
Result<SessionSetupRequest, WireError> decode_session_setup_request(BytesView body);
void encode_session_setup_request(const SessionSetupRequest& request, ByteWriter& out);

/// Body of its response, after the digest.
struct SessionSetupResponse {
    KeyExchangeMode mode = KeyExchangeMode::kDiffieHellman;
    BytesView data{};  // by mode, see the table of §5.7
    bool surplus = true;
};
Result<SessionSetupResponse, WireError> decode_session_setup_response(BytesView body);
void encode_session_setup_response(const SessionSetupResponse& response, ByteWriter& out);

/// Body of operation 402: the encrypted session key.
Result<BytesView, WireError> decode_exchange_key_request(BytesView body);
inline void encode_exchange_key_request(BytesView encrypted_key, ByteWriter& out) {
    out.bytes_u32(encrypted_key);
}

/// A cipher number and what belongs to it: the server's public key (mode 4) or the plain session
/// key (modes 1 to 3). Old peers send no number and mean DES: `with_cipher` says whether it is
/// there.
struct CipherAndKey {
    SessionCipher cipher = SessionCipher::kAes;
    BytesView key{};
};
bool has_cipher_number(KeyExchangeMode mode, Version version);
Result<CipherAndKey, WireError> decode_cipher_and_key(BytesView octets, bool with_cipher);
Bytes encode_cipher_and_key(const CipherAndKey& value, bool with_cipher);

/// An encrypted payload: from 2.4 on an initialisation vector of one block (none for SM4), then the
/// cipher text; before, cipher text alone (ECB).
struct EncryptedPayload {
    BytesView iv{};
    BytesView cipher_text{};  // whole blocks, at least one
};
std::size_t block_bytes(SessionCipher cipher);
Result<EncryptedPayload, WireError> split_encrypted(BytesView payload, Version session_version,
                                                    SessionCipher cipher);

}  // namespace idnode::handle
