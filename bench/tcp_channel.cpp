#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "bench/channel.h"
#include "proto/base/limits.h"

namespace idnode::bench {
namespace {

constexpr std::size_t kReadBytes = 64U << 10U;

class TcpChannel final : public Channel {
  public:
    TcpChannel(const Endpoint& server, Descriptor socket, Exchange exchange, Tally& tally)
        : Channel(std::move(exchange)),
          server_(server),
          socket_(std::move(socket)),
          tally_(tally) {}

    int fd() const override { return socket_.get(); }
    bool wants_write() const override { return sent_ < requests_.size(); }

    void ask(TimePoint due, TimePoint now) override { exchange().ask(due, now, requests_); }

    Result<void> flush() override {
        while (sent_ < requests_.size()) {
            const ssize_t count = ::send(socket_.get(), requests_.data() + sent_,
                                         requests_.size() - sent_, MSG_NOSIGNAL);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return errno == EAGAIN ? Result<void>{} : reconnect();
            sent_ += static_cast<std::size_t>(count);
        }
        requests_.clear();
        sent_ = 0;
        return {};
    }

    Result<void> receive() override {
        for (;;) {
            const std::size_t kept = received_.size();
            received_.resize(kept + kReadBytes);
            const ssize_t count = ::recv(socket_.get(), received_.data() + kept, kReadBytes, 0);
            received_.resize(kept + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return errno == EAGAIN ? Result<void>{} : reconnect();
            if (count == 0) return reconnect();
            if (!take_messages()) return reconnect();
            if (static_cast<std::size_t>(count) < kReadBytes) return {};
        }
    }

  private:
    /// False: what came cannot be cut into messages any more.
    bool take_messages() {
        const TimePoint now = SteadyClock::now();
        BytesView left(received_);
        while (left.size() >= limits::kEnvelopeBytes) {
            const auto envelope = handle::decode_envelope(left);
            if (!envelope || envelope->message_length > limits::kMessageBytesMax) {
                ++tally_.wrong;
                if (tally_.first_wrong.empty())
                    tally_.first_wrong = "a message without an envelope";
                return false;
            }
            const std::size_t bytes = limits::kEnvelopeBytes + envelope->message_length;
            if (left.size() < bytes) break;
            exchange().on_message(left.first(bytes), now);
            left = left.subspan(bytes);
        }
        received_.erase(received_.begin(),
                        received_.end() - static_cast<std::ptrdiff_t>(left.size()));
        return true;
    }

    Result<void> reconnect() {
        exchange().expire(SteadyClock::now(), /*all=*/true);
        requests_.clear();
        sent_ = 0;
        received_.clear();
        ++tally_.reconnects;
        auto socket = connect_tcp(server_);
        if (!socket) return socket.error();
        socket_ = std::move(*socket);
        return {};
    }

    Endpoint server_;
    Descriptor socket_;
    Tally& tally_;
    Bytes requests_;
    std::size_t sent_ = 0;  // octets of `requests_`
    Bytes received_;        // ends with the beginning of a message, if with anything
};

}  // namespace

Result<std::unique_ptr<Channel>> open_tcp_channel(const Endpoint& server, Exchange exchange,
                                                  Tally& tally) {
    auto socket = connect_tcp(server);
    if (!socket) return socket.error();
    return std::make_unique<TcpChannel>(server, std::move(*socket), std::move(exchange), tally);
}

}  // namespace idnode::bench
