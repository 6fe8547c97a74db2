#pragma once

#include <memory>

#include "registry/model/ports.h"

namespace idnode::crypto {

/// MD5, SHA-1 and SHA-256 of OpenSSL. A call allocates nothing once its thread has made its first.
/// Throws std::runtime_error when OpenSSL is set up without one of them.
std::unique_ptr<model::Digests> make_digests();

/// The operating system's generator, through OpenSSL. Ends the program when the generator fails:
/// there is no safe way to go on with guessable challenges and request ids.
std::unique_ptr<model::Entropy> make_entropy();

}  // namespace idnode::crypto
