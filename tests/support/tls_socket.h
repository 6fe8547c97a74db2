#pragma once

#include <sys/socket.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tests/support/client.h"

struct ssl_st;

namespace idnode::testing {

struct TlsOptions {
    int version = 0;          // 0x0303 for TLS 1.2, 0x0304 for TLS 1.3; 0: what both know
    std::string host_name{};  // asked for (SNI); empty: none
    // PEM files with a client certificate and its key; empty: none.
    std::filesystem::path certificate{};
    std::filesystem::path key{};
    ssl_st* resume = nullptr;  // the session of an earlier connection is offered again
};

/// A TLS connection, by OpenSSL on a plain blocking socket. The constructor shakes hands, and
/// throws when that fails.
class TlsSocket {
  public:
    explicit TlsSocket(std::uint16_t port, const TlsOptions& options = {});

    void send(BytesView octets);
    /// 0: closed, or nothing came in time.
    std::size_t read_some(std::span<std::byte> out, milliseconds patience = kPatience);
    bool is_closed() const { return closed_; }

    /// The next message of the protocol, as `TcpClient::receive_reply`.
    Reply receive_reply();
    Reply ask(const Request& request);

    /// 0x0303 for TLS 1.2.
    int version() const;
    bool was_resumed() const;
    /// Of the server's certificate: the common name, and the key in its own encoding (DER).
    std::string server_name() const;
    Bytes server_key() const;
    ssl_st* session() const { return ssl_.get(); }

  private:
    struct Free {
        void operator()(ssl_st* session) const;
    };

    Socket socket_;
    std::unique_ptr<ssl_st, Free> ssl_;
    bool closed_ = false;
};

/// The modulus of the RSA key in a certificate's key encoding; empty: it is no RSA key.
Bytes rsa_modulus(BytesView der_key);

/// Writes a fresh P-256 key and a self-signed certificate for it as PEM files `NAME.key`,
/// `NAME.crt`.
void write_certificate(const std::filesystem::path& folder, const std::string& name,
                       const std::string& common_name);

}  // namespace idnode::testing
