#include "resolver/net/tcp_connection.h"

#include <algorithm>
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
// A buffer that one large burst has grown further is given back.
constexpr std::size_t kKeptBytesMax = 262'144;

// What a stream asks of its peer is a handshake of a few messages.
constexpr std::size_t kFromPeerBytesMax = 65'536;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

/// And no more than that, as mostly where a client waits for each answer.
bool is_one_message(BytesView octets) {
    const auto envelope = handle::decode_envelope(octets);
    return envelope && !envelope->truncated &&
           octets.size() == limits::kEnvelopeBytes + std::size_t{envelope->message_length};
}

Peer with_logins(Peer peer, Logins* logins) {
    peer.logins = logins;
    return peer;
}

}  // namespace

TcpConnection::TcpConnection(tcp::socket socket, const Peer& peer, Mode mode,
                             ConnectionContext& context)
    : socket_(std::move(socket)),
      logins_(mode == Mode::kIndustrial ? std::make_unique<Logins>() : nullptr),
      peer_(with_logins(peer, logins_.get())),
      context_(context),
      resumed_(socket_.get_executor()) {
    resumed_.expires_at(Clock::time_point::max());
}

asio::awaitable<void> TcpConnection::run() {
    const auto self = shared_from_this();
    while (socket_.is_open() && !ending_) {
        const auto [error, count] =
            co_await socket_.async_read_some(asio::buffer(first_), kAsTuple);
        if (error || receive(count) == Progress::kEnd) break;
        flush();
        while (socket_.is_open() && is_blocked()) {
            co_await resumed_.async_wait(kAsTuple);  // ends by cancellation: see `deliver`, `flush`
        }
    }
    if (is_in_batch_) context_.batch.serve();
    ending_ = true;
    flush();
    if (awaiting_peer_) close();  // it will not send what the stream waits for
    while (socket_.is_open() && (inflight_ > 0 || stream_ || unsent() > 0)) {
        co_await resumed_.async_wait(kAsTuple);
    }
    end_tls();
    close();
}

bool TcpConnection::is_blocked() const {
    return inflight_ >= context_.inflight_max || unsent() > kUnsentBytesMax ||
           (stream_ && !awaiting_peer_) || (tls_ && tls_->on_pool);
}

std::size_t TcpConnection::unsent() const {
    return out_.size() + (tls_ ? tls_->sealed.size() : 0) - out_sent_;
}

/// `count` octets came into `first_`.
TcpConnection::Progress TcpConnection::receive(std::size_t count) {
    if (is_in_batch_) context_.batch.serve();  // answers keep the order of their questions
    std::vector<std::byte>& buffer = context_.receive_buffer;
    std::copy_n(first_.begin(), count, buffer.begin());
    if (count == first_.size()) {
        boost::system::error_code none_or_later;  // an error shows again when the next is read
        count += socket_.read_some(asio::buffer(buffer) + count, none_or_later);
    }
    last_activity_.restart();
    const BytesView octets = BytesView(buffer).first(count);
    if (std::exchange(is_fresh_, false) && octets.front() == crypto::kTlsFirstOctet) begin_tls();
    return tls_ ? receive_sealed(octets) : consume(octets);
}

void TcpConnection::begin_tls() {
    if (context_.tls == nullptr) return;
    tls_ = std::make_unique<Tls>(Tls{.session = crypto::TlsSession(*context_.tls)});
}

TcpConnection::Progress TcpConnection::receive_sealed(BytesView octets) {
    using State = crypto::TlsSession::State;
    if (tls_->session.state() == State::kHandshake) return shake_hands(octets);
    Bytes plain;
    tls_->session.receive(octets, plain, tls_->sealed);
    // Octets that say nothing yet are the beginning of a record.
    const bool was_unfinished = std::exchange(tls_->unfinished, plain.empty());
    if (!was_unfinished) tls_->unfinished_since.restart();
    return take_unsealed(plain);
}

/// A handshake signs: that is work for the pool. Nothing more is read until it is done.
TcpConnection::Progress TcpConnection::shake_hands(BytesView octets) {
    using State = crypto::TlsSession::State;
    struct Step {
        Bytes received;
        Bytes plain{};
        Bytes to_peer{};
    };
    const auto step = std::make_shared<Step>(Step{Bytes(octets.begin(), octets.end())});
    auto work = [self = shared_from_this(), step] {
        self->tls_->session.receive(step->received, step->plain, step->to_peer);
    };
    auto done = [self = shared_from_this(), step] {
        Tls& tls = *self->tls_;
        tls.on_pool = false;
        tls.unfinished = tls.session.state() == State::kHandshake;
        tls.sealed.insert(tls.sealed.end(), step->to_peer.begin(), step->to_peer.end());
        if (self->take_unsealed(step->plain) == Progress::kEnd) self->ending_ = true;
        self->flush();
        self->resumed_.cancel();
    };
    tls_->on_pool = context_.dispatcher.on_pool(std::move(work), std::move(done));
    return tls_->on_pool ? Progress::kGoOn : Progress::kEnd;
}

