#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/idnode/v1/account.pb.h"
#include "proto/idnode/v1/enterprise.pb.h"
#include "registry/registration/accounts.h"

namespace idnode::registration {

/// What an operator files for an enterprise in one go: the enterprise, its administrator, its
/// files.
struct Application {
    v1::EnterpriseProfile profile;
    std::string personal{};                 // data of people, as JSON; kept sealed
    std::vector<std::uint64_t> file_ids{};  // that were uploaded before
    std::string username{};                 // an account that has no enterprise yet; or
    v1::NewAccount user{};                  // a new one
    DigestPassword password{};              // of the new one
};

/// One commit. kExists: the enterprise, or something of the account, is there already.
Outcome<v1::Enterprise> file_application(const Registrar& registrar, LoginLimit& logins,
                                         const Actor& actor, const Application& application);

}  // namespace idnode::registration
