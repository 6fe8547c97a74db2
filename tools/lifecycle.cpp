#include "tools/lifecycle.h"

#include <fmt/format.h>

#include <stdexcept>

#include "registry/http/epcis/epcis.h"
#include "registry/http/epcis/webhooks.h"
#include "tools/trace_peers.h"

namespace idnode::tools {

namespace {

/// Where others reach the HTTP interface; empty: it is off.
std::string base_url_of(const Settings& settings, const std::string& address) {
    if (!settings.events.base_url.empty()) return settings.events.base_url;
    if (settings.listen.http_port == kPortOff) return {};
    const bool is_v6 = address.find(':') != std::string::npos;
    return fmt::format("{}://{}:{}", settings.listen.tls_certificate.empty() ? "http" : "https",
                       is_v6 ? fmt::format("[{}]", address) : address, settings.listen.http_port);
}

events::Terms terms_of(const Settings& settings, const std::string& address) {
    events::Terms out;
    out.base_url = base_url_of(settings, address);
    out.schemes.prefix_levels_max = static_cast<unsigned>(settings.node.max_levels);
    out.webhook_hosts = settings.events.webhook_hosts;
    return out;
}

std::unique_ptr<events::TracePeers> peers_of(const Settings& settings,
                                             const registration::Registrar& registrar,
                                             const OtherNodes& others) {
    if (others.upstream == nullptr) return nullptr;
    auto peers = make_trace_peers(*others.upstream, registrar.digests,
                                  settings.events.webhook_networks, others.loopback);
    if (!peers) throw std::runtime_error("events.webhook_networks: " + peers.error().detail);
    return *std::move(peers);
}

}  // namespace

LifecycleRecords::LifecycleRecords(const Settings& settings, const std::string& address,
                                   const registration::Registrar& registrar,
                                   registration::LoginLimit& logins, const OtherNodes& others)
    : terms_(terms_of(settings, address)),
      log_(registrar.store, registrar.clock),
      peers_(peers_of(settings, registrar, others)),
      lifecycle_{registrar, log_, terms_, &captures_, peers_.get()},
      values_(lifecycle_),
      handler_(http::make_epcis_handler(lifecycle_, logins)) {
    captures_.start(lifecycle_);
    if (settings.is_mirror()) return;
    auto sender = http::make_webhook_sender(settings.events.webhook_networks);
    if (!sender) throw std::runtime_error("events.webhook_networks: " + sender.error().detail);
    sender_ = *std::move(sender);
    deliveries_.emplace(lifecycle_, logins, *sender_);
}

LifecycleRecords::~LifecycleRecords() {
    captures_.stop();
}

}  // namespace idnode::tools
