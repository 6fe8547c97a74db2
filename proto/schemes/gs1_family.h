#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Instances, their lots and their classes, identifiers document §14.3.
namespace idnode::schemes {

/// The CID of the class: `gs1:/01/G/10/L/21/S` -> `gs1:/01/G`, of a GRAI or GDTI without its
/// serial. Nothing: another scheme, or a key that has no class.
std::optional<std::string> class_of(std::string_view cid);

/// The CID of the lot, where it is in the key: `gs1:/01/G/10/L/21/S` -> `gs1:/01/G/10/L`.
std::optional<std::string> lot_of(std::string_view cid);

/// The CID with the lot left out, `gs1:/01/G/10/L/21/S` -> `gs1:/01/G/21/S`: a serial is unique
/// within its GTIN, so that both may be the same unit (§6.4). Nothing: no lot, or no serial.
std::optional<std::string> without_lot(std::string_view cid);

}  // namespace idnode::schemes
