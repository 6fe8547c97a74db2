#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

#include "registry/model/change.h"

namespace idnode::registration {

/// How often somebody may guess: five wrong logins within five minutes, counted by account and by
/// source, and that account or source waits ten minutes. Bounded: the oldest are forgotten when
/// there are too many. Counts right logins, too, where these are limited. Thread-safe.
class LoginLimit {
  public:
    /// Whether a login may be tried now.
    bool allows(const std::string& account, const std::string& from, model::TimeMs now);
    /// One more login of the account, of so many in any hour. False: it has to wait.
    bool takes_login(const std::string& account, std::size_t per_hour_max, model::TimeMs now);
    void count_wrong(const std::string& account, const std::string& from, model::TimeMs now);

  private:
    struct Failures {
        std::deque<model::TimeMs> times;
        model::TimeMs locked_until = 0;
    };
    bool is_locked(const std::string& key, model::TimeMs now);
    void count(const std::string& key, model::TimeMs now);

    std::mutex mutex_;
    std::unordered_map<std::string, Failures> failures_;
    std::unordered_map<std::string, std::deque<model::TimeMs>> logins_;  // of the last hour
};

}  // namespace idnode::registration
