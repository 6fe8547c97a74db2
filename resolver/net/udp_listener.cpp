#include "resolver/net/udp_listener.h"

#include <netinet/udp.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <functional>
#include <string_view>
#include <utility>

#include "proto/base/limits.h"

namespace idnode::resolver {

namespace asio = boost::asio;

namespace {

/// Of all kernels that can cut.
constexpr std::size_t kPiecesOfParcelMax = 64;

}  // namespace

UdpListener::UdpListener(asio::io_context& io, Descriptor socket, Dispatcher& dispatcher)
    : socket_(std::move(socket)), waiter_(io, socket_.get()), dispatcher_(dispatcher) {
    prepare();
}

UdpListener::~UdpListener() {
    close();
}

void UdpListener::close() {
    reading_ = false;
    if (waiter_.is_open()) waiter_.release();
    socket_ = Descriptor();
}

void UdpListener::prepare() {
    for (std::size_t i = 0; i < kBatch; ++i) {
        receive_vectors_[i] = {received_[i].data(), kReceiveBytes};
        msghdr& header = receive_headers_[i].msg_hdr;
        header = {};
        header.msg_name = &returns_[i].address;
        header.msg_iov = &receive_vectors_[i];
        header.msg_iovlen = 1;
    }
}

asio::awaitable<void> UdpListener::run() {
    while (reading_) {
        const auto [error] = co_await waiter_.async_wait(asio::posix::stream_descriptor::wait_read,
                                                         asio::as_tuple(asio::use_awaitable));
        if (error) co_return;
        if (serve_batch() < kBatch) continue;
        // After a full batch more is waiting, most likely: no need to be told. While somebody may
        // be told, the kernel looks for them with each datagram that is sent: a twentieth of the
        // whole lookup.
        waiter_.release();
        while (reading_ && serve_turn()) {
            co_await asio::post(waiter_.get_executor(), asio::use_awaitable);
        }
        if (reading_) waiter_.assign(socket_.get());
    }
}

/// Whether there is more, most likely.
bool UdpListener::serve_turn() {
    for (unsigned i = 0; i < kBatchesOfTurn; ++i) {
        if (serve_batch() < kBatch) return false;
    }
    return true;
}

void UdpListener::stop_reading() {
    reading_ = false;
    if (waiter_.is_open()) waiter_.cancel();
}

/// How many datagrams came.
std::size_t UdpListener::serve_batch() {
    const std::size_t count = receive_batch();
    if (count == 0) return 0;
    Engine& engine = dispatcher_.engine();
    engine.foresee(std::span(datagrams_).first(count), Peer{.carrier = Carrier::kUdp});
    out_.clear();
    pieces_.clear();
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t message_at = out_.size();
        if (engine.answer_foreseen(i, out_)) {
            cut_into_pieces(message_at, i);
        } else {
            serve(datagrams_[i], i);
        }
    }
    // One thread writes: no need for an atomic addition.
    requests_.store(requests_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
    send_batch();
    return count;
}

std::size_t UdpListener::receive_batch() {
    for (std::size_t i = 0; i < kBatch; ++i) {
        msghdr& header = receive_headers_[i].msg_hdr;
        header.msg_namelen = sizeof(sockaddr_storage);
        header.msg_control = returns_[i].control.data();
        header.msg_controllen = returns_[i].control.size();
    }
    const int count =
        ::recvmmsg(socket_.get(), receive_headers_.data(), kBatch, MSG_DONTWAIT, nullptr);
    if (count <= 0) return 0;  // nothing there, or an ICMP error of an earlier answer
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        returns_[i].address_bytes = receive_headers_[i].msg_hdr.msg_namelen;
        returns_[i].control_bytes = receive_headers_[i].msg_hdr.msg_controllen;
        const std::size_t bytes = receive_headers_[i].msg_len;
        datagrams_[i] =
            BytesView(received_[i]).first(bytes > limits::kDatagramBytesMax ? 0 : bytes);
    }
    return static_cast<std::size_t>(count);
}

