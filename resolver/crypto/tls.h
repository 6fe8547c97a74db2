#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

struct evp_pkey_st;
struct ssl_ctx_st;
struct ssl_st;

/// TLS 1.2 and 1.3 (§3.7) without I/O: octets in, octets out. The sockets belong to others.
namespace idnode::crypto {

/// The first octet of a TLS connection: a handshake record. A message of the protocol begins with
/// its major version and a line of HTTP with a letter, so one port can serve all three.
inline constexpr std::byte kTlsFirstOctet{0x16};

/// What a server shows in the handshake. Thread-safe; sessions may outlive it.
class TlsServer {
  public:
    /// A certificate in the form of other tools: PEM files, the chain below its own certificate.
    struct Files {
        std::filesystem::path certificate;
        std::filesystem::path key;
    };

    /// Makes a self-signed certificate around the key of the site, as clients of the protocol
    /// expect: they compare keys and ignore the rest. A DSA key serves no TLS, then a fresh P-256
    /// key is used, and those clients do not compare. `common_name` is its subject.
    static Result<std::shared_ptr<TlsServer>> make(BytesView private_key,
                                                   std::string_view common_name);

    /// Clients that ask for the server by a host name (SNI), as browsers do, are shown this
    /// certificate instead, from their next handshake on. The error names the file and the remedy,
    /// and leaves what was.
    Result<void> set_named_certificate(const Files& files);
    /// They are shown the same as everybody again.
    void clear_named_certificate();

    ssl_ctx_st* context() const { return own_.get(); }

  private:
    using Context = std::shared_ptr<ssl_ctx_st>;

    explicit TlsServer(Context own) : own_(std::move(own)) {}

    Context own_;
};

/// One connection. Used by one thread at a time; a step of the handshake costs a signature.
class TlsSession {
  public:
    /// The server's side. Asks for a client certificate and takes any or none: who is behind its
    /// key is for others to decide (§8.7). Sessions are not resumed, so that each shows its
    /// certificate.
    explicit TlsSession(const TlsServer& server);
    /// The client's side, which takes any server certificate.
    static TlsSession client();
    /// As browsers do: asks for this host (a name or an address), and takes only a certificate for
    /// it that an authority of this machine stands for.
    static TlsSession client_of(const std::string& host);

    enum class State : std::uint8_t {
        kHandshake,
        kOpen,
        kEnded,  // the peer said goodbye, or broke the rules: what is to be sent tells it which
    };

    /// Takes octets of the peer, appends what they say to `plain` and what must be answered to
    /// `to_peer`.
    State receive(BytesView octets, Bytes& plain, Bytes& to_peer);
    /// The client speaks first: the beginning of the handshake.
    void begin(Bytes& to_peer);
    /// Only in the state kOpen.
    void send(BytesView plain, Bytes& to_peer);
    /// Says goodbye, so that the peer can tell the end from a cut.
    void end(Bytes& to_peer);

    State state() const { return state_; }
    /// DER of the certificate whose key the peer proved to hold; empty: none.
    Bytes peer_certificate() const;

  private:
    struct Free {
        void operator()(ssl_st* session) const;
    };

    explicit TlsSession(ssl_ctx_st* context);
    void take_outgoing(Bytes& to_peer);

    std::unique_ptr<ssl_st, Free> ssl_;
    State state_ = State::kHandshake;
};

}  // namespace idnode::crypto
