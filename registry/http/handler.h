#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "proto/base/bytes.h"
#include "resolver/engine/context.h"

namespace idnode::http {

using Request = boost::beast::http::request<boost::beast::http::string_body>;
using RequestHeader = boost::beast::http::request_header<>;
using Response = boost::beast::http::response<boost::beast::http::string_body>;

/// Where a request came from, as far as the connection knows.
struct Caller {
    resolver::Peer peer;
    bool secure = false;  // came by TLS
    /// The certificate (DER) whose private key the caller proved to hold in the TLS handshake, not
    /// checked against any authority; empty: none was shown.
    BytesView certificate;
};

/// A body that is taken piece by piece and answered while it comes. No more of it is read from the
/// peer before a piece was taken, so that a sender is never faster than what is done with it. Used
/// by one thread at a time; may block.
class Upload {
  public:
    virtual ~Upload() = default;
    /// The next piece, the last one with `last`, perhaps empty. Appends what shall be answered now.
    /// False: the answer ends here, whatever else the peer would send.
    virtual bool take(BytesView piece, bool last, Bytes& out) = 0;
};

/// An answer that is made while it is sent: no piece is asked for before the peer took the one
/// before. Used by one thread at a time; may block on the disk.
class Download {
  public:
    enum class Next : std::uint8_t {
        kMore,   // there is more
        kLater,  // there may be more in a moment: ask again then
        kEnd,    // it is whole
        kBroken  // it ends here, and is not whole
    };
    virtual ~Download() = default;
    /// Appends the next piece, perhaps nothing.
    virtual Next give(Bytes& out) = 0;
};

/// Without download the response is the whole answer.
struct DownloadStart {
    Response response;
    std::unique_ptr<Download> download;
};

/// The answer to an upload: its head goes out before the body is read. Without upload the response
/// is the whole answer, and the body stays unread.
struct UploadStart {
    Response response;
    std::unique_ptr<Upload> upload;
};

/// One part of the HTTP interface. Called from several threads at once; may block on the disk and
/// on other nodes.
class Handler {
  public:
    virtual ~Handler() = default;
    /// The answer, without the fields that belong to the connection (Server, Date, Connection,
    /// Content-Length): the listener adds those. Does not throw for anything a client can send.
    virtual Response handle(const Request& request, const Caller& caller) = 0;

    /// What tells a peer that its request does not get as far as `handle`: the body is too long,
    /// or too many wait. Nothing: the listener has words of its own. Does not block.
    virtual std::optional<Response> turn_away(const RequestHeader& /*header*/,
                                              boost::beast::http::status /*status*/,
                                              std::string_view /*text*/) const {
        return std::nullopt;
    }

    /// Whether the answer is given piece by piece. Does not block.
    virtual bool gives_download(const Request& /*request*/) const { return false; }
    /// Only where `gives_download` said so.
    virtual DownloadStart begin_download(const Request& /*request*/, const Caller& /*caller*/) {
        return {};
    }

    /// How long the body of such a request may be, when it is read as a whole. Does not block.
    virtual std::size_t body_bytes_max(const RequestHeader& /*header*/, std::size_t usual) const {
        return usual;
    }
    /// Whether the body is to be taken piece by piece. Does not block.
    virtual bool takes_upload(const RequestHeader& /*header*/) const { return false; }
    /// Only where `takes_upload` said so.
    virtual UploadStart begin_upload(const RequestHeader& /*header*/, const Caller& /*caller*/) {
        return {};
    }
};

}  // namespace idnode::http
