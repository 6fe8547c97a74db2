#pragma once

#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"

/// Keys as industrial clients write them into `HS_PUBKEY` values, §9.6. What is inside is for
/// cryptography to read.
namespace idnode::handle {

inline constexpr std::string_view kSm2PublicKeyType = "SM2_PUB_KEY";

/// An SM2 key as `HS_PUBKEY` values hold it, §9.6; here the SubjectPublicKeyInfo inside, in DER or
/// as PEM text:
///
///   4   11            2       4   n
///   +---+-------------+-------+---+---------------------+
///   | n | SM2_PUB_KEY | flags | n | DER, or PEM text    |
///   +---+-------------+-------+---+---------------------+
///
/// Octets after it are ignored, as with other public keys.
Result<BytesView, WireError> decode_sm2_public_key(BytesView octets);
Bytes encode_sm2_public_key(BytesView key_info);

/// Whether octets are PEM text and no encoding of the protocol: those begin with a zero octet.
bool is_pem(BytesView octets);

}  // namespace idnode::handle
