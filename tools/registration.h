#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/http/handler.h"
#include "registry/model/ports.h"
#include "registry/registration/login_limit.h"
#include "registry/registration/meters.h"
#include "registry/registration/rate_limits.h"
#include "registry/registration/registrar.h"
#include "tools/settings.h"

namespace idnode::tools {

/// What a node registers with, wired by its settings. The ports must outlive it.
class Registration {
  public:
    struct Parts {
        model::RecordStore& store;
        const model::Clock& clock;
        model::Entropy& entropy;
        const model::Digests& digests;
        BytesView server_key;  // the private one
    };
    /// What was counted is written.
    ~Registration();
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    static Result<std::unique_ptr<Registration>> open(const Settings& settings, const Parts& parts);

    /// From time to time: what was counted elsewhere is put down to who it is of.
    void meter_lookups(const std::map<std::string, std::uint64_t>& by_prefix) {
        meters_.add_lookups(registrar_, by_prefix);
    }

    const registration::Registrar& registrar() const { return registrar_; }
    registration::LoginLimit& logins() { return logins_; }
    /// `/idn/…`
    http::Handler& api() { return *api_; }

  private:
    Registration(const Settings& settings, const Parts& parts, std::unique_ptr<model::Seal> seal);

    const registration::Terms terms_;
    std::unique_ptr<model::Passwords> passwords_;
    std::unique_ptr<model::Seal> seal_;
    registration::LoginLimit logins_;
    registration::Meters meters_;
    registration::RateLimits rates_;
    registration::Housekeeping housekeeping_;
    const registration::Registrar registrar_;
    std::unique_ptr<http::Handler> api_;
};

inline constexpr std::string_view kOperatorAccount = "operator";
inline constexpr std::string_view kOperatorTokenFile = "operator.token";

/// Makes the first account, an operator, if it is not there, and a token for it that lasts a year,
/// written to `file` with mode 0600.
Result<void> make_operator(const registration::Registrar& registrar,
                           const std::filesystem::path& file);

/// The same for a node that is stopped and may be older than registration. kConflict: the file is
/// there already.
Result<void> renew_operator(const Settings& settings, const std::filesystem::path& file);

}  // namespace idnode::tools
