#include "registry/service/authority.h"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/handle/admin.h"
#include "proto/handle/vlist.h"

namespace idnode::service {

using handle::Reference;
using handle::ResponseCode;

ResponseCode Authority::identify(Requester& requester) {
    return requester.claimed() == nullptr ? ResponseCode::kAuthenticationNeeded : requester.prove();
}

/// An identity without rights is refused before its proof is looked at; one with index 0 has to
/// prove first which key it means (§5.3).
template <class Allowed>
ResponseCode Authority::check(Requester& requester, Allowed&& allowed) {
    if (requester.claimed() == nullptr) return ResponseCode::kAuthenticationNeeded;
    if (requester.claimed()->index == 0) {
        const ResponseCode proof = requester.prove();
        if (proof != ResponseCode::kSuccess) return proof;
    }
    if (!allowed(*requester.claimed())) return ResponseCode::kInvalidAdmin;
    return requester.prove();
}

ResponseCode Authority::permit(Requester& requester, std::span<const handle::Value> admin_values,
                               std::uint16_t needed) {
    return check(requester, [&](const Identity& identity) {
        std::vector<Reference> references;
        if (settings_.full_access) references = settings_.server_administrators;
        for (const handle::Value& value : admin_values) {
            if (!equal_folded(value.type, "HS_ADMIN")) continue;
            const auto admin = handle::decode_admin(value.data);
            if (admin && admin->allows(needed)) references.push_back(admin->administrator);
        }
        return is_named(identity, std::move(references));
    });
}

ResponseCode Authority::permit_server(Requester& requester) {
    return check(requester, [&](const Identity& identity) {
        return is_named(identity, settings_.server_administrators);
    });
}

ResponseCode Authority::permit_mirror(Requester& requester) {
    return check(requester, [&](const Identity& identity) {
        std::vector<Reference> references = settings_.mirrors;
        references.insert(references.end(), settings_.server_administrators.begin(),
                          settings_.server_administrators.end());
        return is_named(identity, std::move(references));
    });
}

/// Directly, or in groups, breadth first. Each group is read once; loops and floods of groups end
/// at the bound.
bool Authority::is_named(const Identity& identity, std::vector<Reference> references) {
    std::deque<Reference> groups;
    std::set<std::pair<std::string, std::uint32_t>> seen;
    std::size_t resolutions = 0;
    for (;;) {
        for (Reference& reference : references) {
            if (refers_to(reference, identity)) return true;
            const bool may_be_group = reference.index != 0;
            if (may_be_group && seen.emplace(reference.handle, reference.index).second) {
                groups.push_back(std::move(reference));
            }
        }
        if (groups.empty() || ++resolutions > limits::kGroupResolutionsMax) return false;
        references = members(groups.front());
        groups.pop_front();
    }
}

std::vector<Reference> Authority::members(const Reference& group) {
    const auto values = directory_.values(group.handle);
    if (!values) return {};
    const auto at = std::ranges::find_if(*values, [&](const handle::Value& value) {
        return value.index == static_cast<std::int32_t>(group.index) &&
               equal_folded(value.type, "HS_VLIST");
    });
    if (at == values->end()) return {};
    auto list = handle::decode_vlist(at->data);
    if (!list) return {};
    if (list->size() > limits::kGroupMembersMax) list->resize(limits::kGroupMembersMax);
    return std::move(*list);
}

}  // namespace idnode::service
