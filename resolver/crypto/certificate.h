#pragma once

#include <string>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

namespace idnode::crypto {

/// What an X.509 certificate says about its holder (§8.7).
struct Certificate {
    std::string subject;  // of the subject's attributes UID, else CN, else O; UTF-8
    Bytes public_key;     // key encoding of §2.8
};

/// From DER. Issuer, dates and the signature are not looked at. kInvalid: no certificate, none of
/// the three attributes, or a key that is neither RSA nor DSA.
Result<Certificate> read_certificate(BytesView der);

}  // namespace idnode::crypto
