#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/value.h"

namespace idnode::handle {

/// Permission bits of `HS_ADMIN`, §2.5.
namespace admin_permission {
inline constexpr std::uint16_t kAddHandle = 0x0001;
inline constexpr std::uint16_t kDeleteHandle = 0x0002;
inline constexpr std::uint16_t kAddDerivedPrefix = 0x0004;
inline constexpr std::uint16_t kDeleteDerivedPrefix = 0x0008;
inline constexpr std::uint16_t kModifyValue = 0x0010;
inline constexpr std::uint16_t kRemoveValue = 0x0020;
inline constexpr std::uint16_t kAddValue = 0x0040;
inline constexpr std::uint16_t kModifyAdmin = 0x0080;
inline constexpr std::uint16_t kRemoveAdmin = 0x0100;
inline constexpr std::uint16_t kAddAdmin = 0x0200;
inline constexpr std::uint16_t kReadValue = 0x0400;
inline constexpr std::uint16_t kListHandles = 0x0800;
inline constexpr std::uint16_t kAll = 0x0FFF;
}  // namespace admin_permission

/// The data of an `HS_ADMIN` value, §2.5.
///
///   0             2                    6+n
///   +-------------+--------------------+-------+
///   | permissions | STR handle (n)     | index |   index 0: any
///   +-------------+--------------------+-------+
struct Admin {
    std::uint16_t permissions = admin_permission::kAll;
    Reference administrator{};
    bool legacy_length = false;  // two surplus octets at the end, as old software wrote

    bool allows(std::uint16_t needed) const { return (permissions & needed) == needed; }
    bool operator==(const Admin&) const = default;
};

/// Exactly two octets more than the fields are accepted; any other length is an error, and such a
/// value gives nobody any right.
Result<Admin, WireError> decode_admin(BytesView data);
/// Writes the two surplus octets (zero) only where `legacy_length` says so.
Bytes encode_admin(const Admin& admin);

/// Twelve binary digits from list handles (0x0800) down to add handle (0x0001): the order of the
/// JSON interface. Batch files write the same digits in the opposite order.
std::string format_admin_permissions(std::uint16_t permissions);
Result<std::uint16_t> parse_admin_permissions(std::string_view text);

}  // namespace idnode::handle
