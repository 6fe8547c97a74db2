#include "registry/http/transport.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace idnode::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

// Slower than any line that a person would wait at.
constexpr std::size_t kBytesPerSecondMin = 8'192;
// A larger body is encrypted piece by piece, so that it is not in memory twice.
constexpr std::size_t kSealBytesMax = 65'536;
// What a peer may still send after the last answer before it is cut off.
constexpr std::size_t kUnreadBytesMax = 1'048'576;
constexpr std::chrono::seconds kFinishTime{2};

}  // namespace

Transport::Transport(tcp::socket socket, std::span<std::byte> receive_buffer)
    : socket_(std::move(socket)), receive_buffer_(receive_buffer) {
    boost::system::error_code ignored;
    socket_.non_blocking(true, ignored);
}

asio::awaitable<bool> Transport::connect_tls(std::string host) {
    if (host.empty()) {
        tls_.emplace(crypto::TlsSession::client());
    } else {
        tls_.emplace(crypto::TlsSession::client_of(host));
    }
    tls_->begin(sealed_);
    Bytes nothing;
    while (tls_->state() == crypto::TlsSession::State::kHandshake) {
        const bool sent = co_await write_sealed();
        if (!sent) co_return false;
        const auto [error] = co_await socket_.async_wait(tcp::socket::wait_read, kAsTuple);
        if (error || !take(nothing)) co_return false;
    }
    co_return co_await write_sealed();
}

void Transport::allow(Clock::duration time) {
    deadline_ = Clock::now() + time;
}

void Transport::check_deadline(Clock::time_point now) {
    if (now < deadline_) return;
    deadline_ = Clock::time_point::max();
    timed_out_ = true;
    cancel();
}

void Transport::count(std::size_t octets) {
    if (deadline_ == Clock::time_point::max()) return;
    deadline_ += std::chrono::milliseconds(octets * 1'000 / kBytesPerSecondMin);
}

asio::awaitable<bool> Transport::read(Bytes& into) {
    const std::size_t before = into.size();
    while (into.size() == before) {
        const auto [error] = co_await socket_.async_wait(tcp::socket::wait_read, kAsTuple);
        const bool taken = !error && take(into);
        const bool sent = co_await write_sealed();
        if (!sent || (!taken && into.size() == before)) co_return false;
    }
    co_return true;
}

/// What lies there, decrypted. False: there will be no more.
bool Transport::take(Bytes& into) {
    boost::system::error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(receive_buffer_), error);
    if (error == asio::error::would_block) return true;
    if (error) return false;
    count(size);
    const BytesView octets = receive_buffer_.first(size);
    const auto* server = std::exchange(tls_server_, nullptr);
    if (server != nullptr && octets.front() == crypto::kTlsFirstOctet) tls_.emplace(*server);
    if (tls_) return tls_->receive(octets, into, sealed_) != crypto::TlsSession::State::kEnded;
    into.insert(into.end(), octets.begin(), octets.end());
    return true;
}

asio::awaitable<bool> Transport::write(BytesView head, BytesView body) {
    if (!tls_) co_return co_await write_all(head, body);
    tls_->send(head, sealed_);
    do {
        const BytesView piece = body.first(std::min(body.size(), kSealBytesMax));
        tls_->send(piece, sealed_);
        body = body.subspan(piece.size());
        const bool sent = co_await write_sealed();
        if (!sent) co_return false;
    } while (!body.empty());
    co_return tls_->state() == crypto::TlsSession::State::kOpen;
}

asio::awaitable<bool> Transport::write_sealed() {
    const Bytes octets = std::exchange(sealed_, Bytes{});
    co_return co_await write_all(octets, {});
}

asio::awaitable<bool> Transport::write_all(BytesView head, BytesView body) {
    while (!head.empty() || !body.empty()) {
        boost::system::error_code error;
        const std::array parts{asio::const_buffer(head.data(), head.size()),
                               asio::const_buffer(body.data(), body.size())};
        const std::size_t size = socket_.write_some(parts, error);
        if (error == asio::error::would_block) {
            const auto [failed] = co_await socket_.async_wait(tcp::socket::wait_write, kAsTuple);
            if (failed) co_return false;
            continue;
        }
        if (error) co_return false;
        count(size);
        const std::size_t of_head = std::min(size, head.size());
        head = head.subspan(of_head);
        body = body.subspan(size - of_head);
    }
    co_return true;
}

asio::awaitable<void> Transport::finish() {
    if (!socket_.is_open()) co_return;
    allow(kFinishTime);
    if (tls_) tls_->end(sealed_);
    co_await write_sealed();
    boost::system::error_code error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    std::size_t unread = 0;
    while (!error && unread < kUnreadBytesMax) {
        const auto [failed] = co_await socket_.async_wait(tcp::socket::wait_read, kAsTuple);
        if (failed) break;
        unread += socket_.read_some(asio::buffer(receive_buffer_), error);
        if (error == asio::error::would_block) error = {};
    }
    close();
}

void Transport::cancel() {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void Transport::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

}  // namespace idnode::http
