#include "registry/service/identity.h"

#include "proto/base/text.h"
#include "registry/model/identifier.h"

namespace idnode::service {

std::string to_text(const Identity& identity) {
    return std::to_string(identity.index) + ":" + identity.handle;
}

bool same_identity_handle(std::string_view a, std::string_view b) {
    if (model::is_global(a)) return equal_folded(a, b);
    const model::HandleParts x = model::split_handle(a);
    const model::HandleParts y = model::split_handle(b);
    return x.has_slash == y.has_slash && equal_folded(x.prefix, y.prefix) && x.suffix == y.suffix;
}

bool refers_to(const handle::Reference& entry, const Identity& identity) {
    return (entry.index == 0 || entry.index == identity.index) &&
           same_identity_handle(entry.handle, identity.handle);
}

}  // namespace idnode::service
