#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "bench/channel.h"
#include "proto/base/limits.h"

namespace idnode::bench {
namespace {

constexpr std::size_t kBatch = 64;
// More than any datagram may have, so that a longer one shows.
constexpr std::size_t kReceiveBytes = 2 * limits::kDatagramBytesMax;

class UdpChannel final : public Channel {
  public:
    UdpChannel(Descriptor socket, Exchange exchange)
        : Channel(std::move(exchange)),
          socket_(std::move(socket)),
          received_(kBatch * kReceiveBytes) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            in_buffers_[i] = {received_.data() + i * kReceiveBytes, kReceiveBytes};
            in_[i].msg_hdr.msg_iov = &in_buffers_[i];
            in_[i].msg_hdr.msg_iovlen = 1;
            out_[i].msg_hdr.msg_iov = &out_buffers_[i];
            out_[i].msg_hdr.msg_iovlen = 1;
        }
    }

    int fd() const override { return socket_.get(); }
    bool wants_write() const override { return false; }

    void ask(TimePoint due, TimePoint now) override {
        starts_.push_back(requests_.size());
        exchange().ask(due, now, requests_);
    }

    Result<void> flush() override {
        for (std::size_t first = 0; first < starts_.size(); first += kBatch) {
            if (auto sent = send_batch(first, std::min(kBatch, starts_.size() - first)); !sent) {
                return sent;
            }
        }
        starts_.clear();
        requests_.clear();
        return {};
    }

    Result<void> receive() override {
        for (;;) {
            const int count = ::recvmmsg(socket_.get(), in_.data(), kBatch, MSG_DONTWAIT, nullptr);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return is_passing(errno) ? Result<void>{} : socket_error("recvmmsg");
            const TimePoint now = SteadyClock::now();
            for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
                exchange().on_datagram(
                    BytesView(received_).subspan(i * kReceiveBytes, in_[i].msg_len), now);
            }
            if (static_cast<std::size_t>(count) < kBatch) return {};
        }
    }

  private:
    /// A refused datagram is a lost one: its question will go unanswered and count as missing.
    static bool is_passing(int code) {
        return code == EAGAIN || code == EWOULDBLOCK || code == ECONNREFUSED;
    }

    Result<void> send_batch(std::size_t first, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t start = starts_[first + i];
            const std::size_t end =
                first + i + 1 < starts_.size() ? starts_[first + i + 1] : requests_.size();
            out_buffers_[i] = {requests_.data() + start, end - start};
        }
        for (std::size_t done = 0; done < count;) {
            const int sent = ::sendmmsg(socket_.get(), out_.data() + done,
                                        static_cast<unsigned>(count - done), 0);
            if (sent >= 0) {
                done += static_cast<std::size_t>(sent);
            } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
                pollfd writable{socket_.get(), POLLOUT, 0};
                ::poll(&writable, 1, 100);
            } else if (errno != EINTR && errno != ECONNREFUSED) {
                return socket_error("sendmmsg");
            }
        }
        return {};
    }

    Descriptor socket_;
    Bytes requests_;                   // one after the other
    std::vector<std::size_t> starts_;  // of each
    Bytes received_;
    std::array<mmsghdr, kBatch> in_{};
    std::array<mmsghdr, kBatch> out_{};
    std::array<iovec, kBatch> in_buffers_{};
    std::array<iovec, kBatch> out_buffers_{};
};

}  // namespace

Result<std::unique_ptr<Channel>> open_udp_channel(const Endpoint& server, Exchange exchange) {
    auto socket = connect_udp(server);
    if (!socket) return socket.error();
    return std::make_unique<UdpChannel>(std::move(*socket), std::move(exchange));
}

}  // namespace idnode::bench
