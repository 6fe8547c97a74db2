#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every limit that a stranger's octets meet, by name. Sections are those of the protocol document.
namespace idnode::limits {

inline constexpr std::size_t kEnvelopeBytes = 20;         // §0.2
inline constexpr std::size_t kHeaderBytes = 24;           // §0.2
inline constexpr std::size_t kMessageBytesMax = 262'144;  // §0.2: header + body + credential
inline constexpr std::size_t kDatagramBytesMax = 512;     // §0.2: with the envelope
inline constexpr std::size_t kDatagramPayloadBytesMax = kDatagramBytesMax - kEnvelopeBytes;
inline constexpr std::size_t kFieldBytesMax = 1'048'576;  // §0.1: one BYTES, one INTS
inline constexpr std::size_t kSignedCredentialBytesMax =
    1'024;  // room kept for a signature, RSA 4096 or less
inline constexpr std::size_t kHandleBytesMax = 2'048;  // §0.2: what clients accept, what we store
inline constexpr std::size_t kResponseValuesMax = 2'048;  // §0.2: what clients accept
inline constexpr std::size_t kIndexSelectorsMax = 2'048;  // of one question: as many as values
inline constexpr std::size_t kTypeSelectorsMax = 128;
// Each value is compared with each selector: beyond this many not where other lookups wait.
inline constexpr std::size_t kSelectorsInlineMax = 64;
inline constexpr std::size_t kGroupResolutionsMax =
    100;  // §5.5: HS_VLIST values read for one decision
inline constexpr std::size_t kGroupMembersMax = 10'000;  // §10.2 H27
inline constexpr std::size_t kDelegationDepthMax = 20;   // ancestors asked for a prefix referral
inline constexpr std::uint8_t kRecursionCountMax = 10;   // §0.2
inline constexpr std::chrono::seconds kMessageLifetime{43'200};  // §0.2
// The end of a lifetime moves in steps, so that equal answers have equal octets and one signature.
inline constexpr std::chrono::seconds kExpirationStep{600};
inline constexpr std::chrono::seconds kTtlMax{172'800};            // §2.1
inline constexpr std::chrono::seconds kCacheLifetimeMax{3'600};    // §6.4
inline constexpr std::chrono::seconds kReassemblyLifetime{5};      // §3.5
inline constexpr std::chrono::seconds kPartialMessageTimeout{30};  // §10.2 H3
inline constexpr std::chrono::seconds kChallengeLifetime{60};      // §5.1
inline constexpr std::chrono::seconds kRemoteTime{5};      // §5.5: of one request, for other nodes
inline constexpr std::size_t kKeyIntegerBytesMax = 2'049;  // §2.8: 16,384 bits and a sign octet
inline constexpr std::uint32_t kPbkdf2IterationsMax = 1'000'000;  // §5.2
inline constexpr std::uint32_t kPbkdf2BitsMin = 8;                // §5.2
inline constexpr std::uint32_t kPbkdf2BitsMax = 512;              // §5.2
inline constexpr std::size_t kPbkdf2SaltBytesMax = 1'024;         // §5.2
inline constexpr std::size_t kStreamPieceBytesMax = 4'194'304;    // §7.4: between sign points
inline constexpr std::size_t kStreamRecordValuesMax = 65'536;     // §7: values of one record

}  // namespace idnode::limits
