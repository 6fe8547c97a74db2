#include "resolver/client/remote_identities.h"

#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "resolver/client/client.h"
#include "resolver/client/site_walk.h"

namespace idnode::client {

namespace {

using resolver::Deadline;
using service::SecretVerdict;
using Values = std::vector<handle::Value>;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kRecordBytesMax = 65'536;  // a longer one is used, but not kept

std::size_t bytes_of(const Values& values) {
    std::size_t out = 0;
    for (const handle::Value& value : values) out += value.type.size() + value.data.size();
    return out;
}

/// What is known of records elsewhere, good or bad, for a short while. Thread-safe.
class Memory {
  public:
    using Known = Result<Values>;

    explicit Memory(std::size_t records_max) : records_max_(records_max) {}

    std::optional<Known> find(const std::string& handle) {
        const std::scoped_lock lock(mutex_);
        const auto at = by_handle_.find(handle);
        if (at == by_handle_.end()) return std::nullopt;
        if (at->second->until <= SteadyClock::now()) {
            entries_.erase(at->second);
            by_handle_.erase(at);
            return std::nullopt;
        }
        entries_.splice(entries_.begin(), entries_, at->second);
        return at->second->known;
    }

    void keep(const std::string& handle, const Known& known, std::chrono::seconds lifetime) {
        const std::scoped_lock lock(mutex_);
        if (const auto at = by_handle_.find(handle); at != by_handle_.end()) {
            entries_.erase(at->second);
            by_handle_.erase(at);
        } else if (entries_.size() >= records_max_) {
            by_handle_.erase(entries_.back().handle);
            entries_.pop_back();
        }
        entries_.push_front({handle, known, SteadyClock::now() + lifetime});
        by_handle_.emplace(handle, entries_.begin());
    }

  private:
    struct Entry {
        std::string handle;
        Known known;
        SteadyClock::time_point until;
    };
    const std::size_t records_max_;
    std::mutex mutex_;
    std::list<Entry> entries_;  // the one used last first
    std::unordered_map<std::string, std::list<Entry>::iterator> by_handle_;
};

/// A place among the calls that may wait at once.
class Call {
  public:
    Call(std::atomic<unsigned>& count, unsigned count_max)
        : count_(count), granted_(count_.fetch_add(1) < count_max) {}
    ~Call() { count_.fetch_sub(1); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    bool is_granted() const { return granted_; }

  private:
    std::atomic<unsigned>& count_;
    const bool granted_;
};

Error too_many() {
    return {Errc::kUnavailable, "too many requests wait for other nodes"};
}

class Remote final : public resolver::RemoteIdentities {
  public:
    Remote(resolver::Upstream& upstream, const model::Digests& digests,
           const RemoteSettings& settings)
        : upstream_(upstream),
          digests_(digests),
          settings_(settings),
          memory_(settings.records_max) {}

    Result<Values> values(std::string_view handle, Deadline deadline) override {
        return read(handle, {"HS_ADMIN", "HS_VLIST", "HS_PUBKEY"}, deadline);
    }

    Result<SecretVerdict> ask_about_secret(const handle::VerifyRequest& question,
                                           handle::Version version, Deadline deadline) override;

  private:
    Result<Values> read(std::string_view handle, const std::vector<std::string>& types,
                        Deadline deadline);
    SiteWalk begin_walk(Deadline deadline) {
        return {upstream_, digests_, {.loopback = settings_.loopback, .deadline = deadline}};
    }

    resolver::Upstream& upstream_;
    const model::Digests& digests_;
    const RemoteSettings settings_;
    Memory memory_;
    std::atomic<unsigned> calls_ = 0;
};

Result<Values> Remote::read(std::string_view handle, const std::vector<std::string>& types,
                            Deadline deadline) {
    const std::string key = types.front() + ' ' + std::string(handle);
    if (auto known = memory_.find(key)) return *std::move(known);
    const Call call(calls_, settings_.calls_max);
    if (!call.is_granted()) return too_many();
    auto found = begin_walk(deadline).resolve(std::string(handle), types);
    if (!found) {
        memory_.keep(key, found, settings_.failure_lifetime);
    } else if (bytes_of(*found) <= kRecordBytesMax) {
        memory_.keep(key, found, settings_.lifetime);
    }
    return found;
}

Result<SecretVerdict> Remote::ask_about_secret(const handle::VerifyRequest& question,
                                               handle::Version version, Deadline deadline) {
    const std::string of_service = service_handle_of(question.user_handle);
    const auto values = read(of_service, service_types(), deadline);
    if (!values) return values.error();
    const Call call(calls_, settings_.calls_max);
    if (!call.is_granted()) return too_many();
    SiteWalk walk = begin_walk(deadline);
    Error last{Errc::kUnavailable, of_service + " names no server that can be asked"};
    for (const handle::Site& site : walk.sites_of(*values)) {
        auto channel = walk.open(site, question.user_handle, version);
        if (!channel) {
            last = channel.error();
            continue;
        }
        const auto valid = Client(std::move(*channel)).verify(question);
        if (valid) return SecretVerdict{.is_valid = *valid, .version = site.protocol};
        last = {Errc::kUnavailable, valid.error().detail};
    }
    return last;
}

}  // namespace

std::unique_ptr<resolver::RemoteIdentities> make_remote_identities(resolver::Upstream& upstream,
                                                                   const model::Digests& digests,
                                                                   const RemoteSettings& settings) {
    return std::make_unique<Remote>(upstream, digests, settings);
}

}  // namespace idnode::client
