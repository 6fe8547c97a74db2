#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "proto/idnode/v1/enterprise.pb.h"
#include "proto/idnode/v1/prefix.pb.h"
#include "registry/http/snms/call.h"
#include "registry/http/snms/fault.h"

/// How far enterprises and their prefixes are, in the numbers of §5.
namespace idnode::http::snms {

/// A prefix, allotted or only asked for.
struct PrefixStanding {
    std::string prefix;
    int status = 0;  // 0 disabled, 1 enabled, 2 to be deleted, 3 rejected, 4 waits, 5 in review
    int proxy_state = 2;  // 1 not hosted, 2 applying, 3 rejected, 4 hosted
    google::protobuf::Timestamp created{};
};

PrefixStanding standing_of(const v1::Enterprise& enterprise, const v1::Prefix& prefix);
/// Of what an enterprise asked for and was not allotted.
PrefixStanding standing_of_request(const v1::Enterprise& enterprise);
/// The first of its prefixes, or what it asked for.
registration::Outcome<PrefixStanding> standing_of(const SnmsCall& call,
                                                  const v1::Enterprise& enterprise);

/// The prefixes of an enterprise.
registration::Outcome<std::vector<v1::Prefix>> prefixes_of(const SnmsCall& call,
                                                           std::uint64_t enterprise_id);

/// Those that the caller reaches, by number.
registration::Outcome<void> for_each_enterprise(
    const SnmsCall& call,
    const std::function<registration::Outcome<void>(const v1::Enterprise&)>& visit);

/// Status −3, for what belongs to somebody else.
Fault foreign_enterprise();

}  // namespace idnode::http::snms
