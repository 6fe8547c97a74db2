#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "proto/base/result.h"

namespace idnode::registration {

/// Why something is refused, each with a name that programs may rely on and a status of HTTP; see
/// `name_of` and `http_status`.
enum class Code : std::uint8_t {
    kNotAuthenticated,  // nobody, or a token that is expired or revoked
    kWrongLogin,        // the same for unknown accounts and wrong passwords
    kNotAllowed,        // the role or the token's scopes do not reach so far
    kForeignPrefix,     // of another enterprise, or of nobody
    kNotFound,
    kExists,  // something with this name or number exists already
    kIdentifierExists,
    kWrongState,       // what is asked for does not fit the state of the object
    kPrefixDisabled,   // nothing may be changed under it
    kVersionMismatch,  // changed by somebody else since it was read
    kMissing,          // a member that must be there
    kInvalid,          // a member that breaks a rule
    kLimit,            // larger or more than allowed
    kTooMany,          // requests in too short a time
    kQuota,            // the enterprise has registered all it may
    kTemplateUnknown,
    kItemUnknown,       // the index, or type, is not in the template
    kItemTypeMismatch,  // index and type belong to different items
    kItemDisabled,
    kItemMissing,   // a required one
    kItemInvalid,   // breaks the item's rule
    kItemRepeated,  // an index twice
    kCodingRule,    // the suffix breaks the rule of its prefix or template
    kKeyReused,     // an idempotency key with another request
    kReadOnly,      // a mirror
    kBusy,          // more at once than the node carries out
    kStorage,
    kInternal,
};

/// `E_IDENTIFIER_EXISTS`
std::string_view name_of(Code code);
unsigned http_status(Code code);

/// What a caller is told. `message` names the place and the rule, and holds nothing secret.
struct Refusal {
    Code code = Code::kInternal;
    std::string message{};
    std::string field{};   // of the request, `values[3].value`; empty: none in particular
    std::string remedy{};  // may be empty
    std::uint32_t retry_after_s = 0;  // 0: no time is known
    std::uint32_t index = 0;          // of the value it is about, if any
    std::string_view rule{};  // the stable name of the rule, finer than the code; may be empty
};

/// What programs are told: the rule's name, or else the code's.
std::string_view name_of(const Refusal& refusal);

template <class T>
using Outcome = Result<T, Refusal>;

/// What the store or the model said, for a caller. Details of the node's inside stay out.
Refusal to_refusal(const Error& error);
/// kNotFound: `what` as in "enterprise 12".
Refusal not_found(std::string_view what);
Refusal missing(std::string field);
Refusal invalid(std::string field, std::string rule);

}  // namespace idnode::registration
