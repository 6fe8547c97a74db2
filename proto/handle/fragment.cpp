#include "proto/handle/fragment.h"

#include <algorithm>
#include <list>
#include <unordered_map>
#include <vector>

#include "proto/base/limits.h"

namespace idnode::handle {

namespace {

constexpr std::size_t kPieceBytes = limits::kDatagramPayloadBytesMax;

// What a half-complete message costs besides the octets of its pieces.
constexpr std::size_t kBookkeepingBytes = 256;

// Whether a piece with this number and size can belong to a message of this length (§3.5).
bool is_possible(const Envelope& envelope, std::size_t piece_bytes) {
    const std::size_t total = envelope.message_length;
    if (total == 0 || total > limits::kMessageBytesMax) return false;
    const std::size_t count = datagram_count(total);
    if (envelope.sequence >= count) return false;
    const std::size_t begin = envelope.sequence * kPieceBytes;  // < 262,144: sequence < count
    return piece_bytes == std::min(kPieceBytes, total - begin);
}

std::string key_of(BytesView source, std::uint32_t request_id) {
    std::string key(as_text(source));
    for (unsigned shift = 0; shift < 32; shift += 8) {
        key.push_back(static_cast<char>(request_id >> shift));
    }
    return key;
}

}  // namespace

std::size_t datagram_count(std::size_t payload_bytes) {
    return std::max<std::size_t>(1, (payload_bytes + kPieceBytes - 1) / kPieceBytes);
}

void write_datagram(BytesView message, std::uint32_t sequence, Bytes& out) {
    const auto decoded = decode_envelope(message);
    IDNODE_ASSERT(decoded.has_value());
    const BytesView payload = message.subspan(limits::kEnvelopeBytes);
    const std::size_t count = datagram_count(payload.size());
    IDNODE_ASSERT(sequence < count);

    Envelope envelope = *decoded;
    envelope.truncated = count > 1;
    envelope.sequence = sequence;
    ByteWriter writer(out);
    encode_envelope(envelope, writer);
    const BytesView from_here = payload.subspan(sequence * kPieceBytes);
    writer.raw(from_here.first(std::min(kPieceBytes, from_here.size())));
}

// The pieces lie in the order of arrival, so that a message costs what has arrived of it and not
// what its first piece promises.
struct Reassembler::Table {
    struct Pending {
        std::string source;
        std::string key;
        Envelope first;  // of the piece that came first
        Clock::time_point since;
        std::vector<std::uint16_t> sequences;
        Bytes octets;

        std::size_t cost() const { return octets.size() + kBookkeepingBytes; }
        bool belongs(const Envelope& other) const;
        bool has(std::uint32_t sequence) const;
        bool complete() const { return octets.size() == first.message_length; }
        Bytes payload() const;
    };

    std::list<Pending> oldest_first;
    std::unordered_map<std::string, std::list<Pending>::iterator> by_key;
    std::unordered_map<std::string, std::size_t> per_source;
    std::size_t bytes = 0;

    void erase(std::list<Pending>::iterator which);
    Pending* find_or_start(BytesView source, const Envelope& envelope, const Limits& limits,
                           Clock::time_point now);
};

bool Reassembler::Table::Pending::belongs(const Envelope& other) const {
    return first.message_length == other.message_length && first.session_id == other.session_id &&
           first.version == other.version && first.suggested == other.suggested &&
           first.encrypted == other.encrypted;
}

bool Reassembler::Table::Pending::has(std::uint32_t sequence) const {
    return std::find(sequences.begin(), sequences.end(), sequence) != sequences.end();
}

Bytes Reassembler::Table::Pending::payload() const {
    Bytes out(octets.size());
    std::size_t at = 0;
    for (const std::uint16_t sequence : sequences) {
        const std::size_t to = sequence * kPieceBytes;
        const std::size_t size = std::min(kPieceBytes, octets.size() - to);
        std::copy_n(octets.begin() + static_cast<std::ptrdiff_t>(at), size,
                    out.begin() + static_cast<std::ptrdiff_t>(to));
        at += size;
    }
    return out;
}

void Reassembler::Table::erase(std::list<Pending>::iterator which) {
    bytes -= which->cost();
    const auto source = per_source.find(which->source);
    if (--source->second == 0) per_source.erase(source);
    by_key.erase(which->key);
    oldest_first.erase(which);
}

Reassembler::Table::Pending* Reassembler::Table::find_or_start(BytesView source,
                                                               const Envelope& envelope,
                                                               const Limits& limits,
                                                               Clock::time_point now) {
    std::string key = key_of(source, envelope.request_id);
    if (const auto known = by_key.find(key); known != by_key.end()) return &*known->second;

    std::size_t& of_source = per_source[std::string(as_text(source))];
    // A source at its maximum waits until its own messages are complete or expired: it cannot push
    // out those of others.
    if (of_source >= limits.messages_per_source_max) return nullptr;
    ++of_source;
    oldest_first.push_back({.source = std::string(as_text(source)),
                            .key = key,
                            .first = envelope,
                            .since = now,
                            .sequences = {},
                            .octets = {}});
    bytes += oldest_first.back().cost();
    by_key.emplace(std::move(key), std::prev(oldest_first.end()));
    if (oldest_first.size() > limits.messages_max) erase(oldest_first.begin());
    return &oldest_first.back();
}

Reassembler::Reassembler(Limits limits) : limits_(limits), table_(std::make_unique<Table>()) {
    IDNODE_ASSERT(limits.messages_max > 0 && limits.messages_per_source_max > 0);
}

Reassembler::Reassembler(Reassembler&&) noexcept = default;
Reassembler& Reassembler::operator=(Reassembler&&) noexcept = default;
Reassembler::~Reassembler() = default;

std::optional<Bytes> Reassembler::add(BytesView source, const Envelope& envelope, BytesView piece,
                                      Clock::time_point now) {
    expire(now);
    if (!is_possible(envelope, piece.size())) return std::nullopt;
    if (datagram_count(envelope.message_length) == 1) return Bytes(piece.begin(), piece.end());

    Table::Pending* pending = table_->find_or_start(source, envelope, limits_, now);
    if (pending == nullptr || !pending->belongs(envelope) || pending->has(envelope.sequence)) {
        return std::nullopt;
    }
    pending->sequences.push_back(static_cast<std::uint16_t>(envelope.sequence));
    pending->octets.insert(pending->octets.end(), piece.begin(), piece.end());
    table_->bytes += piece.size();
    if (pending->complete()) {
        Bytes payload = pending->payload();
        table_->erase(table_->by_key.at(pending->key));
        return payload;
    }
    while (table_->bytes > limits_.bytes_max) table_->erase(table_->oldest_first.begin());
    return std::nullopt;
}

void Reassembler::expire(Clock::time_point now) {
    while (!table_->oldest_first.empty() &&
           now - table_->oldest_first.front().since >= limits_.lifetime) {
        table_->erase(table_->oldest_first.begin());
    }
}

std::size_t Reassembler::pending() const {
    return table_->oldest_first.size();
}

std::size_t Reassembler::pending_bytes() const {
    return table_->bytes;
}

}  // namespace idnode::handle
