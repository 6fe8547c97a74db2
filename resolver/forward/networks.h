#pragma once

#include <span>
#include <string>
#include <vector>

#include "proto/base/result.h"
#include "resolver/engine/upstream.h"

namespace idnode::resolver {

/// A set of client networks in CIDR form.
class Networks {
  public:
    /// `10.0.0.0/8`, `fc00::/7`, or a single address. kInvalid names the entry.
    static Result<Networks> parse(std::span<const std::string> texts);

    bool contain(const Address& address) const;

  private:
    struct Network {
        Address address{};
        unsigned bits = 0;  // of the 128 that must be equal
    };
    std::vector<Network> networks_;
};

}  // namespace idnode::resolver
