#pragma once

#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "registry/registration/refusal.h"
#include "registry/registration/registrar.h"

namespace idnode::events {

/// Names for what a caller may not see (§14.6): the same for the same caller and thing, different
/// for another caller, and nothing can be found out from them without the node's key.
class Stubs {
  public:
    /// `caller`: who asks; of one enterprise all are one. The key is made when it is first needed.
    static registration::Outcome<Stubs> of(const registration::Registrar& registrar,
                                           std::string caller);

    /// `r-` and 32 hexadecimal digits.
    std::string name_of(std::string_view canonical_key) const;

  private:
    Stubs(const model::Digests& digests, Bytes key, std::string caller)
        : digests_(&digests), key_(std::move(key)), caller_(std::move(caller)) {}

    const model::Digests* digests_;
    Bytes key_;
    std::string caller_;
};

}  // namespace idnode::events
