#pragma once

#include <cstdint>
#include <span>

#include "proto/base/bytes.h"
#include "proto/handle/admin.h"
#include "proto/handle/value.h"

/// Which `HS_ADMIN` permissions a change of values needs (§4.5 to §4.7, §5.5). Bits are those of
/// `handle::admin_permission`. Value lists ascend by index.
namespace idnode::service {

bool is_admin_value(const handle::ValueView& value);
/// Equal but for the timestamp.
bool same_but_time(const handle::ValueView& a, const handle::ValueView& b);

std::uint16_t rights_to_add(const handle::ValueView& value);
std::uint16_t rights_to_remove(const handle::ValueView& value);
/// The table of §4.7: 0 where anyone may write the old value and neither is an administrator value.
std::uint16_t rights_to_modify(const handle::ValueView& old_value,
                               const handle::ValueView& new_value);
/// For replacing a whole record: the union over all differences; 0 when nothing changes.
std::uint16_t rights_to_overwrite(std::span<const handle::ValueView> old_values,
                                  std::span<const handle::ValueView> new_values);

}  // namespace idnode::service
