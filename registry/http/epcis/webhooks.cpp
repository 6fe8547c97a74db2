#include "registry/http/epcis/webhooks.h"

#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "proto/base/bytes.h"
#include "registry/http/http_client.h"
#include "resolver/forward/endpoint.h"
#include "resolver/forward/networks.h"

namespace idnode::http {

namespace {

using resolver::Networks;

// A subscriber that needs longer should take events first and work on them afterwards.
constexpr std::chrono::seconds kAnswerTime{5};
// Nothing of the answer matters but its status.
constexpr std::size_t kAnswerBytesMax = 65'536;

// What is not public: this machine, private and shared networks, links, tests, groups (RFC 6890),
// and ways to embed such an address in another.
constexpr std::array<std::string_view, 20> kNotPublic{
    "0.0.0.0/8",       "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12",   "192.0.0.0/24",   "192.0.2.0/24",  "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",   "240.0.0.0/4",    "::/96",
    "64:ff9b::/32",    "100::/64",       "2001::/23",     "2002::/16",      "fc00::/6",
};

class WebhookSender final : public events::DeliverySender {
  public:
    WebhookSender(Networks allowed, Networks not_public, Networks loopback)
        : allowed_(std::move(allowed)),
          not_public_(std::move(not_public)),
          loopback_(std::move(loopback)) {}

    Result<unsigned> send(const events::Delivery& delivery) override {
        const auto to = events::parse_destination(delivery.destination);
        if (!to) return Error{Errc::kInvalid, to.error().message};
        const auto endpoint = endpoint_of(*to);
        if (!endpoint) return endpoint.error();
        Question question{.method = "POST", .target = to->target};
        question.host = to->host;
        question.body = as_bytes_view(delivery.body);
        question.answer_bytes_max = kAnswerBytesMax;
        question.fields = {{"Content-Type", "application/json"},
                           {"GS1-EPCIS-Version", "2.0.0"},
                           {"GS1-CBV-Version", "2.0.0"}};
        if (!delivery.signature.empty()) {
            question.fields.emplace_back("GS1-Signature", delivery.signature);
        }
        const auto answer = ask_http(*endpoint, to->is_secure ? Scheme::kHttps : Scheme::kHttp,
                                     question, kAnswerTime);
        if (!answer) return answer.error();
        return answer->result_int();
    }

  private:
    /// The address is looked up once, checked, and used: a name that changes meanwhile leads
    /// nowhere else.
    Result<resolver::Endpoint> endpoint_of(const events::Destination& to) const {
        const auto found = resolver::look_up({.host = to.host, .port = to.port});
        if (!found) return found.error();
        for (const resolver::Endpoint& one : *found) {
            if (!may_be_reached(one)) continue;
            if (to.is_secure || loopback_.contain(one.address)) return one;
            return Error{Errc::kRefused, "http: is for this machine only; use https:"};
        }
        return Error{Errc::kRefused,
                     "the host has no public address, and none in events.webhook_networks"};
    }
    bool may_be_reached(const resolver::Endpoint& one) const {
        return !not_public_.contain(one.address) || allowed_.contain(one.address);
    }

    const Networks allowed_;
    const Networks not_public_;
    const Networks loopback_;
};

}  // namespace

Result<std::unique_ptr<events::DeliverySender>> make_webhook_sender(
    std::span<const std::string> networks) {
    const std::vector<std::string> not_public(kNotPublic.begin(), kNotPublic.end());
    const std::vector<std::string> loopback{"127.0.0.0/8", "::1/128"};
    auto allowed = Networks::parse(networks);
    if (!allowed) return allowed.error();
    auto others = Networks::parse(not_public);
    if (!others) return others.error();
    auto own = Networks::parse(loopback);
    if (!own) return own.error();
    return std::make_unique<WebhookSender>(*std::move(allowed), *std::move(others),
                                           *std::move(own));
}

}  // namespace idnode::http