void UdpListener::serve(BytesView datagram, std::size_t from) {
    if (datagram.size() < limits::kEnvelopeBytes) return;
    const auto envelope = handle::decode_envelope(datagram);
    if (!envelope) return;
    const BytesView piece = datagram.subspan(limits::kEnvelopeBytes);
    if (envelope->message_length <= piece.size()) {
        serve_message(*envelope, piece.first(envelope->message_length), from);
        return;
    }
    if (envelope->message_length > limits::kMessageBytesMax) {
        const std::size_t message_at = out_.size();
        dispatcher_.engine().refuse(
            *envelope, piece, peer_of(returns_[from].address, Carrier::kUdp),
            handle::ResponseCode::kError, "message length out of range", out_);
        if (out_.size() > message_at) cut_into_pieces(message_at, from);
        return;
    }
    const auto* source = reinterpret_cast<const std::byte*>(&returns_[from].address);
    const auto whole = reassembler_.add({source, returns_[from].address_bytes}, *envelope, piece,
                                        handle::Reassembler::Clock::now());
    if (whole) serve_message(*envelope, *whole, from);
}

void UdpListener::serve_message(const handle::Envelope& envelope, BytesView payload,
                                std::size_t from) {
    const std::size_t message_at = out_.size();
    const Peer peer = peer_of(returns_[from].address, Carrier::kUdp);
    const auto taken = dispatcher_.take(envelope, payload, peer, out_, [&] {
        // A stream never follows: the operations that have one are refused over UDP (§3.5).
        return [this, to = returns_[from]](const Bytes& message, const StreamPtr& /*stream*/) {
            send_later(to, message);
        };
    });
    if (taken == Dispatcher::Taken::kAnswered) cut_into_pieces(message_at, from);
}

/// The message at the end of `out_` becomes one datagram or several.
void UdpListener::cut_into_pieces(std::size_t message_at, std::size_t to) {
    const std::size_t bytes = out_.size() - message_at;
    const std::size_t count = handle::datagram_count(bytes - limits::kEnvelopeBytes);
    if (count == 1) {
        pieces_.push_back({message_at, bytes, to});
        return;
    }
    scratch_.assign(out_.begin() + static_cast<std::ptrdiff_t>(message_at), out_.end());
    out_.resize(message_at);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = out_.size();
        handle::write_datagram(scratch_, static_cast<std::uint32_t>(i), out_);
        pieces_.push_back({at, out_.size() - at, to});
    }
}

void UdpListener::send_batch() {
    order_pieces();
    for (std::size_t sent = 0; sent < pieces_.size();) {
        pack(sent);
        sent = send_parcels();
    }
}

/// Those of one client together, long ones first: as many as possible go in one parcel, which
/// costs the kernel a third less than each by itself.
void UdpListener::order_pieces() {
    if (pieces_.size() < 2 || !cuts_) return;
    clients_.fill(0);
    for (Piece& piece : pieces_) piece.to = first_of_client(piece.to);
    std::ranges::sort(pieces_, [](const Piece& a, const Piece& b) {
        return a.to != b.to ? a.to < b.to : a.bytes > b.bytes;
    });
}

std::size_t UdpListener::first_of_client(std::size_t to) {
    const auto address = [this](std::size_t i) {
        return std::string_view(reinterpret_cast<const char*>(&returns_[i].address),
                                returns_[i].address_bytes);
    };
    const auto control = [this](std::size_t i) {
        return as_text(BytesView(returns_[i].control).first(returns_[i].control_bytes));
    };
    for (std::size_t at = std::hash<std::string_view>{}(address(to));; ++at) {
        std::uint8_t& place = clients_[at % clients_.size()];
        if (place == 0) place = static_cast<std::uint8_t>(to + 1);
        const std::size_t first = place - 1U;
        if (first == to || (address(first) == address(to) && control(first) == control(to))) {
            return first;
        }
    }
}

