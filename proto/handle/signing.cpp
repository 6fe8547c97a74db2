#include "proto/handle/signing.h"

#include <algorithm>

#include "proto/base/writer.h"

namespace idnode::handle {

namespace {

constexpr Version kBrokenMac{2, 5};        // and 2.6
constexpr Version kBrokenSignature{2, 6};  // only
constexpr Version kCorrect{2, 7};
constexpr Version kWithSuggestion{2, 8};

// P7 and P8.
void write_prefix(const Envelope& envelope, std::uint32_t counter, ByteWriter& out) {
    out.u8(envelope.version.major);
    out.u8(envelope.version.minor);
    if (envelope.version.at_least(kWithSuggestion)) {
        out.u8(envelope.suggested.major);
        out.u8(envelope.suggested.minor);
    }
    out.u32(envelope.session_id);
    out.u32(envelope.request_id);
    out.u32(counter);
}

// The numbers were written over each other at wrong offsets; peers of 2.6 expect it so.
void write_broken_prefix(const Envelope& envelope, std::uint32_t counter, ByteWriter& out) {
    out.u8(envelope.version.major);
    out.u8(envelope.version.minor);
    out.u16(static_cast<std::uint16_t>(envelope.session_id >> 16U));
    out.u32(counter);
    out.u32(0);
    out.u16(0);
}

// K[0..3], H, K, then as many zero octets as K has and ten more.
void write_broken_mac_input(BytesView key, BytesView header_and_body, ByteWriter& out) {
    constexpr std::size_t kFirst = 4;
    out.raw(key.first(std::min(kFirst, key.size())));
    out.raw(header_and_body);
    out.raw(key);
    for (std::size_t i = 0; i < key.size() + 10; ++i) out.u8(0);
}

}  // namespace

MacFunction mac_function(Version version) {
    return version.at_least(kCorrect) ? MacFunction::kHmacSha256 : MacFunction::kSha1OfInput;
}

Bytes mac_input(const Envelope& envelope, std::uint32_t session_counter, BytesView key,
                BytesView header_and_body) {
    Bytes octets;
    ByteWriter out(octets);
    if (envelope.version.at_least(kCorrect)) {
        write_prefix(envelope, session_counter, out);
        out.raw(header_and_body);
    } else if (envelope.version.at_least(kBrokenMac)) {
        write_broken_mac_input(key, header_and_body, out);
    } else {
        out.raw(key);
        out.raw(header_and_body);
        out.raw(key);
    }
    return octets;
}

Bytes signature_input(const Envelope& envelope, std::uint32_t session_counter,
                      BytesView header_and_body) {
    Bytes octets;
    ByteWriter out(octets);
    if (envelope.version.at_least(kCorrect)) {
        write_prefix(envelope, session_counter, out);
    } else if (envelope.version.at_least(kBrokenSignature)) {
        write_broken_prefix(envelope, session_counter, out);
    }
    out.raw(header_and_body);
    return octets;
}

std::string_view mac_algorithm_field(Version version) {
    if (version.at_least(kCorrect)) return "HMAC-SHA256";
    return version.at_least({2, 6}) ? "SHA1" : "\x02";
}

std::string_view signature_algorithm_field(Version version, bool dsa_key) {
    return version.at_least(dsa_key ? Version{2, 11} : kCorrect) ? "SHA-256" : "SHA1";
}

}  // namespace idnode::handle