TcpConnection::Progress TcpConnection::take_unsealed(BytesView plain) {
    const bool ended = tls_->session.state() == crypto::TlsSession::State::kEnded;
    const Progress progress = plain.empty() ? Progress::kGoOn : consume(plain);
    return ended ? Progress::kEnd : progress;
}

/// Tells the peer that this is the end and not a cut.
void TcpConnection::end_tls() {
    if (!tls_ || tls_->on_pool) return;
    tls_->session.end(tls_->sealed);
    flush();
}

/// Messages are taken where they lie; only the beginning of an unfinished one is copied.
TcpConnection::Progress TcpConnection::consume(BytesView octets) {
    if (stream_) {
        from_peer_.insert(from_peer_.end(), octets.begin(), octets.end());
        if (from_peer_.size() > kFromPeerBytesMax) return Progress::kEnd;
        advance_stream();
        return Progress::kGoOn;
    }
    if (partial_.empty() && is_one_message(octets)) {
        is_in_batch_ = true;
        context_.batch.add(shared_from_this(), octets, logins_.get());
    } else if (partial_.empty()) {
        const std::size_t taken = take_messages(octets);
        if (!ending_ && taken < octets.size()) {
            partial_.assign(octets.begin() + static_cast<std::ptrdiff_t>(taken), octets.end());
            partial_since_.restart();
        }
    } else {
        partial_.insert(partial_.end(), octets.begin(), octets.end());
        const std::size_t taken = take_messages(partial_);
        if (taken > 0) partial_since_.restart();
        partial_.erase(partial_.begin(), partial_.begin() + static_cast<std::ptrdiff_t>(taken));
        if (partial_.empty()) partial_ = Bytes{};
    }
    return ending_ ? Progress::kEnd : Progress::kGoOn;
}

/// How many octets of `octets` were complete messages.
std::size_t TcpConnection::take_messages(BytesView octets) {
    if (out_.capacity() == 0) out_.swap(context_.send_buffer);
    std::array<BytesView, Engine::kBatchMax> messages;
    std::size_t taken = 0;
    while (!ending_) {
        const std::size_t count = split(octets.subspan(taken), messages);
        if (count == 0) break;
        context_.dispatcher.engine().foresee(std::span(messages).first(count), peer_);
        for (std::size_t i = 0; i < count && !ending_; ++i) {
            taken += messages[i].size();
            answer(i, messages[i]);
        }
    }
    return taken;
}

void TcpConnection::answer_foreseen(std::size_t number, BytesView message) {
    is_in_batch_ = false;
    if (!socket_.is_open()) return;
    if (out_.capacity() == 0) out_.swap(context_.send_buffer);
    answer(number, message);
    flush();
}

/// A message that was foreseen.
void TcpConnection::answer(std::size_t number, BytesView message) {
    ++requests_;
    if (!context_.dispatcher.engine().answer_foreseen(number, out_)) take_message(message);
}

/// The complete messages at the beginning of `octets`, how many. Ends the connection at one that
/// can never be taken.
std::size_t TcpConnection::split(BytesView octets, std::span<BytesView> messages) {
    std::size_t count = 0;
    while (count < messages.size() && octets.size() >= limits::kEnvelopeBytes) {
        const auto envelope = handle::decode_envelope(octets);
        if (!envelope) break;
        if (envelope->message_length > limits::kMessageBytesMax || envelope->truncated) {
            if (count == 0) refuse_and_end(*envelope, octets.subspan(limits::kEnvelopeBytes));
            break;
        }
        const std::size_t length = limits::kEnvelopeBytes + envelope->message_length;
        if (length > octets.size()) break;
        messages[count++] = octets.first(length);
        octets = octets.subspan(length);
    }
    return count;
}

void TcpConnection::take_message(BytesView message) {
    const auto envelope = handle::decode_envelope(message);
    if (!envelope) return;
    const auto answered = context_.dispatcher.take(
        *envelope, message.subspan(limits::kEnvelopeBytes), peer_, out_, [this] {
            return [self = shared_from_this()](Bytes message, StreamPtr stream) {
                self->deliver(std::move(message), std::move(stream));
            };
        });
    if (answered == Dispatcher::Taken::kLater) ++inflight_;
}

