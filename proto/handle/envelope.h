#pragma once

#include <array>
#include <cstdint>

#include "proto/base/bytes.h"
#include "proto/base/limits.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/base/writer.h"

namespace idnode::handle {

/// A protocol version, §0.3. Major 5 is an alias of "very old": older than any 2.x.
struct Version {
    std::uint8_t major = 2;
    std::uint8_t minor = 11;

    /// Whether this peer has the features that came with `other`.
    constexpr bool at_least(Version other) const { return rank() >= other.rank(); }
    constexpr bool operator==(const Version&) const = default;

  private:
    constexpr unsigned rank() const { return major == 5 ? minor : major * 256U + minor; }
};

inline constexpr Version kOwnVersion{2, 11};

/// The first twenty octets of every datagram and stream message, §3.1.
///
///   0       1       2                  3                4          8          12         16
///   +-------+-------+------------------+----------------+----------+----------+----------+---------+
///   | major | minor | flags, suggested | suggested      | session  | request  | sequence | message
///   | |       |       | major (2 bits)   | minor          | id       | id       | number   |
///   length  |
///   +-------+-------+------------------+----------------+----------+----------+----------+---------+
struct Envelope {
    Version version;               // how this message is encoded
    bool compressed = false;       // 0x80; no peer implements it
    bool encrypted = false;        // 0x40
    bool truncated = false;        // 0x20: part of a message of several datagrams
    Version suggested;             // what the sender would like to receive; major has two bits
    std::uint8_t spare_flags = 0;  // 0x1C as received; written back, otherwise 0
    std::uint32_t session_id = 0;  // 0: none
    std::uint32_t request_id = 0;
    std::uint32_t sequence = 0;        // number of the datagram, from 0
    std::uint32_t message_length = 0;  // of the whole message without envelope; not checked here

    bool operator==(const Envelope&) const = default;
};

/// Reads the first twenty octets of `octets`; what follows is left alone. The suggested version is
/// as written: see `reply_version` for the rule about a suggested major of 0.
Result<Envelope, WireError> decode_envelope(BytesView octets);
using EnvelopeOctets = std::array<std::byte, limits::kEnvelopeBytes>;
EnvelopeOctets envelope_octets(const Envelope& envelope);
inline void encode_envelope(const Envelope& envelope, ByteWriter& out) {
    out.raw(envelope_octets(envelope));
}

/// The version in which a peer that sent `request` is answered: the lower of what it suggests and
/// 2.11; without a suggestion (major 0) the lower of its encoding and 2.11. §0.3
Version reply_version(const Envelope& request);

}  // namespace idnode::handle
