#pragma once

#include <cstddef>

/// Every limit that a stranger's identifier meets, by name. Sections are those of the identifiers
/// document.
namespace idnode::schemes::limits {

inline constexpr std::size_t kIdentifierBytesMax = 2'048;  // §1.3: without tag and escapes
inline constexpr std::size_t kSpellingBytesMax = 8'192;    // of any spelling, with all its escapes
inline constexpr std::size_t kPartShownMax = 80;           // of what a problem repeats
inline constexpr std::size_t kOidArcsMax = 128;            // §5.1
inline constexpr std::size_t kOidTextBytesMax = 1'024;     // §5.1
inline constexpr std::size_t kGs1ValueBytesMax = 90;       // of any application identifier
inline constexpr std::size_t kGs1ElementsMax = 64;         // of one element string
inline constexpr std::size_t kIacTransportBytesMax = 35;   // §3.1
inline constexpr std::size_t kIacItemBytesMax = 50;        // §3.1

}  // namespace idnode::schemes::limits
