#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/value.h"

/// Signed records, §2.9: whether the values of a record are vouched for, up to a trusted key.
namespace idnode::tools {

/// The `HS_CERT` values of a handle.
using FindCertificates =
    std::function<Result<std::vector<handle::Value>>(const std::string& handle)>;

struct Trust {
    std::span<const Bytes> roots;  // keys of the root handle, as `canonical_public_key` gives them
    FindCertificates certificates;
    std::int64_t now = 0;                      // Unix seconds
    std::string_view root_handle = "0.0/0.0";  // another one in industrial networks (§9.7)
};

struct SignatureVerdict {
    std::int32_t index = 0;  // of the HS_SIGNATURE value
    std::string issuer{};    // `index:handle`, as claimed
    bool valid = false;
    std::string reason{};                 // why it is not
    std::vector<std::int32_t> covered{};  // values whose digests are right
    std::vector<std::string> chain{};     // who vouches for the issuer, from him up to the root
};

/// One verdict for each `HS_SIGNATURE` value, in their order.
std::vector<SignatureVerdict> verify_signatures(const std::string& handle,
                                                std::span<const handle::Value> values,
                                                const Trust& trust);

/// Readable values that no valid signature covers, apart from the signatures themselves.
std::vector<std::int32_t> uncovered_values(std::span<const handle::Value> values,
                                           std::span<const SignatureVerdict> verdicts);

}  // namespace idnode::tools
