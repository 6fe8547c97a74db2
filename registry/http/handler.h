#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "proto/base/bytes.h"
#include "resolver/engine/context.h"

namespace idnode::http {

using Request = boost::beast::http::request<boost::beast::http::string_body>;
using Response = boost::beast::http::response<boost::beast::http::string_body>;

/// Where a request came from, as far as the connection knows.
struct Caller {
    resolver::Peer peer;
    bool secure = false;  // came by TLS
    /// The certificate (DER) whose private key the caller proved to hold in the TLS handshake, not
    /// checked against any authority; empty: none was shown.
    BytesView certificate;
};

/// One part of the HTTP interface. Called from several threads at once; may block on the disk and
/// on other nodes.
class Handler {
  public:
    virtual ~Handler() = default;
    /// The answer, without the fields that belong to the connection (Server, Date, Connection,
    /// Content-Length): the listener adds those. Does not throw for anything a client can send.
    virtual Response handle(const Request& request, const Caller& caller) = 0;
};

}  // namespace idnode::http
