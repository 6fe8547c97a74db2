#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "proto/base/bytes.h"

namespace idnode::testing {

/// Attributes of a certificate's subject: `{"UID", "300:0.NA/88.100"}`.
using Subject = std::vector<std::pair<std::string, std::string>>;

/// A self-signed certificate for a private key encoding (§2.8), as DER. It has expired, because
/// nobody may look at that (§8.7).
Bytes client_certificate(const Subject& subject, BytesView private_key);

/// The same and its key as PEM files `NAME.crt`, `NAME.key`.
void write_client_certificate(const std::filesystem::path& folder, const std::string& name,
                              const Subject& subject, BytesView private_key);

/// SHA-256 of a certificate, in hexadecimal; `file` is one of the above.
std::string certificate_digest(const std::filesystem::path& file);

}  // namespace idnode::testing
