#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "proto/base/result.h"
#include "resolver/forward/endpoint.h"
#include "resolver/forward/networks.h"

namespace idnode::http {

/// Where this node may go when somebody else names the address: nowhere that is not public, but for
/// what the operator allows. So nobody reaches through the node what they could not reach
/// themselves.
class Outside {
  public:
    /// `allowed`: networks (CIDR) that are not public. kInvalid names the one that is none.
    static Result<Outside> make(std::span<const std::string> allowed);

    /// The address of the host, looked up once, checked, and to be used: a name that changes
    /// meanwhile leads nowhere else. Without TLS only this machine is reached. kRefused says why.
    Result<resolver::Endpoint> reach(const std::string& host, std::uint16_t port,
                                     bool is_secure) const;

  private:
    Outside(resolver::Networks allowed, resolver::Networks not_public, resolver::Networks loopback)
        : allowed_(std::move(allowed)),
          not_public_(std::move(not_public)),
          loopback_(std::move(loopback)) {}

    resolver::Networks allowed_;
    resolver::Networks not_public_;
    resolver::Networks loopback_;
};

}  // namespace idnode::http
