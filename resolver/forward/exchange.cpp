#include "resolver/forward/exchange.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "resolver/forward/tcp_calls.h"
#include "resolver/forward/udp_link.h"

namespace idnode::resolver {
namespace {

constexpr std::chrono::milliseconds kResendAfter{500};  // §3.5

Task<Result<Reply>> over_udp(asio::any_io_executor executor, Endpoint server, BytesView message,
                             SteadyTime deadline) {
    const Result<std::shared_ptr<UdpLink>> link = UdpLink::open(executor, server);
    if (!link) co_return link.error();
    const UdpLink::Schedule schedule{kResendAfter, deadline};
    Result<Reply> reply = co_await (*link)->ask(message, schedule);
    (*link)->close();
    co_return reply;
}

Task<Result<Reply>> over_tcp(asio::any_io_executor executor, Endpoint server, BytesView message,
                             SteadyTime deadline) {
    TcpCalls calls(executor);
    TcpCalls::Outcome outcome = co_await calls.ask(server, message, deadline);
    co_return std::move(outcome.reply);
}

}  // namespace

Result<Reply> exchange(const Endpoint& server, handle::Transport transport, BytesView message,
                       std::chrono::milliseconds timeout) {
    if (transport != handle::Transport::kUdp && transport != handle::Transport::kTcp) {
        return Error{Errc::kUnsupported, "only UDP and TCP"};
    }
    asio::io_context io(1);
    const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
    std::optional<Result<Reply>> reply;
    const auto keep = [&](const std::exception_ptr& failure, Result<Reply> result) {
        if (!failure) reply.emplace(std::move(result));
    };
    if (transport == handle::Transport::kUdp) {
        asio::co_spawn(io, over_udp(io.get_executor(), server, message, deadline), keep);
    } else {
        asio::co_spawn(io, over_tcp(io.get_executor(), server, message, deadline), keep);
    }
    io.run();
    if (!reply) return Error{Errc::kInternal, "the exchange ended without a result"};
    return std::move(*reply);
}

}  // namespace idnode::resolver
