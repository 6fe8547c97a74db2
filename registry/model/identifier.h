#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

namespace idnode::model {

/// First octet of a canonical key; one per identifier scheme. Numbers are those of the identifiers
/// document, §1.3.
enum class Scheme : std::uint8_t {  // stored
    kHandle = 0x10,
    kIac = 0x20,
    kEcode = 0x30,
    kOid = 0x40,
    kGs1 = 0x50,
    kDid = 0x60,
    kUri = 0x70,
};

/// Whether the suffixes of a prefix are compared with ASCII folded or octet by octet (identifiers
/// document, §2.3). Prefixes, and handles that begin with `0.`, are always folded.
enum class SuffixCase : std::uint8_t { kFold = 0, kKeep = 1 };  // stored

/// Canonical key of a handle: 0x10, then the folded octets. A handle has at most 2,048 octets
/// (`limits::kHandleBytesMax`), its key one more.
using Key = std::string;

/// A handle cut at its first slash. Views point into the text given.
struct HandleParts {
    std::string_view prefix;
    std::string_view suffix;
    bool has_slash = false;  // without: `prefix` is the whole text, the name of a prefix
};
HandleParts split_handle(std::string_view handle);

/// Begins with `0.` : a handle of the global registry, compared with everything folded (§1.2).
bool is_global(std::string_view handle);
/// `0.NA/…` in any case.
bool is_prefix_handle(std::string_view handle);
/// `0.NA/` and the prefix, folded: `88.100.7` -> `0.NA/88.100.7`.
std::string prefix_handle_of(std::string_view prefix);
/// The parent of a prefix: `a.b.c` -> `a.b`; nothing for a prefix without a dot.
std::optional<std::string_view> parent_prefix(std::string_view prefix);
/// The marker that is homed by a server which answers for prefix handles derived from `prefix`:
/// `88.100` -> `0.NA/0.NA/88.100` (§1.4).
std::string derived_marker(std::string_view prefix);

/// Appends the key of `handle` to `out`, which is cleared first and may be reused: no allocation
/// once it has grown. A text without slash is the name of a prefix: its key is that of its prefix
/// handle.
void write_key(std::string_view handle, SuffixCase suffix_case, Key& out);
/// The same for a handle that was cut already.
void write_key(std::string_view handle, const HandleParts& parts, SuffixCase suffix_case, Key& out);
Key key_of(std::string_view handle, SuffixCase suffix_case = SuffixCase::kFold);
/// The folded text inside a handle key.
std::string_view key_text(std::string_view key);

/// Rules for identifiers that this node registers (identifiers document, §2.1): under two-digit
/// country prefixes (`88.`, `86.`) the industrial grammar, at most `max_levels` prefix segments;
/// every handle: well-formed UTF-8, no control characters, no U+FEFF, no space at either end of the
/// suffix, a suffix, at most 2,048 octets. Global handles (`0.…`) need only be UTF-8 and short
/// enough. kInvalid: the detail names the rule.
Result<void> check_registrable(std::string_view handle, unsigned max_levels = 3);
/// As above for a bare prefix such as `88.100`.
Result<void> check_prefix(std::string_view prefix, unsigned max_levels = 3);

/// The handle in a text that a person or a QR code gives: spaces around it, `hdl:` and `info:hdl/`
/// are taken off. Nothing else is changed. kInvalid for another scheme and for a value reference,
/// with the forms accepted. (A URL needs the list of proxy hosts: the HTTP front door knows it.)
Result<std::string> parse_handle_text(std::string_view text);

/// `index:handle`, §1.5 of the protocol; without decimal digits before the first colon the text is
/// a handle with index 0. kInvalid: no handle, or an index above 2,147,483,647.
struct ValueReference {
    std::uint32_t index = 0;
    std::string handle;
};
Result<ValueReference> parse_value_reference(std::string_view text);

}  // namespace idnode::model
