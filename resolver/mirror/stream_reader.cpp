#include "resolver/mirror/stream_reader.h"

#include <array>
#include <string>
#include <variant>

#include "proto/base/limits.h"
#include "proto/handle/key.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/certificate.h"
#include "resolver/crypto/keys.h"

namespace idnode::mirror {

namespace {

constexpr std::size_t kReadBytes = 65'536;
// Certificates and a few messages; a server that sends more will not come to an end.
constexpr std::size_t kHandshakeBytesMax = 262'144;

/// Whether two encodings hold one key: some writers leave the trailing octets out (§2.8).
bool is_same_key(BytesView a, BytesView b) {
    const auto one = handle::decode_public_key(a);
    const auto other = handle::decode_public_key(b);
    return one && other && *one == *other;
}

}  // namespace

Result<void> StreamReader::open() {
    auto start = piece([](ByteReader& in) { return handle::read_stream_start(in); });
    if (!start) return start.error();
    start_ = *std::move(start);
    switch (start_.protection) {
        case handle::StreamProtection::kTls:
            if (auto done = shake_hands(); !done) return done;
            break;
        case handle::StreamProtection::kSigned:
            if (!crypto::hash_named(as_bytes_view(start_.hash_name))) {
                return Error{Errc::kUnsupported, "the stream is signed with an unknown hash"};
            }
            break;
        case handle::StreamProtection::kUnsigned:
            return Error{Errc::kRefused, "the stream is neither signed nor encrypted"};
    }
    started_ = true;
    return {};
}

Result<void> StreamReader::shake_hands() {
    tls_ = std::make_unique<crypto::TlsSession>(crypto::TlsSession::client());
    Bytes to_server;
    tls_->begin(to_server);
    std::array<std::byte, kReadBytes> octets;
    std::size_t received = 0;
    Bytes plain;
    while (tls_->state() == crypto::TlsSession::State::kHandshake) {
        if (auto sent = wire_.send(to_server); !sent) return sent;
        const auto got = wire_.read_some(octets);
        if (!got) return got.error();
        received += *got;
        if (*got == 0 || received > kHandshakeBytesMax) {
            return Error{Errc::kInvalid, "the TLS handshake of the stream came to no end"};
        }
        to_server.clear();
        tls_->receive(std::span(octets).first(*got), plain, to_server);
    }
    if (tls_->state() != crypto::TlsSession::State::kOpen) {
        return Error{Errc::kInvalid, "the TLS handshake of the stream failed"};
    }
    if (auto checked = check_certificate(*tls_); !checked) return checked;
    buffer_ = std::move(plain);
    at_ = 0;
    return to_server.empty() ? Result<void>() : wire_.send(to_server);
}

Result<void> StreamReader::check_certificate(const crypto::TlsSession& tls) const {
    const auto certificate = crypto::read_certificate(tls.peer_certificate());
    if (!certificate) return certificate.error();
    if (is_same_key(certificate->public_key, server_key_)) return {};
    return Error{Errc::kRefused, "the stream comes from a server with another key"};
}

/// One piece, and where the stream is signed the signature behind it. A piece whose end has not
/// come yet is begun again when there is more of it.
template <class Read>
auto StreamReader::piece(Read&& read) -> Result<decltype(read(std::declval<ByteReader&>()))> {
    using Piece = decltype(read(std::declval<ByteReader&>()));
    for (;;) {
        ByteReader in(BytesView(buffer_).subspan(at_));
        Piece out = read(in);
        const std::size_t bytes = in.at();
        bool is_signed = started_ && start_.protection == handle::StreamProtection::kSigned;
        if constexpr (std::is_same_v<Piece, handle::DumpRecord>) {
            is_signed = is_signed && !std::holds_alternative<handle::EndOfDump>(out);
        }
        const Bytes signature = is_signed ? handle::read_stream_signature(in) : Bytes{};
        if (in.ok()) {
            if (is_signed) {
                const BytesView octets = BytesView(buffer_).subspan(at_, bytes);
                if (auto checked = check_signature(octets, signature); !checked) {
                    return checked.error();
                }
            }
            at_ += in.at();
            return out;
        }
        if (in.error().code != WireErrc::kTruncated) {
            return Error{Errc::kInvalid, std::string("the stream cannot be read: ") +
                                             in.error().field + " is out of range"};
        }
        if (buffer_.size() - at_ > limits::kStreamPieceBytesMax) {
            return Error{Errc::kLimit, "the stream holds a record of more than " +
                                           std::to_string(limits::kStreamPieceBytesMax) +
                                           " octets"};
        }
        if (auto filled = fill(); !filled) return filled.error();
    }
}

Result<void> StreamReader::check_signature(BytesView octets, BytesView signature) const {
    const auto hash = crypto::hash_named(as_bytes_view(start_.hash_name));
    const auto valid = crypto::verify_signature(server_key_, *hash, octets, signature);
    if (!valid) return valid.error();
    if (*valid) return {};
    return Error{Errc::kRefused, "a signature in the stream is not the server's"};
}

/// More octets behind the unread ones.
Result<void> StreamReader::fill() {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
    const std::size_t had = buffer_.size();
    std::array<std::byte, kReadBytes> octets;
    while (buffer_.size() == had) {
        const auto got = wire_.read_some(octets);
        if (!got) return got.error();
        const BytesView arrived = std::span(octets).first(*got);
        if (*got == 0) return Error{Errc::kUnavailable, "the stream broke off"};
        if (!tls_) {
            buffer_.insert(buffer_.end(), arrived.begin(), arrived.end());
            continue;
        }
        Bytes to_server;
        const auto state = tls_->receive(arrived, buffer_, to_server);
        if (buffer_.size() == had && state == crypto::TlsSession::State::kEnded) {
            return Error{Errc::kUnavailable, "the stream broke off"};
        }
        if (!to_server.empty()) {
            if (auto sent = wire_.send(to_server); !sent) return sent;
        }
    }
    return {};
}

Result<handle::TransactionStreamHeader> StreamReader::transaction_header() {
    return piece([](ByteReader& in) { return handle::read_transaction_stream_header(in); });
}

Result<handle::TransactionRecord> StreamReader::transaction(handle::StreamFormat format) {
    return piece([format](ByteReader& in) { return handle::read_transaction_record(in, format); });
}

Result<void> StreamReader::dump_header() {
    const auto header = piece([](ByteReader& in) {
        handle::read_dump_header(in);
        return std::monostate{};
    });
    if (!header) return header.error();
    return {};
}

Result<handle::DumpRecord> StreamReader::dump_record() {
    return piece([](ByteReader& in) { return handle::read_dump_record(in); });
}

}  // namespace idnode::mirror
