#include "resolver/net/tcp_connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "proto/base/limits.h"

namespace idnode::resolver {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Above this the reader stops until the peer has taken some answers.
constexpr std::size_t kUnsentBytesMax = 1'048'576;
// A buffer that one large burst has grown is given back.
constexpr std::size_t kKeptBytesMax = 65'536;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

}  // namespace

TcpConnection::TcpConnection(tcp::socket socket, const Peer& peer, ConnectionContext& context)
    : socket_(std::move(socket)), peer_(peer), context_(context), resumed_(socket_.get_executor()) {
    resumed_.expires_at(Clock::time_point::max());
}

asio::awaitable<void> TcpConnection::run() {
    const auto self = shared_from_this();
    while (socket_.is_open() && !ending_) {
        const auto [error] = co_await socket_.async_wait(tcp::socket::wait_read, kAsTuple);
        if (error || receive() == Progress::kEnd) break;
        flush();
        while (socket_.is_open() && is_blocked()) {
            co_await resumed_.async_wait(kAsTuple);  // ends by cancellation: see `deliver`, `flush`
        }
    }
    ending_ = true;
    flush();
    while (socket_.is_open() && (inflight_ > 0 || out_sent_ < out_.size())) {
        co_await resumed_.async_wait(kAsTuple);
    }
    close();
}

bool TcpConnection::is_blocked() const {
    return inflight_ >= context_.inflight_max || out_.size() - out_sent_ > kUnsentBytesMax;
}

TcpConnection::Progress TcpConnection::receive() {
    boost::system::error_code error;
    const std::size_t count = socket_.read_some(asio::buffer(context_.receive_buffer), error);
    if (error == asio::error::would_block) return Progress::kGoOn;
    if (error) return Progress::kEnd;
    last_activity_ = Clock::now();
    return consume(BytesView(context_.receive_buffer).first(count));
}

/// Messages are taken where they lie; only the beginning of an unfinished one is copied.
TcpConnection::Progress TcpConnection::consume(BytesView octets) {
    if (partial_.empty()) {
        const std::size_t taken = take_messages(octets);
        if (!ending_ && taken < octets.size()) {
            partial_.assign(octets.begin() + static_cast<std::ptrdiff_t>(taken), octets.end());
            partial_since_ = last_activity_;
        }
    } else {
        partial_.insert(partial_.end(), octets.begin(), octets.end());
        const std::size_t taken = take_messages(partial_);
        if (taken > 0) partial_since_ = last_activity_;
        partial_.erase(partial_.begin(), partial_.begin() + static_cast<std::ptrdiff_t>(taken));
        if (partial_.empty()) partial_ = Bytes{};
    }
    return ending_ ? Progress::kEnd : Progress::kGoOn;
}

/// How many octets of `octets` were complete messages.
std::size_t TcpConnection::take_messages(BytesView octets) {
    std::size_t taken = 0;
    while (!ending_ && take_message(octets.subspan(taken), taken)) {
    }
    return taken;
}

bool TcpConnection::take_message(BytesView octets, std::size_t& taken) {
    if (octets.size() < limits::kEnvelopeBytes) return false;
    const auto envelope = handle::decode_envelope(octets);
    if (!envelope) return false;
    const BytesView rest = octets.subspan(limits::kEnvelopeBytes);
    const std::size_t length = envelope->message_length;
    if (length > limits::kMessageBytesMax) {
        refuse_and_end(*envelope, rest, handle::ResponseCode::kError,
                       "message length out of range");
        return false;
    }
    if (envelope->truncated) {
        refuse_and_end(*envelope, rest, handle::ResponseCode::kProtocolError,
                       "a message in several pieces over TCP is not supported");
        return false;
    }
    if (rest.size() < length) return false;
    taken += limits::kEnvelopeBytes + length;
    ++requests_;
    const auto answered =
        context_.dispatcher.take(*envelope, rest.first(length), peer_, out_, [this] {
            return [self = shared_from_this()](const Bytes& message) { self->deliver(message); };
        });
    if (answered == Dispatcher::Taken::kLater) ++inflight_;
    return true;
}

void TcpConnection::refuse_and_end(const handle::Envelope& envelope, BytesView payload,
                                   handle::ResponseCode code, std::string_view text) {
    context_.dispatcher.engine().refuse(envelope, payload, peer_, code, text, out_);
    ending_ = true;
}

void TcpConnection::deliver(const Bytes& message) {
    --inflight_;
    if (socket_.is_open()) {
        out_.insert(out_.end(), message.begin(), message.end());
        flush();
    }
    resumed_.cancel();
}

/// Writes what the kernel takes at once; the rest goes when the socket is writable again.
void TcpConnection::flush() {
    if (flushing_ || !socket_.is_open()) return;
    while (out_sent_ < out_.size()) {
        boost::system::error_code error;
        const std::size_t count = socket_.write_some(
            asio::buffer(out_.data() + out_sent_, out_.size() - out_sent_), error);
        if (error == asio::error::would_block) {
            flushing_ = true;
            asio::co_spawn(socket_.get_executor(), flush_when_writable(), asio::detached);
            return;
        }
        if (error) {
            close();
            return;
        }
        out_sent_ += count;
        last_activity_ = Clock::now();
    }
    out_.clear();
    out_sent_ = 0;
    if (out_.capacity() > kKeptBytesMax) out_ = Bytes{};
}

/// Owned by the connection: it holds it, and ends when the socket is closed.
asio::awaitable<void> TcpConnection::flush_when_writable() {
    const auto self = shared_from_this();
    co_await socket_.async_wait(tcp::socket::wait_write, kAsTuple);
    flushing_ = false;
    flush();
    resumed_.cancel();
}

void TcpConnection::check_deadlines(Clock::time_point now) {
    const bool too_slow = !partial_.empty() && now - partial_since_ > context_.partial;
    const bool unread = out_sent_ < out_.size() && now - last_activity_ > context_.partial;
    const bool idle = inflight_ == 0 && now - last_activity_ > context_.idle;
    if (too_slow || unread || idle) close();
}

void TcpConnection::end() {
    ending_ = true;
    boost::system::error_code ignored;
    if (!flushing_) socket_.cancel(ignored);
    resumed_.cancel();
}

void TcpConnection::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    resumed_.cancel();
}

}  // namespace idnode::resolver