/// A message whose length is impossible, or that comes in pieces.
void TcpConnection::refuse_and_end(const handle::Envelope& envelope, BytesView payload) {
    const bool is_too_long = envelope.message_length > limits::kMessageBytesMax;
    context_.dispatcher.engine().refuse(
        envelope, payload, peer_,
        is_too_long ? handle::ResponseCode::kError : handle::ResponseCode::kProtocolError,
        is_too_long ? "message length out of range"
                    : "a message in several pieces over TCP is not supported",
        out_);
    ending_ = true;
}

void TcpConnection::deliver(Bytes message, StreamPtr stream) {
    if (is_in_batch_) context_.batch.serve();  // nothing may come between the pieces of a stream
    --inflight_;
    if (socket_.is_open()) {
        if (stream_) {
            held_.push_back({std::move(message), std::move(stream)});
        } else {
            send(message, std::move(stream));
        }
    }
    resumed_.cancel();
}

void TcpConnection::send(const Bytes& message, StreamPtr stream) {
    out_.insert(out_.end(), message.begin(), message.end());
    stream_ = std::move(stream);
    flush();
}

/// Has the next piece made, unless the peer has not taken the last one yet or must speak first.
void TcpConnection::advance_stream() {
    if (!stream_ || making_piece_ || unsent() > 0 || !socket_.is_open()) return;
    if (awaiting_peer_ && from_peer_.empty()) return;
    // A full pool is asked again at the next check of the deadlines.
    making_piece_ = context_.dispatcher.advance(
        stream_, from_peer_, [self = shared_from_this()](const Bytes& piece, Stream::Next next) {
            self->take_piece(piece, next);
        });
    if (making_piece_) from_peer_.clear();
}

void TcpConnection::take_piece(const Bytes& piece, Stream::Next next) {
    making_piece_ = false;
    if (!socket_.is_open()) return;
    out_.insert(out_.end(), piece.begin(), piece.end());
    if (next == Stream::Next::kAwaitPeer) {
        if (!std::exchange(awaiting_peer_, true)) awaiting_since_.restart();
    } else {
        awaiting_peer_ = false;
    }
    if (next == Stream::Next::kEnd || next == Stream::Next::kClose) {
        stream_.reset();
        if (next == Stream::Next::kClose) {
            ending_ = true;
            boost::system::error_code ignored;
            socket_.cancel(ignored);
        } else {
            end_stream();
        }
    }
    flush();
    resumed_.cancel();
}

/// What waited for the end of the stream follows; another stream may be among it.
void TcpConnection::end_stream() {
    from_peer_ = Bytes{};
    std::vector<Later> held = std::exchange(held_, {});
    for (Later& next : held) {
        if (stream_) {
            held_.push_back(std::move(next));
        } else {
            send(next.message, std::move(next.stream));
        }
    }
}

/// Writes what the kernel takes at once; the rest goes when the socket is writable again.
void TcpConnection::flush() {
    if (flushing_ || !socket_.is_open()) return;
    Bytes& out = wire();
    while (out_sent_ < out.size()) {
        boost::system::error_code error;
        const std::size_t count =
            socket_.write_some(asio::buffer(out.data() + out_sent_, out.size() - out_sent_), error);
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
        last_activity_.restart();
    }
    out_sent_ = 0;
    let_go(out);
    advance_stream();
}

/// An empty buffer serves the next connection that answers, unless it has grown very large.
void TcpConnection::let_go(Bytes& sent) {
    sent.clear();
    if (sent.capacity() > context_.send_buffer.capacity() && sent.capacity() <= kKeptBytesMax) {
        sent.swap(context_.send_buffer);
    }
    sent = Bytes{};
}

/// What goes to the kernel: the answers, or what TLS made of them.
Bytes& TcpConnection::wire() {
    if (!tls_) return out_;
    if (!out_.empty()) {
        tls_->session.send(out_, tls_->sealed);
        let_go(out_);
    }
    return tls_->sealed;
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
    const bool too_slow =
        !stream_ && !partial_.empty() && partial_since_.at(now) > context_.partial;
    const bool silent = awaiting_peer_ && awaiting_since_.at(now) > context_.partial;
    const bool unsealed =
        tls_ && tls_->unfinished && tls_->unfinished_since.at(now) > context_.partial;
    const auto quiet = last_activity_.at(now);
    const bool unread = unsent() > 0 && quiet > context_.partial;
    const bool idle = inflight_ == 0 && !stream_ && quiet > context_.idle;
    if (too_slow || silent || unsealed || unread || idle) {
        close();
    } else {
        advance_stream();
    }
}

void TcpConnection::end() {
    ending_ = true;
    boost::system::error_code ignored;
    if (stream_) {
        socket_.close(ignored);  // a stream may be hours from its end; its peer comes again
    } else if (!flushing_) {
        socket_.cancel(ignored);
    }
    resumed_.cancel();
}

void TcpConnection::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    resumed_.cancel();
}

}  // namespace idnode::resolver
