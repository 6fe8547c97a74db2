#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "registry/http/handler.h"
#include "registry/registration/login_limit.h"
#include "registry/registration/registrar.h"
#include "resolver/engine/context.h"

namespace idnode::http {

/// What callers without a token see of identifiers (§2.4).
enum class AnonymousRead : std::uint8_t { kOff, kPublic, kAll };

/// What becomes of values that an update does not name (§4.4).
enum class UpdateMode : std::uint8_t { kReplace, kMerge };

struct SnmsSettings {
    /// What stands before each path, each beginning with a slash; `/`: nothing.
    std::vector<std::string> base_paths{"/"};
    AnonymousRead anonymous_read = AnonymousRead::kPublic;
    UpdateMode update_mode = UpdateMode::kReplace;
    /// Whether accounts that are made over this interface serve the hashed login (§2.2).
    bool hashed_login = false;
    std::size_t hashed_logins_per_hour = 60;  // of one account
};

/// The beginnings of all paths of this interface.
std::vector<std::string> snms_beginnings(const SnmsSettings& settings);

/// The HTTP interface of the deployed secondary-node management system (SNMS), byte-exact in what
/// it writes and tolerant in what it reads. The arguments must outlive it.
std::unique_ptr<Handler> make_snms_handler(const registration::Registrar& registrar,
                                           registration::LoginLimit& logins,
                                           const resolver::EngineContext& node,
                                           SnmsSettings settings);

}  // namespace idnode::http
