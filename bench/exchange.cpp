#include "bench/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <ctime>

#include "bench/hash.h"
#include "proto/base/assert.h"
#include "proto/base/limits.h"
#include "proto/handle/header.h"
#include "proto/handle/message.h"
#include "proto/handle/resolution.h"
#include "proto/handle/value.h"

namespace idnode::bench {
namespace {

constexpr unsigned kSlotBits = std::bit_width(kWindowMax - 1);
constexpr std::uint32_t kSlotMask = kWindowMax - 1;
constexpr std::uint32_t kGenerationMax = (1U << (32 - kSlotBits)) - 1;

// Places in a request, §3.1, §3.2, §4.3.
constexpr std::size_t kRequestIdAt = 8;
constexpr std::size_t kMessageLengthAt = 16;
constexpr std::size_t kBodyLengthAt = limits::kEnvelopeBytes + 20;
constexpr std::size_t kHandleLengthAt = limits::kEnvelopeBytes + limits::kHeaderBytes;
constexpr std::size_t kHandleAt = kHandleLengthAt + 4;
constexpr std::size_t kListBytes = 8;               // no indexes, no types
constexpr std::size_t kTailBytes = kListBytes + 4;  // and no credential

// Recursive, cache-certify, public only: what common clients send (§3.2).
constexpr std::uint32_t kPlainQueryFlags = 0x19000000;

// One bit each; a larger answer belongs on a stream.
constexpr std::size_t kPartsMax = 64;

Bytes make_request_head(bool certify) {
    Bytes out;
    handle::MessageWriter message(out);
    handle::encode_resolution_request("", {}, {}, message.body());
    handle::Header header;
    header.op = handle::OpCode::kResolution;
    header.flags = kPlainQueryFlags | (certify ? handle::flag::kCertify : 0U);
    header.expiration =
        static_cast<std::uint32_t>(std::time(nullptr) + limits::kMessageLifetime.count());
    message.finish({.version = handle::kOwnVersion, .suggested = handle::kOwnVersion}, header);
    out.resize(kHandleAt);
    return out;
}

std::uint64_t hash_values(BytesView values, bool& well_formed) {
    ByteReader in(values);
    handle::ValuesReader reader(in);
    std::uint64_t hash = 0;
    while (const auto value = reader.next()) {
        hash += hash_value(value->index, value->type, hash64(value->data));
    }
    well_formed = in.ok();
    return hash;
}

}  // namespace

void Tally::merge(const Tally& other) {
    asked += other.asked;
    correct += other.correct;
    absent += other.absent;
    wrong += other.wrong;
    missing += other.missing;
    late += other.late;
    duplicate += other.duplicate;
    answer_bytes += other.answer_bytes;
    reconnects += other.reconnects;
    latency.merge(other.latency);
    if (first_wrong.empty()) first_wrong = other.first_wrong;
}

Exchange::Exchange(const RecordSet& records, const Questions& questions, std::size_t window,
                   Tally& tally)
    : records_(records),
      questions_(questions),
      choice_(questions.choice,
              questions.among_first > 0 ? std::min(questions.among_first, records.size())
                                        : records.size(),
              questions.zipf_exponent),
      random_(mix64(questions.seed)),
      tally_(tally),
      slots_(window),
      request_head_(make_request_head(questions.certify)) {
    IDNODE_ASSERT(window > 0 && window <= kWindowMax);
    for (std::size_t i = window; i > 0; --i) free_.push_back(static_cast<std::uint32_t>(i - 1));
}

void Exchange::choose(Slot& slot) {
    slot.record = choice_(random_);
    slot.handle.assign(records_.handle(slot.record));
    slot.absent = questions_.miss_ratio > 0 && random_.unit() < questions_.miss_ratio;
    // No record has such an end; the number keeps the node from learning the few absent names.
    if (slot.absent) {
        fmt::format_to(std::back_inserter(slot.handle), "-absent-{:08x}",
                       random_.below(0xFFFFFFFF));
    }
}

void Exchange::ask(TimePoint due, TimePoint now, Bytes& out) {
    IDNODE_ASSERT(has_room());
    const std::uint32_t number = free_.back();
    free_.pop_back();
    Slot& slot = slots_[number];
    // From 1: a request id is never 0 (§3.1).
    slot.generation = slot.generation == kGenerationMax ? 1 : slot.generation + 1;
    slot.open = true;
    slot.due = due;
    slot.sent = now;
    slot.parts.clear();
    slot.have = 0;
    choose(slot);

    const std::size_t start = out.size();
    const auto handle_bytes = static_cast<std::uint32_t>(slot.handle.size());
    ByteWriter writer(out);
    writer.raw(request_head_);
    writer.raw(slot.handle);
    out.resize(out.size() + kTailBytes);
    const auto request_bytes = static_cast<std::uint32_t>(out.size() - start);
    writer.patch_u32(start + kRequestIdAt, (slot.generation << kSlotBits) | number);
    writer.patch_u32(start + kMessageLengthAt, request_bytes - limits::kEnvelopeBytes);
    writer.patch_u32(start + kBodyLengthAt, 4 + handle_bytes + kListBytes);
    writer.patch_u32(start + kHandleLengthAt, handle_bytes);
    ++tally_.asked;
}

Exchange::Slot* Exchange::slot_of(std::uint32_t request_id) {
    const std::uint32_t number = request_id & kSlotMask;
    const std::uint32_t generation = request_id >> kSlotBits;
    if (number >= slots_.size()) {
        ++tally_.duplicate;
        return nullptr;
    }
    Slot& slot = slots_[number];
    if (slot.open && slot.generation == generation) return &slot;
    // The generation now closed, or the one before the open one: we know what became of it.
    const bool is_previous =
        slot.open ? slot.generation == generation + 1 : slot.generation == generation;
    ++(is_previous && !slot.was_answered ? tally_.late : tally_.duplicate);
    return nullptr;
}

void Exchange::on_datagram(BytesView datagram, TimePoint now) {
    const auto envelope = handle::decode_envelope(datagram);
    if (!envelope) {
        ++tally_.wrong;
        if (tally_.first_wrong.empty()) tally_.first_wrong = "a datagram without an envelope";
        return;
    }
    Slot* const slot = slot_of(envelope->request_id);
    if (slot == nullptr) return;
    const BytesView payload = datagram.subspan(limits::kEnvelopeBytes);
    if (envelope->message_length <= limits::kDatagramPayloadBytesMax) {
        settle(*slot, *envelope, payload, now);
    } else {
        take_part(*slot, *envelope, payload, now);
    }
}

void Exchange::take_part(Slot& slot, const handle::Envelope& envelope, BytesView payload,
                         TimePoint now) {
    const std::size_t total = envelope.message_length;
    const std::size_t part_max = limits::kDatagramPayloadBytesMax;
    const std::size_t parts = (total + part_max - 1) / part_max;
    const std::size_t at = std::size_t{envelope.sequence} * part_max;
    const bool fits = parts <= kPartsMax && envelope.sequence < parts &&
                      payload.size() == std::min(part_max, total - at) &&
                      (slot.have == 0 || slot.parts.size() == total);
    if (!fits) return settle(slot, envelope, {}, now);

    const std::uint64_t bit = std::uint64_t{1} << envelope.sequence;
    if ((slot.have & bit) != 0) {
        ++tally_.duplicate;
        return;
    }
    slot.have |= bit;
    slot.parts.resize(total);
    std::memcpy(slot.parts.data() + at, payload.data(), payload.size());
    if (static_cast<std::size_t>(std::popcount(slot.have)) < parts) return;
    tally_.answer_bytes += (parts - 1) * limits::kEnvelopeBytes;
    settle(slot, envelope, slot.parts, now);
}

void Exchange::on_message(BytesView message, TimePoint now) {
    const auto envelope = handle::decode_envelope(message);
    IDNODE_ASSERT(envelope.has_value());
    Slot* const slot = slot_of(envelope->request_id);
    if (slot != nullptr) settle(*slot, *envelope, message.subspan(limits::kEnvelopeBytes), now);
}

void Exchange::settle(Slot& slot, const handle::Envelope& envelope, BytesView payload,
                      TimePoint now) {
    const std::string fault = fault_of(slot, envelope, payload);
    if (fault.empty()) {
        ++tally_.correct;
        if (slot.absent) ++tally_.absent;
        tally_.answer_bytes += limits::kEnvelopeBytes + payload.size();
        tally_.latency.add(now - slot.due);
    } else {
        ++tally_.wrong;
        if (tally_.first_wrong.empty())
            tally_.first_wrong = fmt::format("{}: {}", slot.handle, fault);
    }
    close(slot, true);
}

std::string Exchange::fault_of(const Slot& slot, const handle::Envelope& envelope,
                               BytesView payload) const {
    if (payload.size() != envelope.message_length)
        return "its length is not what the envelope says";
    const auto message = handle::decode_message(envelope, payload);
    if (!message) return fmt::format("cannot be decoded at {}", message.error().field);
    if (message->header.op != handle::OpCode::kResolution) return "another operation's answer";

    const bool expect_absent = slot.absent && !questions_.echo;
    const auto expected =
        expect_absent ? handle::ResponseCode::kHandleNotFound : handle::ResponseCode::kSuccess;
    if (message->header.response != expected) {
        return fmt::format("response code {} instead of {}",
                           static_cast<std::uint32_t>(message->header.response),
                           static_cast<std::uint32_t>(expected));
    }
    // The signature itself is not checked: that would cost as much as to make it.
    if (questions_.certify && message->credential.empty()) return "is not signed";
    if (expect_absent || questions_.echo) return {};

    const auto body = handle::decode_resolution_response(message->body);
    if (!body) return fmt::format("body cannot be decoded at {}", body.error().field);
    if (body->handle != slot.handle) return fmt::format("names the handle {}", body->handle);
    bool well_formed = false;
    const std::uint64_t hash = hash_values(body->values, well_formed);
    if (!well_formed || hash != records_.values_hash(slot.record)) {
        return "its values are not those of the record";
    }
    return {};
}

void Exchange::close(Slot& slot, bool answered) {
    slot.open = false;
    slot.was_answered = answered;
    free_.push_back(static_cast<std::uint32_t>(&slot - slots_.data()));
}

void Exchange::expire(TimePoint now, bool all) {
    for (Slot& slot : slots_) {
        if (!slot.open || (!all && now - slot.sent < kAnswerTimeout)) continue;
        ++tally_.missing;
        close(slot, false);
    }
}

}  // namespace idnode::bench
