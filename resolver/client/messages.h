#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/digest.h"
#include "proto/handle/header.h"
#include "resolver/client/connection.h"
#include "resolver/client/session.h"

/// Requests as they are sent, and responses once they have been checked.
namespace idnode::client {

/// What a client of the reference sets in ordinary requests: REC, CA, PO (§3.2).
inline constexpr std::uint32_t kOrdinaryFlags =
    handle::flag::kRecursive | handle::flag::kCacheCertify | handle::flag::kPublicOnly;

struct Request {
    handle::OpCode op = handle::OpCode::kResolution;
    std::uint32_t flags = kOrdinaryFlags;  // RD and CT are set where they are due
    Bytes body{};
    bool confidential = false;  // encrypted in a session
};

/// The version that both have.
inline handle::Version lower_of(handle::Version a, handle::Version b) {
    return a.at_least(b) ? b : a;
}

/// RC 500 and above: the server cannot go on with this session (§5.7).
inline bool loses_session(handle::ResponseCode code) {
    return static_cast<std::uint32_t>(code) >= 500;
}

/// Why a call brought nothing: the server's own answer, or that there was none.
struct CallError : Error {
    /// kNone: no answer, or none that can be believed.
    handle::ResponseCode response = handle::ResponseCode::kNone;

    CallError() = default;
    CallError(Error error, handle::ResponseCode code = handle::ResponseCode::kNone)
        : Error(std::move(error)), response(code) {}
};
template <class T>
using CallResult = Result<T, CallError>;

struct Response {
    handle::Envelope envelope;
    handle::Header header;
    handle::ResponseCode code = handle::ResponseCode::kError;  // as meant, see `meaning_of`
    bool is_signed = false;  // by the session or the server's key, and that was checked
    Bytes body{};            // of the operation, after the digest

    bool has(std::uint32_t flag) const { return header.has(flag); }
    bool is_success() const { return code == handle::ResponseCode::kSuccess; }
    /// The server's words, of an error.
    std::string text() const;
    /// What an error answer says, for whoever waits for something else.
    CallError error() const;
};

/// A request under way: what its response is compared with.
struct Sent {
    handle::OpCode op = handle::OpCode::kResolution;  // that the response has
    std::uint32_t request_id = 0;
    Bytes octets{};           // the whole message
    Bytes header_and_body{};  // in plain
    Bytes challenged{};       // of a challenge answer: header and body that were challenged
    bool must_be_signed = false;
};

struct Sender {
    handle::Version version;  // in which the request is encoded
    std::uint32_t request_id = 0;
    std::uint32_t session_id = 0;  // of the session, or of the challenge that is answered
    Session* session = nullptr;    // signs and encrypts
};
/// kLimit: longer than a message may be.
Result<Sent> encode_request(const Request& request, const Sender& sender);

/// What vouches for a server's messages.
struct Trust {
    BytesView server_key;              // encoding of §2.8; empty: unknown
    const Session* session = nullptr;  // null: none
};
/// Takes a frame with the request id of `sent` apart. kInvalid: it is broken, expired, of another
/// operation or another request's (§10.2 H35, H39), or a signature is due and none is right (H40).
Result<Response> read_response(const Sent& sent, Frame frame, const Trust& trust);

/// Whether `challenge` is about this request: the digest in it is compared, as a client must before
/// it answers (§5.2).
bool is_about(const handle::RequestDigest& digest, BytesView header_and_body);

}  // namespace idnode::client
