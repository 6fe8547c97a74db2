#pragma once

#include <cstdint>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/base/writer.h"

namespace idnode::handle {

inline constexpr std::string_view kMacCredential = "HS_MAC";
inline constexpr std::string_view kSignedCredential = "HS_SIGNED";

/// The credential section of a message after its length, §3.4. The views point into the message.
struct Credential {
    std::uint8_t version = 0;
    std::uint8_t reserved = 0;
    std::uint16_t options = 0;
    std::string_view signer_handle{};   // empty in practice
    std::uint32_t session_counter = 0;  // 0 when signed with the server key
    std::string_view type = kSignedCredential;
    BytesView algorithm{};  // a name, or one octet below 2.6 (§5.6)
    BytesView signature{};  // or MAC
};

/// The inner length must cover algorithm and signature exactly, and nothing may follow.
Result<Credential, WireError> decode_credential(BytesView octets);
void encode_credential(const Credential& credential, ByteWriter& out);

}  // namespace idnode::handle
