#include "resolver/engine/protected_stream.h"

#include <utility>

#include "proto/handle/stream.h"

namespace idnode::resolver {

namespace {

// Large enough that the way through the pool does not count, small enough for many streams.
constexpr std::size_t kPieceBytes = 131'072;
// A signature takes a millisecond: other work of the pool must not wait long.
constexpr int kSignaturesPerPiece = 16;

}  // namespace

ProtectedStream::ProtectedStream(std::unique_ptr<StreamRecords> records, StreamSlots::Slot slot,
                                 const model::Signer& signer, const model::SecureChannels* channels)
    : records_(std::move(records)), slot_(std::move(slot)), signer_(signer), channels_(channels) {}

Stream::Next ProtectedStream::next(BytesView received, Bytes& out) {
    switch (phase_) {
        case Phase::kStart:
            start(out);
            return phase_ == Phase::kHandshake ? Next::kAwaitPeer : Next::kMore;
        case Phase::kHandshake:
            return shake_hands(received, out);
        case Phase::kRecords:
            break;
    }
    return send_records(out);
}

void ProtectedStream::start(Bytes& out) {
    ByteWriter writer(out);
    if (channels_ == nullptr) {
        handle::encode_stream_start({handle::StreamProtection::kSigned, "SHA1"}, writer);
        phase_ = Phase::kRecords;
        return;
    }
    handle::encode_stream_start({handle::StreamProtection::kTls, {}}, writer);
    channel_ = channels_->accept();
    phase_ = Phase::kHandshake;
}

/// The peer speaks first.
Stream::Next ProtectedStream::shake_hands(BytesView received, Bytes& out) {
    switch (channel_->receive(received, out)) {
        case model::SecureChannel::State::kHandshake:
            return Next::kAwaitPeer;
        case model::SecureChannel::State::kEnded:
            return Next::kClose;
        case model::SecureChannel::State::kOpen:
            break;
    }
    phase_ = Phase::kRecords;
    return Next::kMore;
}

Stream::Next ProtectedStream::send_records(Bytes& out) {
    if (!channel_) return append_records(out);
    plain_.clear();
    const Next next = append_records(plain_);
    channel_->send(plain_, out);
    if (next == Next::kClose) channel_->end(out);
    return next;
}

Stream::Next ProtectedStream::append_records(Bytes& out) {
    ByteWriter writer(out);
    int signatures = 0;
    while (out.size() < kPieceBytes && signatures < kSignaturesPerPiece) {
        const std::size_t from = out.size();
        const auto record = records_->next(writer);
        if (!record || *record == StreamRecords::Next::kEnd) return Next::kClose;
        if (channel_ || *record == StreamRecords::Next::kUnsigned) continue;
        if (!sign(out, from)) return Next::kClose;
        ++signatures;
    }
    return Next::kMore;
}

/// Over all octets since the last signature.
bool ProtectedStream::sign(Bytes& out, std::size_t from) const {
    const auto signature = signer_.sign(model::Signer::Hash::kSha1, BytesView(out).subspan(from));
    if (!signature) return false;
    ByteWriter writer(out);
    handle::encode_stream_signature(*signature, writer);
    return true;
}

}  // namespace idnode::resolver
