#include "registry/registration/login_limit.h"

namespace idnode::registration {

namespace {

constexpr std::size_t kFailuresMax = 5;
constexpr model::TimeMs kWindowMs = 5 * 60 * 1'000;
constexpr model::TimeMs kLockMs = 10 * 60 * 1'000;
constexpr model::TimeMs kHourMs = 60 * 60 * 1'000;
constexpr std::size_t kRememberedMax = 65'536;

// Accounts and sources are counted in one table.
std::string account_key(const std::string& account) {
    return "account " + account;
}
std::string source_key(const std::string& from) {
    return "source " + from;
}

}  // namespace

bool LoginLimit::allows(const std::string& account, const std::string& from, model::TimeMs now) {
    const std::scoped_lock lock(mutex_);
    return !is_locked(account_key(account), now) && !is_locked(source_key(from), now);
}

bool LoginLimit::takes_login(const std::string& account, std::size_t per_hour_max,
                             model::TimeMs now) {
    const std::scoped_lock lock(mutex_);
    if (logins_.size() >= kRememberedMax && !logins_.contains(account)) {
        std::erase_if(logins_,
                      [now](const auto& entry) { return entry.second.back() + kHourMs <= now; });
    }
    std::deque<model::TimeMs>& times = logins_[account];
    while (!times.empty() && times.front() + kHourMs <= now) times.pop_front();
    if (times.size() >= per_hour_max) return false;
    times.push_back(now);
    return true;
}

void LoginLimit::count_wrong(const std::string& account, const std::string& from,
                             model::TimeMs now) {
    const std::scoped_lock lock(mutex_);
    count(account_key(account), now);
    count(source_key(from), now);
}

bool LoginLimit::is_locked(const std::string& key, model::TimeMs now) {
    const auto at = failures_.find(key);
    return at != failures_.end() && now < at->second.locked_until;
}

void LoginLimit::count(const std::string& key, model::TimeMs now) {
    if (failures_.size() >= kRememberedMax) {
        std::erase_if(failures_, [now](const auto& entry) {
            const Failures& failures = entry.second;
            return now >= failures.locked_until &&
                   (failures.times.empty() || failures.times.back() + kWindowMs <= now);
        });
        // A flood of fresh names: they share the memory there is.
        if (failures_.size() >= kRememberedMax) failures_.erase(failures_.begin());
    }
    Failures& failures = failures_[key];
    while (!failures.times.empty() && failures.times.front() + kWindowMs <= now) {
        failures.times.pop_front();
    }
    failures.times.push_back(now);
    if (failures.times.size() < kFailuresMax) return;
    failures.locked_until = now + kLockMs;
    failures.times.clear();
}

}  // namespace idnode::registration
