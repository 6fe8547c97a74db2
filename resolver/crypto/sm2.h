#pragma once

#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

/// SM2 with SM3 as the industrial clients use them (§9.4 to §9.6; GB/T 32918).
///
/// A private SM2 key has no encoding in §2.8. Where the others are such an encoding, it is the DER
/// of PKCS#8; nothing else begins with its first octet.
namespace idnode::crypto {

/// The identifier of who signs, where no user is named (§9.6).
inline constexpr std::string_view kSm2DefaultIdentifier = "1234567812345678";

/// A new private key.
Result<Bytes> generate_sm2_key();
bool is_sm2_private_key(BytesView private_key);

/// Whether a public key is of a kind that only industrial clients know: an `SM2_PUB_KEY` encoding,
/// or bare PEM of an SM2 or RSA key.
bool is_industrial_public_key(BytesView public_key);
/// Whether it holds an SM2 key, in either form.
bool is_sm2_public_key(BytesView public_key);
/// A public key of any form and kind as we write it, so that equal keys have equal octets.
/// kInvalid: none, or of no sound size.
Result<Bytes> canonical_public_key(BytesView public_key);

/// A DER SEQUENCE{r,s} over `data`. kInvalid: not a private SM2 key.
Result<Bytes> sign_with_sm2(BytesView private_key, std::string_view identifier, BytesView data);
/// kInvalid: not a public SM2 key.
Result<bool> verify_sm2_signature(BytesView public_key, std::string_view identifier, BytesView data,
                                  BytesView signature);

/// `plain` for the holder of an SM2 key: C1 (65 octets, 04 first), C3 (32), C2 (as long as
/// `plain`).
Result<Bytes> encrypt_with_sm2(BytesView public_key, BytesView plain);
/// kInvalid: it was not encrypted for this key.
Result<Bytes> decrypt_with_sm2(BytesView private_key, BytesView cipher_text);

}  // namespace idnode::crypto
