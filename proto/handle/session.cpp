#include "proto/handle/session.h"

#include "proto/base/limits.h"

namespace idnode::handle {

namespace {

constexpr std::size_t kSurplusBytes = 2;

bool read_surplus(ByteReader& in) {
    if (in.left() != kSurplusBytes) return false;
    if (in.u16("surplus octets") != 0) in.fail(WireErrc::kBadValue, "surplus octets");
    return true;
}

}  // namespace

Result<SessionSetupRequest, WireError> decode_session_setup_request(BytesView body) {
    ByteReader in(body);
    SessionSetupRequest out;
    out.mode = static_cast<KeyExchangeMode>(in.u16("key exchange mode"));
    out.timeout = in.u32("session time-out");
    out.identity_handle = in.text_u32("identity handle", limits::kFieldBytesMax);
    out.identity_index = in.u32("identity index");
    switch (out.mode) {
        case KeyExchangeMode::kClientCipher:
        case KeyExchangeMode::kDiffieHellman:
            out.public_key = in.bytes_u32("public key", limits::kFieldBytesMax);
            break;
        case KeyExchangeMode::kHandleCipher:
            out.exchange_key_handle = in.text_u32("exchange key handle", limits::kFieldBytesMax);
            out.exchange_key_index = in.u32("exchange key index");
            break;
        case KeyExchangeMode::kServerCipher:
            break;
        default:
            return in.finish_prefix(out);
    }
    out.surplus = read_surplus(in);
    return in.finish(out);
}

void encode_session_setup_request(const SessionSetupRequest& request, ByteWriter& out) {
    out.u16(static_cast<std::uint16_t>(request.mode));
    out.u32(request.timeout);
    out.text_u32(request.identity_handle);
    out.u32(request.identity_index);
    if (request.mode == KeyExchangeMode::kClientCipher ||
        request.mode == KeyExchangeMode::kDiffieHellman) {
        out.bytes_u32(request.public_key);
    } else if (request.mode == KeyExchangeMode::kHandleCipher) {
        out.text_u32(request.exchange_key_handle);
        out.u32(request.exchange_key_index);
    }
    if (request.surplus) out.u16(0);
}

Result<SessionSetupResponse, WireError> decode_session_setup_response(BytesView body) {
    ByteReader in(body);
    SessionSetupResponse out;
    out.mode = static_cast<KeyExchangeMode>(in.u16("key exchange mode"));
    out.data = in.bytes_u32("key exchange data", limits::kFieldBytesMax);
    out.surplus = read_surplus(in);
    return in.finish(out);
}

void encode_session_setup_response(const SessionSetupResponse& response, ByteWriter& out) {
    out.u16(static_cast<std::uint16_t>(response.mode));
    out.bytes_u32(response.data);
    if (response.surplus) out.u16(0);
}

Result<BytesView, WireError> decode_exchange_key_request(BytesView body) {
    ByteReader in(body);
    const BytesView key = in.bytes_u32("encrypted session key", limits::kFieldBytesMax);
    return in.finish(key);
}

bool has_cipher_number(KeyExchangeMode mode, Version version) {
    return mode == KeyExchangeMode::kDiffieHellman ? version.at_least({2, 4})
                                                   : version.at_least({2, 2});
}

Result<CipherAndKey, WireError> decode_cipher_and_key(BytesView octets, bool with_cipher) {
    ByteReader in(octets);
    CipherAndKey out;
    out.cipher =
        with_cipher ? static_cast<SessionCipher>(in.u32("session cipher")) : SessionCipher::kDes;
    if (with_cipher && block_bytes(out.cipher) == 0) {
        in.fail(WireErrc::kBadValue, "session cipher");
    }
    out.key = in.rest();
    return in.finish_prefix(out);
}

Bytes encode_cipher_and_key(const CipherAndKey& value, bool with_cipher) {
    Bytes octets;
    ByteWriter out(octets);
    if (with_cipher) out.u32(static_cast<std::uint32_t>(value.cipher));
    out.raw(value.key);
    return octets;
}

std::size_t block_bytes(SessionCipher cipher) {
    switch (cipher) {
        case SessionCipher::kDes:
        case SessionCipher::kDesEde:
            return 8;
        case SessionCipher::kAes:
        case SessionCipher::kSm4:
            return 16;
    }
    return 0;
}

Result<EncryptedPayload, WireError> split_encrypted(BytesView payload, Version session_version,
                                                    SessionCipher cipher) {
    ByteReader in(payload);
    EncryptedPayload out;
    const std::size_t block = block_bytes(cipher);
    if (block == 0) return WireError{WireErrc::kBadValue, 0, "session cipher"};
    if (session_version.at_least({2, 4}) && cipher != SessionCipher::kSm4) {
        out.iv = in.take(block, "initialisation vector");
    }
    out.cipher_text = in.rest();
    if (out.cipher_text.empty() || out.cipher_text.size() % block != 0) {
        in.fail(WireErrc::kBadValue, "cipher text");
    }
    return in.finish_prefix(out);
}

}  // namespace idnode::handle
