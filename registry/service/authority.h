#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/handle/header.h"
#include "proto/handle/value.h"
#include "registry/service/directory.h"
#include "registry/service/identity.h"

namespace idnode::service {

/// Who may do what (§5.5): the server's administrators, and those named by the `HS_ADMIN` values of
/// the record that an operation is about, directly or as members of `HS_VLIST` groups.
class Authority {
  public:
    struct Settings {
        std::vector<handle::Reference> server_administrators;
        /// Whether they may do everything with every record, or only what concerns the server.
        bool full_access = true;
        /// Who may retrieve everything, restricted values too, to mirror it (§7).
        std::vector<handle::Reference> mirrors{};
    };

    Authority(Directory& directory, Settings settings)
        : directory_(directory), settings_(std::move(settings)) {}

    /// kSuccess: `requester` proved to be somebody who has all `needed` rights in one `HS_ADMIN`
    /// value of `admin_values`, or a server administrator with full access. Otherwise the code for
    /// the peer: 402 nobody yet, 400 no rights, 403 and 404 no proof.
    handle::ResponseCode permit(Requester& requester, std::span<const handle::Value> admin_values,
                                std::uint16_t needed);
    /// For what concerns the server itself: homing, listing prefixes, backup, status.
    handle::ResponseCode permit_server(Requester& requester);
    /// For replication: a mirror, or a server administrator.
    handle::ResponseCode permit_mirror(Requester& requester);
    /// Only that they are who they claim to be: for changes that change nothing.
    static handle::ResponseCode identify(Requester& requester);

  private:
    template <class Allowed>
    handle::ResponseCode check(Requester& requester, Allowed&& allowed);
    bool is_named(const Identity& identity, std::vector<handle::Reference> references);
    std::vector<handle::Reference> members(const handle::Reference& group);

    Directory& directory_;
    const Settings settings_;
};

}  // namespace idnode::service
