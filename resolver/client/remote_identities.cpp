#include "resolver/client/remote_identities.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "proto/handle/hash.h"
#include "proto/handle/resolution.h"
#include "proto/handle/site.h"
#include "registry/model/identifier.h"
#include "resolver/client/client.h"

namespace idnode::client {

namespace {

using handle::ResponseCode;
using resolver::Deadline;
using service::SecretVerdict;
using Values = std::vector<handle::Value>;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kRecordBytesMax = 65'536;  // a longer one is used, but not kept
constexpr std::size_t kSitesMax = 3;             // of a prefix, that are tried

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

/// Twelve zero octets and IPv4, or IPv6 (§2.7), which may hold an IPv4 address as well.
bool is_usable(const std::array<std::byte, 16>& address, bool loopback) {
    const auto octet = [&](std::size_t at) { return std::to_integer<unsigned>(address.at(at)); };
    const bool ten_zeros = std::all_of(address.begin(), address.begin() + 10,
                                       [](std::byte b) { return b == std::byte{0}; });
    const bool is_mapped = octet(10) == 0xFF && octet(11) == 0xFF;
    if (ten_zeros && (is_mapped || (octet(10) == 0 && octet(11) == 0))) {
        const bool is_v6_loopback = octet(12) == 0 && octet(13) == 0 && octet(14) == 0;
        if (is_v6_loopback) return loopback && octet(15) == 1;
        if (octet(12) == 127) return loopback;
        const bool link_local = octet(12) == 169 && octet(13) == 254;
        return octet(12) != 0 && octet(12) < 224 && !link_local;
    }
    const bool multicast = octet(0) == 0xFF;
    const bool link_local = octet(0) == 0xFE && (octet(1) & 0xC0U) == 0x80;
    return !multicast && !link_local;
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
    Result<Values> read(std::string_view handle, std::vector<std::string> types, Deadline deadline);
    Result<Values> ask(std::string_view handle, std::vector<std::string> types, Deadline deadline);
    Result<SecretVerdict> ask_server(const handle::Site& site,
                                     const handle::VerifyRequest& question, handle::Version version,
                                     Deadline deadline);

    resolver::Upstream& upstream_;
    const model::Digests& digests_;
    const RemoteSettings settings_;
    Memory memory_;
    std::atomic<unsigned> calls_ = 0;
};

Result<Values> Remote::read(std::string_view handle, std::vector<std::string> types,
                            Deadline deadline) {
    const std::string key = types.front() + ' ' + std::string(handle);
    if (auto known = memory_.find(key)) return *std::move(known);
    const Call call(calls_, settings_.calls_max);
    if (!call.is_granted()) return too_many();
    auto found = ask(handle, std::move(types), deadline);
    if (!found) {
        memory_.keep(key, found, settings_.failure_lifetime);
    } else if (bytes_of(*found) <= kRecordBytesMax) {
        memory_.keep(key, found, settings_.lifetime);
    }
    return found;
}

/// Asks the top-level node, past the cache of answers for clients: a key that was withdrawn must
/// not live as long as its time to live.
Result<Values> Remote::ask(std::string_view handle, std::vector<std::string> types,
                           Deadline deadline) {
    resolver::Question question;
    question.handle = handle;
    question.types = std::move(types);
    question.flags = kOrdinaryFlags | handle::flag::kAuthoritative;
    const auto promise = std::make_shared<std::promise<resolver::UpstreamAnswerPtr>>();
    auto future = promise->get_future();
    upstream_.ask(std::move(question), [promise](const resolver::UpstreamAnswerPtr& answer) {
        promise->set_value(answer);
    });
    if (future.wait_until(deadline) != std::future_status::ready) {
        return Error{Errc::kTimeout, "no answer about " + std::string(handle) + " in time"};
    }
    const resolver::UpstreamAnswerPtr answer = future.get();
    switch (answer->code) {
        case ResponseCode::kSuccess: {
            auto values = handle::decode_values(answer->content);
            if (!values) return Error{Errc::kUnavailable, "a broken answer"};
            return std::move(*values);
        }
        case ResponseCode::kHandleNotFound:
        case ResponseCode::kValuesNotFound:
            return Error{Errc::kNotFound, std::string(handle)};
        default:
            return Error{Errc::kUnavailable,
                         std::string(handle) + ": " + std::string(handle::name_of(answer->code))};
    }
}

Result<SecretVerdict> Remote::ask_about_secret(const handle::VerifyRequest& question,
                                               handle::Version version, Deadline deadline) {
    const model::HandleParts parts = model::split_handle(question.user_handle);
    // A prefix handle lies with the registry that its parent names (§1.4).
    const bool is_prefix = !parts.has_slash || model::is_prefix_handle(question.user_handle);
    const auto parent = is_prefix
                            ? model::parent_prefix(parts.has_slash ? parts.suffix : parts.prefix)
                            : std::nullopt;
    const std::string of_service = parent      ? model::prefix_handle_of(*parent)
                                   : is_prefix ? std::string("0.NA/0.NA")
                                               : model::prefix_handle_of(parts.prefix);
    const auto values = read(of_service, {"HS_SITE", "HS_SITE.6"}, deadline);
    if (!values) return values.error();
    const Call call(calls_, settings_.calls_max);
    if (!call.is_granted()) return too_many();
    Error last{Errc::kUnavailable, of_service + " names no server that can be asked"};
    std::size_t tried = 0;
    for (const handle::Value& value : *values) {
        const auto site = handle::decode_site(value.data);
        if (!site || site->servers.empty()) continue;
        if (++tried > kSitesMax) break;
        const auto verdict = ask_server(*site, question, version, deadline);
        if (verdict) return *verdict;
        last = verdict.error();
    }
    return last;
}

/// Operation 201 at the server of the site that the handle hashes to (§6.3).
Result<SecretVerdict> Remote::ask_server(const handle::Site& site,
                                         const handle::VerifyRequest& question,
                                         handle::Version version, Deadline deadline) {
    const std::uint32_t number = handle::hash_number(
        digests_.md5(as_bytes_view(handle::text_to_hash(question.user_handle, site.hash_option))));
    const handle::Server& server = site.servers[number % site.servers.size()];
    const auto tcp = std::ranges::find_if(server.interfaces, [](const handle::Interface& one) {
        return one.transport == handle::Transport::kTcp &&
               one.type != handle::InterfaceType::kOutOfService && one.port > 0;
    });
    if (tcp == server.interfaces.end() || !is_usable(server.address, settings_.loopback)) {
        return Error{Errc::kUnavailable, "the site record names no server to ask by TCP"};
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left <= std::chrono::milliseconds::zero()) {
        return Error{Errc::kTimeout, "no time is left for other nodes"};
    }
    ChannelOptions options;
    options.timeout = left;
    options.use_session = false;
    options.certify = true;
    const handle::Version spoken = site.protocol.at_least(version) ? version : site.protocol;
    Client client(Channel(
        {handle::format_site_address(server.address), static_cast<std::uint16_t>(tcp->port)},
        options, {spoken, server.public_key}));
    const auto valid = client.verify(question);
    if (!valid) return Error{Errc::kUnavailable, valid.error().detail};
    return SecretVerdict{.is_valid = *valid, .version = site.protocol};
}

}  // namespace

std::unique_ptr<resolver::RemoteIdentities> make_remote_identities(resolver::Upstream& upstream,
                                                                   const model::Digests& digests,
                                                                   const RemoteSettings& settings) {
    return std::make_unique<Remote>(upstream, digests, settings);
}

}  // namespace idnode::client
