#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "resolver/client/authenticator.h"
#include "resolver/client/connection.h"
#include "resolver/client/messages.h"
#include "resolver/client/session.h"

namespace idnode::client {

/// What is known about a server beforehand, from its site record.
struct ServerIdentity {
    handle::Version version{2, 3};  // what is sent to a server of unknown version (§0.3)
    Bytes public_key;               // encoding of §2.8; empty: unknown
};

struct ChannelOptions {
    std::chrono::milliseconds timeout{10'000};  // of one call with all its rounds
    /// Administration in a session, as reference clients do it by default (§5.7); otherwise each
    /// request is challenged.
    bool use_session = true;
    /// Responses outside a session must be signed too (CT). Needs the server's key.
    bool certify = false;
    /// Everything in the session is encrypted, both ways, not only what holds restricted values.
    bool encrypt = false;
    std::chrono::seconds session_timeout{3'600};
    std::size_t response_bytes_max = limits::kMessageBytesMax;
};

/// Requests to one server and their checked responses: connects when needed, answers challenges,
/// keeps a session. Blocks; used by one thread at a time.
///
/// The server's key: where `ServerIdentity` has none, a session asks the server itself for its site
/// record and believes that key from then on. Who must not be fooled by somebody in between gives
/// the key.
class Channel {
  public:
    explicit Channel(ServerAddress server, ChannelOptions options = {},
                     ServerIdentity identity = {});
    ~Channel();
    Channel(Channel&&) noexcept;
    Channel& operator=(Channel&&) noexcept;

    /// Challenges are answered so from now on; a session of another identity is forgotten.
    void authenticate_as(Authenticator authenticator);

    /// One request and its (first) response, whatever its code; a challenge is answered. A session
    /// that the server has forgotten is set up again, once. An error means that there is no answer
    /// to believe: kUnavailable, kTimeout, kInvalid, kLimit; kRefused: a challenge came and nobody
    /// is there to answer it. When the detail says so, the request may have been carried out.
    CallResult<Response> call(const Request& request);
    /// The next message of a continued response (flag CN), after a `call` whose response has it.
    CallResult<Response> next_message();

    /// Pipelining: many requests may be under way, each within `timeout` of its own. Only in a
    /// session that is authenticated, that is after a `call` that needed it: nothing here answers
    /// challenges. Returns the request id.
    CallResult<std::uint32_t> send(const Request& request);
    struct Arrived {
        std::uint32_t request_id = 0;
        Response response;
    };
    /// The response to any of the requests sent. After an error, here or in `send`, none of them
    /// is under way any more, and what became of them is not known.
    CallResult<Arrived> receive();
    std::size_t pending() const { return pending_.size(); }

    /// Sets the session up now rather than with the first request that needs it.
    CallResult<void> open_session();
    bool has_session() const { return session_.has_value(); }
    /// Tells the server that the session is over, as far as it still listens, and closes.
    void close();

    /// The server's key and version as given or learnt.
    const ServerIdentity& identity() const { return identity_; }
    /// The connection that brought the last response, for the stream that follows it (§7.4). It
    /// ends with the stream: the channel makes a new one.
    Result<Connection> release_connection();

  private:
    CallResult<Response> call_until(const Request& request, SteadyTime deadline);
    CallResult<Response> answer_challenges(const Request& request, Sent original,
                                           Response challenged, SteadyTime deadline);
    CallResult<Response> exchange(const Sent& sent, SteadyTime deadline);
    CallResult<void> set_up_session(SteadyTime deadline);
    CallResult<void> learn_identity(SteadyTime deadline);
    Result<Frame> receive_frame(const Sent& sent, SteadyTime deadline);
    Result<void> connect(SteadyTime deadline);
    Result<Sent> prepare(const Request& request, Session* session);
    CallError abandon(Error error);
    bool needs_session(const Request& request) const;
    std::uint32_t new_request_id();
    Trust trust() const;
    SteadyTime deadline_from_now() const;

    ServerAddress server_;
    ChannelOptions options_;
    ServerIdentity identity_;
    std::optional<Authenticator> authenticator_;
    std::optional<Connection> connection_;
    std::optional<Session> session_;
    std::unique_ptr<model::Entropy> entropy_;
    Sent last_;  // whose response may be continued
    std::unordered_map<std::uint32_t, Sent> pending_;
    bool repeated_ = false;  // the last request went out twice
};

}  // namespace idnode::client
