#pragma once

#include <memory>
#include <span>
#include <string>

#include "proto/base/result.h"
#include "registry/events/deliveries.h"

namespace idnode::http {

/// Sends events over HTTPS, to servers whose certificate the authorities of this machine stand for;
/// over HTTP only to this machine itself. Never to addresses that are not public, unless they are
/// in `networks` (CIDR): a subscriber must not reach through the node what it could not reach by
/// itself. kInvalid names the network.
Result<std::unique_ptr<events::DeliverySender>> make_webhook_sender(
    std::span<const std::string> networks);

}  // namespace idnode::http
