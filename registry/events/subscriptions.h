#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/idnode/v1/event_query.pb.h"
#include "registry/events/event_keys.h"
#include "registry/events/lifecycle.h"
#include "registry/registration/actor.h"

namespace idnode::events {

inline constexpr std::size_t kSubscriptionsMax = 100;  // to one query
inline constexpr std::size_t kSignatureTokenBytesMax = 1'024;

/// Where events are sent: `https://hook.example.cn:8443/events?of=us`.
struct Destination {
    bool is_secure = true;
    std::string host;  // without brackets
    std::uint16_t port = 0;
    std::string target;  // from the path on
};
/// kInvalid: no such URL, or with a name and password in it.
registration::Outcome<Destination> parse_destination(std::string_view url);
/// Whether the operator allows events to be sent there, as far as the name tells.
bool is_allowed(const Destination& destination, const Terms& terms);

/// What a subscriber asks for.
struct WantedSubscription {
    std::string destination{};
    std::string signature_token{};
    bool report_if_empty = false;
    std::optional<v1::EventQuerySchedule> schedule{};  // not given: as events come
    std::optional<std::int64_t> initial_record_ms{};   // not given: what comes from now on
    std::string epc_format{};
};

/// Who is told of the events that named queries find (identifiers document §15). Blocks on the
/// disk.
class Subscriptions {
  public:
    explicit Subscriptions(const Lifecycle& lifecycle) : lifecycle_(lifecycle) {}

    registration::Outcome<v1::EventSubscription> create(const registration::Actor& actor,
                                                        std::string_view query_name,
                                                        const WantedSubscription& wanted);
    /// kNotFound.
    registration::Outcome<v1::EventSubscription> find(const registration::Actor& actor,
                                                      std::string_view query_name,
                                                      std::string_view id);
    registration::Outcome<std::vector<v1::EventSubscription>> list(const registration::Actor& actor,
                                                                   std::string_view query_name);
    registration::Outcome<void> remove(const registration::Actor& actor,
                                       std::string_view query_name, std::string_view id);

    /// Of all enterprises, a number at a time: `after` is the key of the last one.
    struct Stored {
        std::string key;
        v1::EventSubscription subscription;
    };
    registration::Outcome<std::vector<Stored>> all_after(std::string_view after,
                                                         std::size_t count_max);
    /// What was delivered. kVersionMismatch: it was removed meanwhile.
    registration::Outcome<v1::EventSubscription> keep(const v1::EventSubscription& subscription);

  private:
    const Lifecycle& lifecycle_;
};

/// What signature tokens are sealed for.
inline constexpr std::string_view kSignatureSeal = "signature token";

EventKey position_of(const v1::EventSubscription& subscription);

}  // namespace idnode::events
