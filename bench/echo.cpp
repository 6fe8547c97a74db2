#include "bench/echo.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "bench/socket.h"
#include "proto/base/limits.h"
#include "proto/handle/envelope.h"
#include "proto/handle/message.h"

namespace idnode::bench {
namespace {

constexpr unsigned kBatch = 32;
constexpr int kStopCheckMs = 100;
constexpr std::size_t kRequestIdAt = 8;  // §3.1
constexpr std::size_t kRequestIdBytes = 4;
constexpr std::size_t kReplyBytesMin = limits::kEnvelopeBytes + limits::kHeaderBytes + 4;

Bytes make_reply(std::size_t bytes) {
    Bytes out;
    handle::MessageWriter message(out);
    for (std::size_t i = kReplyBytesMin; i < bytes; ++i) message.body().u8(0);
    handle::Header header;
    header.op = handle::OpCode::kResolution;
    header.response = handle::ResponseCode::kSuccess;
    message.finish({.version = handle::kOwnVersion, .suggested = handle::kOwnVersion}, header);
    return out;
}

class UdpEcho {
  public:
    UdpEcho(Descriptor socket, std::size_t reply_bytes) : socket_(std::move(socket)) {
        const Bytes reply = make_reply(reply_bytes);
        replies_.fill(reply);
        for (std::size_t i = 0; i < kBatch; ++i) {
            in_buffers_[i] = {requests_[i].data(), requests_[i].size()};
            in_[i].msg_hdr.msg_iov = &in_buffers_[i];
            in_[i].msg_hdr.msg_iovlen = 1;
            in_[i].msg_hdr.msg_name = &peers_[i];
            out_buffers_[i] = {replies_[i].data(), replies_[i].size()};
            out_[i].msg_hdr.msg_iov = &out_buffers_[i];
            out_[i].msg_hdr.msg_iovlen = 1;
            out_[i].msg_hdr.msg_name = &peers_[i];
        }
    }

    Result<void> run(const std::stop_token& stop) {
        timeval timeout{0, kStopCheckMs * 1000};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
        while (!stop.stop_requested()) {
            for (mmsghdr& message : in_) message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
            const int count =
                ::recvmmsg(socket_.get(), in_.data(), kBatch, MSG_WAITFORONE, nullptr);
            if (count < 0 && errno != EAGAIN && errno != EINTR) return socket_error("recvmmsg");
            if (count > 0) answer(static_cast<unsigned>(count));
        }
        return {};
    }

  private:
    void answer(unsigned count) {
        unsigned replies = 0;
        for (unsigned i = 0; i < count; ++i) {
            if (in_[i].msg_len < limits::kEnvelopeBytes) continue;
            std::memcpy(replies_[replies].data() + kRequestIdAt, requests_[i].data() + kRequestIdAt,
                        kRequestIdBytes);
            out_[replies].msg_hdr.msg_name = &peers_[i];
            out_[replies].msg_hdr.msg_namelen = in_[i].msg_hdr.msg_namelen;
            ++replies;
        }
        for (unsigned done = 0; done < replies;) {
            const int sent = ::sendmmsg(socket_.get(), out_.data() + done, replies - done, 0);
            // A reply that cannot be sent is dropped, as a server would.
            done += sent > 0 ? static_cast<unsigned>(sent) : 1;
        }
    }

    Descriptor socket_;
    std::array<std::array<std::byte, limits::kDatagramBytesMax>, kBatch> requests_{};
    std::array<Bytes, kBatch> replies_;
    std::array<sockaddr_storage, kBatch> peers_{};
    std::array<iovec, kBatch> in_buffers_{};
    std::array<iovec, kBatch> out_buffers_{};
    std::array<mmsghdr, kBatch> in_{};
    std::array<mmsghdr, kBatch> out_{};
};

class TcpEcho {
  public:
    TcpEcho(Descriptor listener, std::size_t reply_bytes)
        : listener_(std::move(listener)),
          events_(::epoll_create1(EPOLL_CLOEXEC)),
          reply_(make_reply(reply_bytes)),
          buffer_(64U << 10U) {
        watch(listener_.get());
    }

    Result<void> run(const std::stop_token& stop) {
        std::array<epoll_event, 64> ready{};
        while (!stop.stop_requested()) {
            const int count = ::epoll_wait(events_.get(), ready.data(), ready.size(), kStopCheckMs);
            if (count < 0 && errno != EINTR) return socket_error("epoll_wait");
            for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(count, 0)); ++i) {
                const int fd = ready[i].data.fd;
                if (fd == listener_.get()) {
                    accept_one();
                } else if (!serve(fd)) {
                    connections_.erase(fd);
                }
            }
        }
        return {};
    }

  private:
    struct Connection {
        Descriptor socket;
        Bytes pending;  // the beginning of a request
    };

    void watch(int fd) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, fd, &event);
    }

    void accept_one() {
        Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!socket.is_open()) return;
        const int fd = socket.get();
        watch(fd);
        connections_.emplace(fd, Connection{std::move(socket), {}});
    }

    /// False: the connection is over.
    bool serve(int fd) {
        const ssize_t count = ::recv(fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (count < 0) return errno == EAGAIN || errno == EINTR;
        if (count == 0) return false;
        Bytes& pending = connections_[fd].pending;
        const BytesView fresh = BytesView(buffer_).first(static_cast<std::size_t>(count));
        pending.insert(pending.end(), fresh.begin(), fresh.end());
        replies_.clear();
        BytesView left(pending);
        while (left.size() >= limits::kEnvelopeBytes) {
            const auto envelope = handle::decode_envelope(left);
            if (!envelope || envelope->message_length > limits::kMessageBytesMax) return false;
            const std::size_t bytes = limits::kEnvelopeBytes + envelope->message_length;
            if (left.size() < bytes) break;
            std::copy_n(left.begin() + kRequestIdAt, kRequestIdBytes,
                        reply_.begin() + kRequestIdAt);
            replies_.insert(replies_.end(), reply_.begin(), reply_.end());
            left = left.subspan(bytes);
        }
        pending.erase(pending.begin(), pending.end() - static_cast<std::ptrdiff_t>(left.size()));
        // Blocking: the load generator always reads, and a window bounds what it has not read yet.
        return replies_.empty() || ::send(fd, replies_.data(), replies_.size(), MSG_NOSIGNAL) ==
                                       static_cast<ssize_t>(replies_.size());
    }

    Descriptor listener_;
    Descriptor events_;
    Bytes reply_;
    Bytes buffer_;
    Bytes replies_;
    std::unordered_map<int, Connection> connections_;
};

}  // namespace

Result<void> run_echo(const EchoOptions& options, std::stop_token stop,
                      const std::function<void(std::uint16_t)>& ready) {
    if (options.reply_bytes < kReplyBytesMin || options.reply_bytes > limits::kDatagramBytesMax) {
        return Error{Errc::kInvalid, fmt::format("a reply must have {} to {} octets",
                                                 kReplyBytesMin, limits::kDatagramBytesMax)};
    }
    const bool is_udp = options.transport == Transport::kUdp;
    const auto address = resolve_endpoint(fmt::format("{}:{}", options.address, options.port));
    if (!address) return address.error();
    auto socket = bind_socket(*address, is_udp ? SOCK_DGRAM : SOCK_STREAM);
    if (!socket) return socket.error();
    const auto port = bound_port(*socket);
    if (!port) return port.error();
    ready(*port);
    if (is_udp) return UdpEcho(std::move(*socket), options.reply_bytes).run(stop);
    return TcpEcho(std::move(*socket), options.reply_bytes).run(stop);
}

}  // namespace idnode::bench
