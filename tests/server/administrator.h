#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/handle/challenge.h"
#include "proto/handle/value.h"
#include "resolver/crypto/answers.h"
#include "tests/server/setting.h"

/// Requests that change records, and who answers the challenges to them (§5.1 to §5.3).
namespace idnode::testing {

inline constexpr std::uint32_t kPlain = 0x19000000;          // REC, CA, PO
inline constexpr std::uint32_t kCertified = 0x59000000;      // and CT
inline constexpr std::uint32_t kNotPublicOnly = 0x18000000;  // without PO

/// Who proves to be somebody with a secret.
struct Prover {
    std::string handle = "0.NA/88.100";
    std::uint32_t index = 301;
    std::string secret{};
};

/// The server administrator that `idnode init` made.
Prover administrator(const NodeFolder& node);

handle::Value text_value(std::int32_t index, std::string_view type, std::string_view text,
                         std::uint8_t permissions = handle::permission::kDefault);
/// A value that gives `administrator` all rights.
handle::Value admin_value(std::int32_t index, handle::Reference administrator);

/// Create, add and modify.
Request with_values(handle::OpCode op, std::string_view handle,
                    const std::vector<handle::Value>& values, std::uint32_t more_flags = 0);
Request removal(std::string_view handle, const std::vector<std::int32_t>& indexes);
/// A creation with one value of type URL.
Request creation(std::string_view handle);

/// Operation 200 for the challenge in `challenged`.
Request answer_with(const Reply& challenged, std::string_view type, const Prover& prover,
                    BytesView proof);
Request answer(const Reply& challenged, const Prover& prover,
               crypto::SecretAlgorithm algorithm = crypto::SecretAlgorithm::kPbkdf2HmacSha1,
               std::string_view type = handle::kSecretKeyAuthentication);

/// What a challenge asks to be proved.
struct Challenged {
    explicit Challenged(const Reply& reply);
    Bytes nonce;
    Bytes digest;
    crypto::Challenge view() const { return {nonce, digest}; }
};

/// Asks, must be challenged, answers; the response to the answer. On one connection.
Reply ask_as(const Setting& setting, const Request& request, const Prover& prover);
Reply ask_as_administrator(const Setting& setting, const Request& request);

}  // namespace idnode::testing
