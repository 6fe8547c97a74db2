#include "registry/service/rights.h"

#include "proto/base/text.h"

namespace idnode::service {

namespace bits = handle::admin_permission;
using handle::ValueView;

bool is_admin_value(const ValueView& value) {
    return equal_folded(value.type, "HS_ADMIN");
}

bool same_but_time(const ValueView& a, const ValueView& b) {
    constexpr std::size_t kAfterTime = 8;
    return a.index == b.index &&
           same_octets(a.octets.subspan(kAfterTime), b.octets.subspan(kAfterTime));
}

std::uint16_t rights_to_add(const ValueView& value) {
    return is_admin_value(value) ? bits::kAddAdmin : bits::kAddValue;
}

std::uint16_t rights_to_remove(const ValueView& value) {
    return is_admin_value(value) ? bits::kRemoveAdmin : bits::kRemoveValue;
}

std::uint16_t rights_to_modify(const ValueView& old_value, const ValueView& new_value) {
    const bool was_admin = is_admin_value(old_value);
    const bool is_admin = is_admin_value(new_value);
    if (was_admin && is_admin) return bits::kModifyAdmin;
    if (was_admin) return bits::kRemoveAdmin | bits::kModifyValue;
    if (is_admin) return bits::kModifyValue | bits::kAddAdmin;
    const bool anyone = (old_value.permissions & handle::permission::kPublicWrite) != 0;
    return anyone ? 0 : bits::kModifyValue;
}

std::uint16_t rights_to_overwrite(std::span<const ValueView> old_values,
                                  std::span<const ValueView> new_values) {
    unsigned needed = 0;
    auto before = old_values.begin();
    auto after = new_values.begin();
    while (before != old_values.end() || after != new_values.end()) {
        if (after == new_values.end() ||
            (before != old_values.end() && before->index < after->index)) {
            needed |= rights_to_remove(*before++);
        } else if (before == old_values.end() || after->index < before->index) {
            needed |= rights_to_add(*after++);
        } else {
            // Whoever replaces a record replaces the value too: that anyone may write it does not
            // count here.
            if (!same_but_time(*before, *after)) {
                const unsigned modify = rights_to_modify(*before, *after);
                needed |= modify != 0 ? modify : bits::kModifyValue;
            }
            ++before;
            ++after;
        }
    }
    return static_cast<std::uint16_t>(needed);
}

}  // namespace idnode::service
