#include "resolver/forward/tcp_calls.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <utility>

#include "proto/base/limits.h"
#include "resolver/forward/asio_endpoint.h"

namespace idnode::resolver {
namespace {

constexpr std::size_t kCallsMax = 256;

Error broken(std::string_view what, const boost::system::error_code& failure) {
    std::string detail = "TCP: ";
    detail.append(what).append(": ").append(failure.message());
    return {Errc::kUnavailable, std::move(detail)};
}

}  // namespace

/// Shared with the handler of its own timer, which may already be queued when the call ends.
struct TcpCalls::Call {
    explicit Call(const asio::any_io_executor& executor) : socket(executor), timer(executor) {}

    void close() {
        boost::system::error_code ignored;
        socket.close(ignored);
    }

    asio::ip::tcp::socket socket;
    asio::steady_timer timer;
    bool connected = false;
    bool expired = false;
};

Task<TcpCalls::Outcome> TcpCalls::ask(Endpoint server, BytesView message, SteadyTime deadline) {
    if (calls_.size() >= kCallsMax) {
        const Error error{Errc::kUnavailable, "TCP: too many connections at once"};
        co_return Outcome{error, true};  // says nothing about the server
    }
    const auto call = std::make_shared<Call>(executor_);
    calls_.insert(call.get());
    call->timer.expires_at(deadline);
    call->timer.async_wait([call](const boost::system::error_code& failure) {
        if (failure) return;
        call->expired = true;
        call->close();
    });

    Result<Reply> reply = co_await talk(*call, server, message);
    call->timer.cancel();
    call->close();
    calls_.erase(call.get());
    if (!reply && call->expired) {
        reply = Error{Errc::kTimeout, call->connected ? "TCP: no answer" : "TCP: no connection"};
    }
    Outcome outcome{std::move(reply), call->connected};
    co_return outcome;
}

Task<Result<Reply>> TcpCalls::talk(Call& call, Endpoint server, BytesView message) {
    const Result<Expected> expected = expected_reply(message);
    if (!expected) co_return expected.error();

    const asio::ip::tcp::endpoint peer(asio_address(server), server.port);
    const auto [refused] = co_await call.socket.async_connect(peer, kAsValues);
    if (refused) co_return broken("cannot connect", refused);
    call.connected = true;
    boost::system::error_code ignored;
    call.socket.set_option(asio::ip::tcp::no_delay(true), ignored);

    const auto octets = asio::buffer(message.data(), message.size());
    const auto [unsent, written] = co_await asio::async_write(call.socket, octets, kAsValues);
    if (unsent) co_return broken("cannot send", unsent);

    Bytes head(limits::kEnvelopeBytes);
    const auto [no_head, head_size] =
        co_await asio::async_read(call.socket, asio::buffer(head), kAsValues);
    if (no_head) co_return broken("no answer", no_head);
    const auto envelope = handle::decode_envelope(head);
    if (!envelope || envelope->message_length > limits::kMessageBytesMax ||
        envelope->message_length < limits::kHeaderBytes) {
        co_return Error{Errc::kInvalid, "TCP: the answer's length is out of range"};
    }
    Reply reply{*envelope, Bytes(envelope->message_length)};
    const auto [cut, size] =
        co_await asio::async_read(call.socket, asio::buffer(reply.payload), kAsValues);
    if (cut) co_return broken("the answer ends early", cut);
    if (!matches(*expected, reply.envelope, reply.payload)) {
        co_return Error{Errc::kInvalid, "TCP: the answer is not one to this request"};
    }
    co_return reply;
}

void TcpCalls::close_all() {
    for (Call* call : calls_) call->close();
}

}  // namespace idnode::resolver
