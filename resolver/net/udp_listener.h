#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <vector>

#include "proto/handle/fragment.h"
#include "resolver/net/dispatcher.h"
#include "resolver/net/sockets.h"

namespace idnode::resolver {

/// One UDP socket of one thread: receives a batch, answers it, sends a batch (§3.5). A datagram
/// that is not a message gets no answer.
class UdpListener {
  public:
    UdpListener(boost::asio::io_context& io, Descriptor socket, Dispatcher& dispatcher);
    ~UdpListener();
    UdpListener(const UdpListener&) = delete;
    UdpListener& operator=(const UdpListener&) = delete;

    /// Runs until `stop_reading` or `close`.
    boost::asio::awaitable<void> run();
    /// Answers that are under way can still be sent.
    void stop_reading();
    void close();

    std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }
    std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

  private:
    static constexpr std::size_t kBatch = 32;
    // Full batches that are answered before connections and timers have their turn.
    static constexpr unsigned kBatchesOfTurn = 8;
    // One octet more than allowed, so that a longer datagram can be told from the longest.
    static constexpr std::size_t kReceiveBytes = limits::kDatagramBytesMax + 1;

    /// Where an answer goes: the sender, and the address of ours that it asked.
    struct Return {
        sockaddr_storage address;
        socklen_t address_bytes;
        alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo))> control;
        std::size_t control_bytes;
    };
    /// A datagram to be sent: a part of `out_`.
    struct Piece {
        std::size_t at;
        std::size_t bytes;
        std::size_t to;  // index into `returns_`
    };
    /// What the kernel takes as one message and cuts apart: datagrams to one client, all but the
    /// last of one size.
    struct Parcel {
        std::size_t first_piece;
        std::size_t pieces;
        alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo)) +
                                                   CMSG_SPACE(sizeof(std::uint16_t))> control;
    };

    void prepare();
    bool serve_turn();
    std::size_t serve_batch();
    std::size_t receive_batch();
    void serve(BytesView datagram, std::size_t from);
    void serve_message(const handle::Envelope& envelope, BytesView payload, std::size_t from);
    void cut_into_pieces(std::size_t message_at, std::size_t to);
    void send_batch();
    void order_pieces();
    std::size_t first_of_client(std::size_t to);
    void pack(std::size_t first_piece);
    std::size_t pieces_of_parcel(std::size_t first_piece) const;
    void address(Parcel& parcel, msghdr& header);
    std::size_t send_parcels();
    void send_later(const Return& to, const Bytes& message);

    Descriptor socket_;
    /// Has the socket while it waits, and does not own it.
    boost::asio::posix::stream_descriptor waiter_;
    Dispatcher& dispatcher_;
    handle::Reassembler reassembler_;
    bool reading_ = true;

    std::array<std::array<std::byte, kReceiveBytes>, kBatch> received_;
    std::array<iovec, kBatch> receive_vectors_;
    std::array<mmsghdr, kBatch> receive_headers_;
    std::array<Return, kBatch> returns_;
    std::array<BytesView, kBatch> datagrams_;  // empty: too long

    Bytes out_;      // the answers of one batch, end to end
    Bytes scratch_;  // a message on its way into pieces
    std::vector<Piece> pieces_;
    std::array<std::uint8_t, 2 * kBatch> clients_;  // 1 + index into `returns_`, by hash
    bool cuts_ = true;                              // the kernel does
    std::vector<iovec> send_vectors_;               // of pieces
    std::vector<Parcel> parcels_;
    std::vector<mmsghdr> send_headers_;  // of parcels

    std::atomic<std::uint64_t> requests_ = 0;
    std::atomic<std::uint64_t> dropped_ = 0;
};

/// The address and port of a peer, IPv4 as ::ffff:a.b.c.d.
Peer peer_of(const sockaddr_storage& address, Carrier carrier);

}  // namespace idnode::resolver