/// All pieces from that one on.
void UdpListener::pack(std::size_t first_piece) {
    parcels_.clear();
    send_vectors_.resize(pieces_.size());
    for (std::size_t i = first_piece; i < pieces_.size(); ++i) {
        send_vectors_[i] = {out_.data() + pieces_[i].at, pieces_[i].bytes};
    }
    for (std::size_t i = first_piece; i < pieces_.size(); i += parcels_.back().pieces) {
        Parcel& parcel = parcels_.emplace_back();
        parcel.first_piece = i;
        parcel.pieces = pieces_of_parcel(i);
    }
    send_headers_.resize(parcels_.size());
    for (std::size_t i = 0; i < parcels_.size(); ++i) {
        address(parcels_[i], send_headers_[i].msg_hdr);
    }
}

std::size_t UdpListener::pieces_of_parcel(std::size_t first_piece) const {
    const Piece& first = pieces_[first_piece];
    std::size_t count = 1;
    for (; cuts_ && count < kPiecesOfParcelMax && first_piece + count < pieces_.size(); ++count) {
        const Piece& next = pieces_[first_piece + count];
        if (next.to != first.to || next.bytes > first.bytes) break;
        if (next.bytes < first.bytes) return count + 1;  // the last may be shorter
    }
    return count;
}

void UdpListener::address(Parcel& parcel, msghdr& header) {
    Return& to = returns_[pieces_[parcel.first_piece].to];
    header = {};
    header.msg_name = &to.address;
    header.msg_namelen = to.address_bytes;
    header.msg_iov = &send_vectors_[parcel.first_piece];
    header.msg_iovlen = parcel.pieces;
    header.msg_control = to.control_bytes > 0 ? to.control.data() : nullptr;
    header.msg_controllen = to.control_bytes;
    if (parcel.pieces == 1) return;
    const std::size_t at = CMSG_ALIGN(to.control_bytes);
    std::copy_n(to.control.begin(), to.control_bytes, parcel.control.begin());
    cmsghdr cut{};
    cut.cmsg_level = SOL_UDP;
    cut.cmsg_type = UDP_SEGMENT;
    cut.cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto size = static_cast<std::uint16_t>(pieces_[parcel.first_piece].bytes);
    std::memcpy(parcel.control.data() + at, &cut, sizeof cut);
    std::memcpy(parcel.control.data() + at + CMSG_LEN(0), &size, sizeof size);
    header.msg_control = parcel.control.data();
    header.msg_controllen = at + CMSG_SPACE(sizeof size);
}

/// The first piece that was not sent: all were, unless it turns out that the kernel cannot cut.
std::size_t UdpListener::send_parcels() {
    for (std::size_t sent = 0; sent < parcels_.size();) {
        const int count = ::sendmmsg(socket_.get(), send_headers_.data() + sent,
                                     static_cast<unsigned>(parcels_.size() - sent), MSG_DONTWAIT);
        if (count > 0) {
            sent += static_cast<std::size_t>(count);
            continue;
        }
        if (errno == EINTR) continue;
        const Parcel& refused = parcels_[sent];
        const bool is_passing = errno == EAGAIN || errno == ENOBUFS || errno == ECONNREFUSED;
        if (refused.pieces > 1 && !is_passing) {
            cuts_ = false;  // not this kernel, or not on this way
            return refused.first_piece;
        }
        // This one cannot go (buffer full, destination unreachable): the client asks again.
        dropped_.fetch_add(refused.pieces, std::memory_order_relaxed);
        ++sent;
    }
    return pieces_.size();
}

/// An answer that came from the pool or the upstream.
void UdpListener::send_later(const Return& to, const Bytes& message) {
    if (socket_.get() < 0 || message.empty()) return;
    out_.assign(message.begin(), message.end());
    pieces_.clear();
    returns_[0] = to;
    cut_into_pieces(0, 0);
    send_batch();
}

Peer peer_of(const sockaddr_storage& address, Carrier carrier) {
    Peer out;
    out.carrier = carrier;
    if (address.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
        std::memcpy(out.address.data(), &v6.sin6_addr, out.address.size());
        out.port = ntohs(v6.sin6_port);
    } else {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        out.address[10] = out.address[11] = std::byte{0xFF};
        std::memcpy(out.address.data() + 12, &v4.sin_addr, 4);
        out.port = ntohs(v4.sin_port);
    }
    return out;
}

}  // namespace idnode::resolver
