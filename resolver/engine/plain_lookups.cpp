#include "resolver/engine/plain_lookups.h"

#include <algorithm>

#include "proto/base/limits.h"
#include "proto/base/reader.h"
#include "proto/base/text.h"
#include "proto/handle/message.h"
#include "proto/handle/resolution.h"
#include "resolver/engine/lookup_counts.h"
#include "resolver/engine/reply.h"
#include "resolver/engine/resolution.h"

namespace idnode::resolver {

namespace {

using handle::ResponseCode;
namespace flag = handle::flag;

constexpr std::size_t kLengthBytes = sizeof(std::uint32_t);

/// The body of a message without credential; empty: it is none such.
BytesView plain_body(BytesView payload, std::uint32_t body_length) {
    const BytesView rest = payload.subspan(limits::kHeaderBytes);
    if (body_length > rest.size()) return {};
    ByteReader behind(rest.subspan(body_length));
    // A message may end right after its body (§3.4).
    const bool has_none = behind.left() == 0 ||
                          (behind.left() >= kLengthBytes && behind.u32("credential length") == 0);
    return has_none ? rest.first(body_length) : BytesView();
}

/// Not those that may mean a prefix, the server itself or a delegated registry.
bool is_ordinary(std::string_view handle, const model::HandleParts& parts) {
    return parts.has_slash && handle.size() <= limits::kHandleBytesMax && !model::is_global(handle);
}

}  // namespace

void PlainLookups::foresee(std::span<const BytesView> messages, const Peer& peer) {
    std::array<std::string_view, kBatchMax> keys;
    std::size_t ours = 0;
    foreseen_at_ = responsibility_.version();
    carrier_ = peer.carrier;
    expiration_ = reply_expiration(context_.clock.now());
    count_ = std::min(messages.size(), kBatchMax);
    for (std::size_t i = 0; i < count_; ++i) {
        Lookup& lookup = lookups_[i];
        if (read(messages[i], peer, lookup)) {
            keys[ours++] = lookup.key;
        } else {
            lookup.handle = {};
        }
    }
    // What is asked for alone is read at once: nothing is gained by fetching it before.
    if (ours > 1) context_.store.foresee(std::span(keys).first(ours));
}

/// Follows `Engine::handle` down to the store for as long as everything is as usual.
bool PlainLookups::read(BytesView message, const Peer& peer, Lookup& lookup) {
    constexpr std::uint32_t kUnusual = flag::kCertify | flag::kEncrypt | flag::kRequestDigest;
    if (message.size() < limits::kEnvelopeBytes + limits::kHeaderBytes) return false;
    const auto envelope = handle::decode_envelope(message);
    BytesView payload = message.subspan(limits::kEnvelopeBytes);
    if (!envelope || envelope->compressed || envelope->encrypted || envelope->truncated ||
        envelope->session_id != 0 || envelope->message_length > payload.size() ||
        envelope->message_length < limits::kHeaderBytes ||
        envelope->message_length > limits::kMessageBytesMax) {
        return false;
    }
    payload = payload.first(envelope->message_length);
    const auto header = handle::decode_header(payload);
    if (!header || header->op != handle::OpCode::kResolution ||
        header->response != ResponseCode::kNone || (header->flags & kUnusual) != 0 ||
        (header->has(flag::kRecursive) && header->recursion_count > limits::kRecursionCountMax)) {
        return false;
    }
    // Of a connection of the industrial extensions somebody may have logged in (§9).
    if (peer.logins != nullptr && !header->has(flag::kPublicOnly)) return false;
    const auto request =
        handle::decode_resolution_request(plain_body(payload, header->body_length));
    if (!request || !request->selects_everything()) return false;
    const model::HandleParts parts = model::split_handle(request->handle);
    if (!is_ordinary(request->handle, parts)) return false;
    const auto suffix_case = responsibility_.of(request->handle, parts);
    if (!suffix_case) return false;
    model::write_key(request->handle, parts, *suffix_case, lookup.key);
    lookup.handle = request->handle;
    lookup.prefix_bytes = parts.prefix.size();
    lookup.envelope = *envelope;
    lookup.header = *header;
    return true;
}

bool PlainLookups::answer(std::size_t number, Bytes& out) {
    if (number >= count_ || foreseen_at_ != responsibility_.version()) return false;
    const Lookup& lookup = lookups_[number];
    if (lookup.handle.empty()) return false;
    bool is_written = false;
    const auto found = context_.store.read(
        lookup.key, model::ReadTier::kMemory, [&](const model::RecordView& record) {
            is_written = record.all_public &&
                         write(lookup, ResponseCode::kSuccess, lookup.handle, record.values, out);
        });
    if (!found) return false;
    if (*found == model::Lookup::kNotFound) {
        return write(lookup, ResponseCode::kHandleNotFound, {}, {}, out);
    }
    if (is_written && context_.lookups != nullptr) {
        context_.lookups->count(model::key_text(lookup.key).substr(0, lookup.prefix_bytes));
    }
    return is_written;
}

/// Envelope, header, `text`, `values` and an empty credential. False: nothing was written.
bool PlainLookups::write(const Lookup& lookup, ResponseCode code, std::string_view text,
                         BytesView values, Bytes& out) const {
    const std::size_t body_bytes = kLengthBytes + text.size() + values.size();
    if (fitting(context_, carrier_, limits::kHeaderBytes + body_bytes) != Fitting::kFits)
        return false;
    if (!values.empty() && ByteReader(values).u32("count") == 0) return false;

    handle::MessageWriter message(out);
    message.body().text_u32(text);
    message.body().raw(values);
    const handle::Envelope envelope = reply_envelope(lookup.envelope);
    message.finish(envelope, reply_header(context_, lookup.header, code, envelope.version,
                                          !context_.is_mirror, expiration_));
    return true;
}

}  // namespace idnode::resolver
