#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "proto/idnode/v1/event_query.pb.h"
#include "registry/events/follower.h"
#include "registry/events/lifecycle.h"
#include "registry/events/subscriptions.h"
#include "registry/registration/login_limit.h"

namespace idnode::events {

/// Events on their way to a subscriber.
struct Delivery {
    std::string destination;
    std::string body;
    std::string signature;  // empty: none was asked for
};

/// Carries deliveries. May be used by several threads.
class DeliverySender {
  public:
    virtual ~DeliverySender() = default;
    /// The status of the answer. Blocks, but not for long; an error says why there was none.
    virtual Result<unsigned> send(const Delivery& delivery) = 0;
};

/// Base64 of HMAC-SHA256 (RFC 2104) of the body under the subscriber's token: header
/// `GS1-Signature`.
std::string signature_of(const model::Digests& digests, std::string_view token,
                         std::string_view body);

/// Tells subscribers, with threads of its own. What was delivered is stored after the subscriber
/// said so with a 2xx: nothing is lost, and only what was under way when the node ended is sent
/// again. A subscriber that does not answer is asked again later and later, and never given up.
class Deliveries {
  public:
    Deliveries(const Lifecycle& lifecycle, registration::LoginLimit& logins,
               DeliverySender& sender);
    Deliveries(const Deliveries&) = delete;
    Deliveries& operator=(const Deliveries&) = delete;
    /// Waits for what is under way.
    ~Deliveries();

  private:
    using Stored = Subscriptions::Stored;

    void look_around(const std::stop_token& stop);
    void work(const std::stop_token& stop);
    void find_due();
    bool is_due(const Stored& one, const EventKey& known);
    EventKey position(const Stored& one);

    void deliver(const Stored& one);
    registration::Outcome<void> deliver_until(v1::EventSubscription& one, const std::string& key,
                                              const EventKey& known);
    registration::Outcome<void> send(const v1::EventSubscription& one,
                                     const std::vector<StoredEvent>& events);

    const Lifecycle& lifecycle_;
    registration::LoginLimit& logins_;
    DeliverySender& sender_;

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Stored> due_;
    /// Of subscriptions that are waiting or being told, by key.
    std::map<std::string, bool> busy_;
    /// Up to where nothing for the subscriber was found: later than what is stored.
    std::map<std::string, EventKey> looked_at_;
    std::vector<std::jthread> threads_;  // last: they end first
};

}  // namespace idnode::events
