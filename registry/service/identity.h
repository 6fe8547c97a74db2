#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/handle/header.h"
#include "proto/handle/value.h"

namespace idnode::service {

/// Who somebody claims or proved to be: the value at `index` of the record `handle` holds their
/// key.
struct Identity {
    std::string handle;
    std::uint32_t index = 0;  // 0: any key of the handle
};

/// `300:0.NA/88.100`, as in the change log.
std::string to_text(const Identity& identity);

/// §1.2: the prefix folded, the suffix octet by octet also on servers that fold handles; handles of
/// the global registry folded entirely.
bool same_identity_handle(std::string_view a, std::string_view b);

/// Whether an administrator or group entry means this identity: an index of 0 in the entry means
/// any (§5.5).
bool refers_to(const handle::Reference& entry, const Identity& identity);

/// Somebody at the other end of a request. Rules ask for a claim first and for its proof only where
/// it matters: an identity without rights is refused without its signature being looked at (§5.3).
class Requester {
  public:
    virtual ~Requester() = default;
    /// Null: nobody in particular; they must be challenged.
    virtual const Identity* claimed() const = 0;
    /// kSuccess, or the code that the peer gets: kAuthenticationFailed, kInvalidCredential.
    /// After success an identity with index 0 has the index of the key that proved it.
    virtual handle::ResponseCode prove() = 0;
};

}  // namespace idnode::service
