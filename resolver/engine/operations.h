#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "proto/handle/header.h"

namespace idnode::resolver {

/// What kind of interface of a site an operation needs (§4.1, §2.7). This node's UDP interface is a
/// query interface, its TCP interface serves both.
enum class Service : std::uint8_t { kQuery, kAny, kAdmin };

/// Which part of the engine carries an operation out.
enum class Part : std::uint8_t {
    kResolution,
    kSiteInfo,
    kAdministration,
    kAuthentication,  // challenges, sessions
    kReplication,     // for mirrors, and backups
    kLogin,           // of industrial clients; elsewhere nobody knows it (§9.3)
    kNotSupported,    // known to the protocol, refused by this node with RC 5
};

struct Operation {
    handle::OpCode code;
    Service service;
    Part part;
    bool primary_only = false;  // a mirror refuses it (§4.10)
};

/// Every operation this node knows, by number. Anything else is answered with RC 2.
inline constexpr std::array kOperations{
    Operation{handle::OpCode::kResolution, Service::kQuery, Part::kResolution},
    Operation{handle::OpCode::kGetSiteInfo, Service::kAny, Part::kSiteInfo},
    Operation{handle::OpCode::kCreateHandle, Service::kAdmin, Part::kAdministration, true},
    Operation{handle::OpCode::kDeleteHandle, Service::kAdmin, Part::kAdministration, true},
    Operation{handle::OpCode::kAddValue, Service::kAdmin, Part::kAdministration, true},
    Operation{handle::OpCode::kRemoveValue, Service::kAdmin, Part::kAdministration, true},
    Operation{handle::OpCode::kModifyValue, Service::kAdmin, Part::kAdministration, true},
    Operation{handle::OpCode::kListHandles, Service::kAdmin, Part::kAdministration},
    Operation{handle::OpCode::kChallengeResponse, Service::kAny, Part::kAuthentication},
    Operation{handle::OpCode::kVerifyResponse, Service::kAny, Part::kAuthentication},
    Operation{handle::OpCode::kHomePrefix, Service::kAdmin, Part::kAdministration, true},
    Operation{handle::OpCode::kUnhomePrefix, Service::kAdmin, Part::kAdministration, true},
    Operation{handle::OpCode::kListHomedPrefixes, Service::kAdmin, Part::kAdministration},
    Operation{handle::OpCode::kSessionSetup, Service::kAny, Part::kAuthentication},
    Operation{handle::OpCode::kSessionTerminate, Service::kAny, Part::kAuthentication},
    Operation{handle::OpCode::kSessionExchangeKey, Service::kAny, Part::kAuthentication},
    Operation{handle::OpCode::kGetNextTransactionId, Service::kAdmin, Part::kNotSupported},
    Operation{handle::OpCode::kRetrieveTransactions, Service::kAdmin, Part::kReplication, true},
    Operation{handle::OpCode::kDumpHandles, Service::kAdmin, Part::kReplication, true},
    Operation{handle::OpCode::kBackup, Service::kAdmin, Part::kReplication},
    Operation{handle::OpCode::kLoginToIdSystem, Service::kAny, Part::kLogin},
};
static_assert(std::ranges::is_sorted(kOperations, {}, &Operation::code));

constexpr const Operation* find_operation(handle::OpCode code) {
    const auto at = std::ranges::lower_bound(kOperations, code, {}, &Operation::code);
    return at != kOperations.end() && at->code == code ? &*at : nullptr;
}

}  // namespace idnode::resolver
