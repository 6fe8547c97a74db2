#pragma once

#include <cstdint>
#include <memory>

#include "proto/handle/key.h"
#include "proto/handle/session.h"
#include "registry/model/ports.h"
#include "tests/server/administrator.h"

/// The client's side of a session (§5.6 to §5.8), octet by octet, so that a test can do it wrongly.
namespace idnode::testing {

/// The 1,024-bit group of RFC 2409, which reference clients of old use.
handle::DhPublicKey oakley_group();

/// Operation 400, certified and with digest.
Request session_setup(const handle::SessionSetupRequest& terms);
/// The setup response of mode 4 or another, without digest. The view points into `reply`.
handle::SessionSetupResponse session_response(const Reply& reply);

/// The response must carry a signature that the key of the site record verifies.
void check_signed_by_server(const Setting& setting, const Reply& reply);

/// `request` in a session, with a MAC over `counter`.
Bytes sealed(const Request& request, std::uint32_t session_id, std::uint32_t counter,
             BytesView key);

class SessionClient {
  public:
    /// A session will be set up for `identity`, by default the server administrator.
    explicit SessionClient(const Setting& setting);
    SessionClient(const Setting& setting, Prover identity);

    /// Diffie-Hellman; the response must be signed with the key of the site record.
    void open();
    /// Opens, is challenged in the first request, answers, and is authenticated.
    void authenticate();

    /// A message in the session with a MAC over its next counter.
    Bytes sealed(const Request& request) { return sealed(request, ++counter_); }
    Bytes sealed(const Request& request, std::uint32_t counter) const {
        return testing::sealed(request, session_id, counter, key_);
    }
    /// The same, encrypted.
    Bytes encrypted(const Request& request) { return encrypted(sealed(request)); }
    Bytes encrypted(const Bytes& message) const;

    /// Each message on a connection of its own, as reference clients do.
    Reply send(const Bytes& octets) const;
    /// The response, which must be encrypted, as it is without encryption.
    Reply send_for_encrypted(const Bytes& octets) const;

    /// Whether a reply carries the session's MAC, and what its counter was.
    std::uint32_t checked_counter(const Reply& reply) const;

    std::uint32_t session_id = 0;

  private:
    const Setting& setting_;
    Prover identity_;
    std::unique_ptr<model::Entropy> entropy_;
    std::unique_ptr<model::SessionCryptography> cryptography_;
    Bytes key_;
    std::uint32_t counter_ = 0;
};

}  // namespace idnode::testing
