#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/handle/stream.h"
#include "resolver/crypto/tls.h"

namespace idnode::mirror {

/// The connection on which a stream comes. Errors of the transport end the stream.
class Wire {
  public:
    virtual ~Wire() = default;
    /// At least one octet; 0 at the end.
    virtual Result<std::size_t> read_some(std::span<std::byte> out) = 0;
    virtual Result<void> send(BytesView octets) = 0;
};

/// A replication stream as its receiver sees it, §7.4: nothing is handed out that the server's key
/// does not vouch for. Each piece is bounded; what is unread stays below one piece and one read.
class StreamReader {
  public:
    /// `server_key`: the encoding of §2.8 in the site record of the server.
    StreamReader(Wire& wire, Bytes server_key) : wire_(wire), server_key_(std::move(server_key)) {}

    /// Reads how the stream is protected, first of all. kRefused: not at all, or by another key.
    Result<void> open();

    Result<handle::TransactionStreamHeader> transaction_header();
    Result<handle::TransactionRecord> transaction(handle::StreamFormat format);
    Result<void> dump_header();
    Result<handle::DumpRecord> dump_record();

  private:
    Result<void> shake_hands();
    Result<void> check_certificate(const crypto::TlsSession& tls) const;
    template <class Read>
    auto piece(Read&& read) -> Result<decltype(read(std::declval<ByteReader&>()))>;
    Result<void> check_signature(BytesView octets, BytesView signature) const;
    Result<void> fill();

    Wire& wire_;
    const Bytes server_key_;
    handle::StreamStart start_;
    std::unique_ptr<crypto::TlsSession> tls_;
    Bytes buffer_;  // plain octets, unread from `at_` on
    std::size_t at_ = 0;
    bool started_ = false;  // signatures follow the pieces from here on
};

}  // namespace idnode::mirror
