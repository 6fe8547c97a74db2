#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "registry/model/ports.h"
#include "resolver/engine/remote.h"
#include "resolver/engine/upstream.h"

namespace idnode::client {

struct RemoteSettings {
    std::chrono::seconds lifetime{60};         // of a record that was read elsewhere
    std::chrono::seconds failure_lifetime{5};  // of "nobody answers" and "not found"
    std::size_t records_max = 1'024;           // kept at once
    unsigned calls_max = 2;                    // that wait for other nodes at once; one more fails
    bool loopback = false;                     // whether site records may name this machine
};

/// Identities on other nodes. Records come through `upstream`, whose word is taken for the public
/// keys, groups and administrators of what it is responsible for; secrets are verified by operation
/// 201 at the server that the site record of the prefix names, and only its signed word counts
/// (§5.4). What is given must outlive the object.
std::unique_ptr<resolver::RemoteIdentities> make_remote_identities(resolver::Upstream& upstream,
                                                                   const model::Digests& digests,
                                                                   const RemoteSettings& settings);

}  // namespace idnode::client
