#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "proto/base/limits.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/base/writer.h"
#include "proto/handle/envelope.h"

namespace idnode::handle {

/// §4.1.
enum class OpCode : std::uint32_t {  // wire
    kReserved = 0,
    kResolution = 1,
    kGetSiteInfo = 2,
    kCreateHandle = 100,
    kDeleteHandle = 101,
    kAddValue = 102,
    kRemoveValue = 103,
    kModifyValue = 104,
    kListHandles = 105,
    kListPrefixes = 106,  // RFC 3652 only; no peer implements it
    kChallengeResponse = 200,
    kVerifyResponse = 201,
    kHomePrefix = 300,
    kUnhomePrefix = 301,
    kListHomedPrefixes = 302,
    kSessionSetup = 400,
    kSessionTerminate = 401,
    kSessionExchangeKey = 402,
    kGetNextTransactionId = 1000,
    kRetrieveTransactions = 1001,
    kDumpHandles = 1002,
    kBackup = 1003,
    kPasswordLogin = 2000,
    kLoginToIdSystem = 2001,
};

/// §4.2.
enum class ResponseCode : std::uint32_t {  // wire
    kNone = 0,                             // every request
    kSuccess = 1,
    kError = 2,
    kServerBusy = 3,
    kProtocolError = 4,
    kOperationNotSupported = 5,
    kRecursionLimit = 6,
    kServerBackup = 7,
    kHandleNotFound = 100,
    kHandleAlreadyExists = 101,
    kInvalidHandle = 102,
    kValuesNotFound = 200,
    kValueAlreadyExists = 201,
    kInvalidValue = 202,
    kOutOfDateSiteInfo = 300,
    kServerNotResponsible = 301,
    kServiceReferral = 302,
    kPrefixReferral = 303,
    kInvalidAdmin = 400,
    kInsufficientPermissions = 401,
    kAuthenticationNeeded = 402,
    kAuthenticationFailed = 403,
    kInvalidCredential = 404,
    kAuthenticationTimeout = 405,
    kAuthenticationError = 406,
    kSessionTimeout = 500,
    kSessionFailed = 501,
    kInvalidSessionKey = 502,
    kNeedRsaKey = 503,
    kInvalidSessionSetup = 504,
    kSessionMessageRejected = 505,
};

/// Lower-case words for logs, tools and tests: `handle not found`. Unknown codes: "unknown".
std::string_view name_of(OpCode op);
std::string_view name_of(ResponseCode code);

/// The number written for `code` to a peer that is answered in `version`: 7 becomes 303 and 202
/// becomes 201 below 2.5 (§4.2).
std::uint32_t wire_response_code(ResponseCode code, Version version);

/// The other direction, for clients: 303 from a peer that encodes below 2.5 means kServerBackup.
/// (201 from such a peer stays "value already exists": nothing tells the two apart.)
ResponseCode meaning_of(ResponseCode received, Version version);

/// The answer for an error that no rule of an operation has given a more exact code.
ResponseCode response_code(Errc error);

/// Header flags, §3.2.
namespace flag {
inline constexpr std::uint32_t kAuthoritative = 0x80000000;
inline constexpr std::uint32_t kCertify = 0x40000000;
inline constexpr std::uint32_t kEncrypt = 0x20000000;
inline constexpr std::uint32_t kRecursive = 0x10000000;
inline constexpr std::uint32_t kCacheCertify = 0x08000000;
inline constexpr std::uint32_t kContinuous = 0x04000000;
inline constexpr std::uint32_t kKeepConnection = 0x02000000;
inline constexpr std::uint32_t kPublicOnly = 0x01000000;
inline constexpr std::uint32_t kRequestDigest = 0x00800000;
inline constexpr std::uint32_t kOverwrite = 0x00400000;
inline constexpr std::uint32_t kMintSuffix = 0x00200000;
inline constexpr std::uint32_t kDoNotRefer = 0x00100000;
}  // namespace flag

/// The twenty-four octets after the envelope, §3.2.
///
///   0         4          8       12        14          15   16           20
///   +---------+----------+-------+---------+-----------+---+------------+-------------+
///   | op code | response | flags | site    | recursion | 0 | expiration | body length |
///   |         | code     |       | serial  | count     |   |            |             |
///   +---------+----------+-------+---------+-----------+---+------------+-------------+
struct Header {
    OpCode op = OpCode::kReserved;                // any number may come in
    ResponseCode response = ResponseCode::kNone;  // any number may come in
    std::uint32_t flags = 0;
    std::int16_t site_serial = -1;  // -1: unknown
    std::uint8_t recursion_count = 0;
    std::uint8_t reserved = 0;      // as received; written back
    std::uint32_t expiration = 0;   // Unix seconds
    std::uint32_t body_length = 0;  // compared with the message by `decode_message`

    bool has(std::uint32_t bit) const { return (flags & bit) != 0; }
    bool operator==(const Header&) const = default;
};

Result<Header, WireError> decode_header(BytesView octets);
using HeaderOctets = std::array<std::byte, limits::kHeaderBytes>;
HeaderOctets header_octets(const Header& header);
inline void encode_header(const Header& header, ByteWriter& out) {
    out.raw(header_octets(header));
}

}  // namespace idnode::handle
