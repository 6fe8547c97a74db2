#pragma once

#include <string>

#include "registry/http/snms/json_body.h"
#include "registry/registration/applications.h"

/// Applications of enterprises as this interface has them (§5).
namespace idnode::http::snms {

/// Who an application is for: a new user, or one that exists.
enum class Applicant : std::uint8_t { kNewUser, kUser };

Outcome<registration::Application> read_application(const Members& members, Applicant applicant);

/// A new user: of `sysUser`, or of an account by itself.
struct UserLimits {
    std::string_view name_member;  // what its name is called; the other spelling is read, too
    std::size_t password_max;
    std::size_t contact_max;
};
Outcome<void> read_user(const Members& members, const UserLimits& limits,
                        registration::Application& out);

/// The application as it came, with the numbers of identity papers masked; complete JSON.
std::string application_json(const v1::Enterprise& enterprise, std::string_view user_json);

}  // namespace idnode::http::snms
