#include "resolver/forward/udp_link.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "proto/base/limits.h"
#include "resolver/forward/asio_endpoint.h"

namespace idnode::resolver {
namespace {

/// Peers send 512 octets at most, but a longer datagram that is complete does no harm.
constexpr std::size_t kReceiveBytesMax = 65'536;
/// Answers of a whole campaign may arrive while one is being handled.
constexpr int kSocketBufferBytes = 4 << 20;
/// After an error that is no refusal, so that a broken socket cannot keep the processor busy.
constexpr std::chrono::milliseconds kPauseAfterError{50};

Error unavailable(const boost::system::error_code& failure) {
    return {Errc::kUnavailable, "UDP: " + failure.message()};
}

bool is_refusal(const boost::system::error_code& failure) {
    return failure == asio::error::connection_refused || failure == asio::error::host_unreachable ||
           failure == asio::error::network_unreachable;
}

}  // namespace

handle::Reassembler::Limits UdpLink::reassembly_limits() {
    // Only pieces with the id of a waiting question get here, and all come from one server.
    handle::Reassembler::Limits limits;
    limits.messages_per_source_max = limits.messages_max;
    return limits;
}

Result<std::shared_ptr<UdpLink>> UdpLink::open(const asio::any_io_executor& executor,
                                               const Endpoint& server) {
    auto link = std::make_shared<UdpLink>(executor);
    const asio::ip::udp::endpoint peer(asio_address(server), server.port);
    boost::system::error_code failure;
    link->socket_.open(peer.protocol(), failure);
    if (!failure) link->socket_.connect(peer, failure);
    if (!failure) link->socket_.non_blocking(true, failure);
    if (failure) return unavailable(failure);
    boost::system::error_code ignored;  // the default size works too
    link->socket_.set_option(asio::socket_base::receive_buffer_size(kSocketBufferBytes), ignored);
    // Ends with the socket, which the owner closes before it leaves the io_context.
    asio::co_spawn(executor, receive_until_closed(link),
                   [link](const std::exception_ptr&) { link->close(); });
    return Result<std::shared_ptr<UdpLink>>(std::move(link));
}

void UdpLink::Waiting::end(Result<Reply> result) {
    if (outcome) return;
    outcome.emplace(std::move(result));
    timer.cancel();
}

Task<Result<Reply>> UdpLink::ask(BytesView message, Schedule schedule) {
    const Result<Expected> expected = expected_reply(message);
    if (!expected) co_return expected.error();
    Waiting waiting(socket_.get_executor());
    waiting.expected = *expected;
    if (!socket_.is_open()) co_return Error{Errc::kUnavailable, "UDP: closed"};
    if (!waiting_.emplace(expected->request_id, &waiting).second) {
        co_return Error{Errc::kConflict, "UDP: a request with this id is on its way"};
    }

    auto pause = schedule.resend_after;
    while (!waiting.outcome && std::chrono::steady_clock::now() < schedule.deadline) {
        send(message);
        if (waiting.outcome) break;
        waiting.timer.expires_at(
            std::min(std::chrono::steady_clock::now() + pause, schedule.deadline));
        pause += schedule.resend_after;
        co_await waiting.timer.async_wait(kAsValues);
    }
    waiting_.erase(expected->request_id);
    if (!waiting.outcome) co_return Error{Errc::kTimeout, "UDP: no answer"};
    co_return std::move(*waiting.outcome);
}

void UdpLink::send(BytesView message) {
    const std::size_t count = handle::datagram_count(message.size() - limits::kEnvelopeBytes);
    for (std::uint32_t sequence = 0; sequence < count; ++sequence) {
        scratch_.clear();
        handle::write_datagram(message, sequence, scratch_);
        boost::system::error_code failure;
        socket_.send(asio::buffer(scratch_), 0, failure);
        // A datagram that the kernel has no room for is as good as lost on the way: sent again
        // later.
        if (failure && failure != asio::error::would_block &&
            failure != asio::error::no_buffer_space) {
            fail_all(unavailable(failure));
            return;
        }
    }
}

Task<void> UdpLink::receive_until_closed(std::shared_ptr<UdpLink> link) {
    Bytes buffer(kReceiveBytesMax);
    asio::steady_timer pause(link->socket_.get_executor());
    while (link->socket_.is_open()) {
        const auto [failure, size] =
            co_await link->socket_.async_receive(asio::buffer(buffer), kAsValues);
        if (!failure) {
            link->take_datagram(BytesView(buffer).first(size));
            continue;
        }
        if (!link->socket_.is_open() || failure == asio::error::operation_aborted) break;
        link->fail_all(unavailable(failure));
        if (is_refusal(failure)) continue;
        pause.expires_after(kPauseAfterError);
        co_await pause.async_wait(kAsValues);
    }
}

void UdpLink::take_datagram(BytesView datagram) {
    const auto envelope = handle::decode_envelope(datagram);
    if (!envelope) return;
    const auto found = waiting_.find(envelope->request_id);
    if (found == waiting_.end()) return;
    const BytesView piece = datagram.subspan(limits::kEnvelopeBytes);
    // Whether a message is whole is told by its length, not by its flag (§3.5).
    std::optional<Bytes> payload;
    if (envelope->message_length == piece.size()) {
        payload.emplace(piece.begin(), piece.end());
    } else {
        payload = pieces_.add({}, *envelope, piece, std::chrono::steady_clock::now());
    }
    if (!payload || !matches(found->second->expected, *envelope, *payload)) return;
    found->second->end(Reply{*envelope, std::move(*payload)});
}

void UdpLink::fail_all(const Error& error) {
    for (const auto& [id, waiting] : waiting_) waiting->end(error);
}

void UdpLink::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    fail_all({Errc::kUnavailable, "UDP: closed"});
}

}  // namespace idnode::resolver
