#pragma once

#include <memory>

#include "registry/model/ports.h"
#include "resolver/crypto/tls.h"

namespace idnode::crypto {

/// TLS for replication streams (§7.4) behind the model's port.
std::unique_ptr<model::SecureChannels> make_secure_channels(std::shared_ptr<TlsServer> server);

}  // namespace idnode::crypto
