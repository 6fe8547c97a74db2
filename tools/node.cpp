#include "tools/node.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "proto/base/text.h"
#include "registry/http/api/api.h"
#include "registry/http/epcis/epcis.h"
#include "registry/http/rest/rest.h"
#include "registry/http/snms/snms.h"
#include "registry/model/identifier.h"
#include "registry/registration/files.h"
#include "resolver/client/remote_identities.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/session_cryptography.h"
#include "resolver/crypto/tls.h"
#include "resolver/engine/signature_cache.h"
#include "resolver/forward/forwarder.h"
#include "resolver/net/scheduling.h"
#include "storage/stores.h"
#include "tools/free_port.h"
#include "tools/node_keys.h"
#include "tools/own_site.h"
#include "tools/prefix_record.h"
#include "tools/site_record.h"

namespace idnode::tools {
namespace {

// Between finding a free port and opening it somebody else may take it; not so often in a row.
constexpr int kFreePortTries = 16;
constexpr std::int64_t kBytesPerMb = 1 << 20;

resolver::ServerSettings server_settings(const Settings& settings) {
    resolver::ServerSettings out;
    out.addresses = settings.listen.address;
    out.industrial_addresses = settings.listen.industrial;
    out.udp_port = static_cast<int>(settings.listen.udp_port);
    out.tcp_port = static_cast<int>(settings.listen.tcp_port);
    out.threads = static_cast<unsigned>(settings.node.threads);
    out.realtime = settings.node.realtime == "on";
    out.storage_threads = static_cast<unsigned>(settings.limits.storage_threads);
    out.tcp_connections_max = static_cast<std::size_t>(settings.limits.tcp_connections_max);
    out.tcp_inflight_max = static_cast<std::size_t>(settings.limits.tcp_inflight_max);
    out.tcp_idle = settings.limits.tcp_idle;
    out.tcp_partial = settings.limits.tcp_partial;
    return out;
}

// One is enough for more requests than the handlers can carry out; TLS handshakes may want more.
constexpr unsigned kThreadsPerHttpThread = 4;

http::SnmsSettings snms_settings(const Settings& settings) {
    http::SnmsSettings out;
    out.base_paths = settings.snms.base_path;
    const std::string& read = settings.snms.anonymous_read;
    out.anonymous_read = read == "off"   ? http::AnonymousRead::kOff
                         : read == "all" ? http::AnonymousRead::kAll
                                         : http::AnonymousRead::kPublic;
    out.update_mode = settings.snms.update_mode == "merge" ? http::UpdateMode::kMerge
                                                           : http::UpdateMode::kReplace;
    out.hashed_login = settings.snms.hashed_login == "on";
    out.hashed_logins_per_hour = static_cast<std::size_t>(settings.snms.hashed_logins_per_hour);
    return out;
}

http::ServerSettings http_settings(const Settings& settings) {
    http::ServerSettings out;
    out.addresses = settings.listen.address;
    out.port = static_cast<int>(settings.listen.http_port);
    const auto threads = settings.node.threads > 0 ? static_cast<unsigned>(settings.node.threads)
                                                   : std::thread::hardware_concurrency();
    out.io_threads = std::max(1U, threads / kThreadsPerHttpThread);
    out.threads = static_cast<unsigned>(settings.limits.http_threads);
    http::Limits& limits = out.limits;
    limits.connections_max = static_cast<std::size_t>(settings.limits.http_connections_max);
    limits.header_bytes_max = static_cast<std::size_t>(settings.limits.http_header_bytes_max);
    limits.body_bytes_max = static_cast<std::size_t>(settings.limits.http_body_bytes_max);
    limits.bodies_bytes_max =
        static_cast<std::size_t>(settings.limits.http_bodies_mb * kBytesPerMb);
    limits.idle = settings.limits.http_idle;
    limits.request = settings.limits.http_request;
    return out;
}

resolver::ForwardSettings forward_settings(const Settings& settings) {
    resolver::ForwardSettings out;
    out.enabled = !settings.upstream.servers.empty();
    out.servers = settings.upstream.servers;
    out.networks = settings.upstream.networks;
    out.timeout = settings.upstream.timeout;
    out.negative = settings.upstream.negative_ttl;
    out.cache_bytes_max = static_cast<std::size_t>(settings.upstream.cache_mb * kBytesPerMb);
    return out;
}

resolver::GuessLimit::Limits guess_limits(const Settings& settings) {
    const auto per_minute = static_cast<std::uint32_t>(settings.limits.wrong_answers_per_minute);
    return {.per_source_a_minute = per_minute, .per_handle_a_minute = per_minute * 10};
}

client::RemoteSettings remote_settings(const Settings& settings) {
    client::RemoteSettings out;
    // Lookups must go on when other nodes are slow.
    out.calls_max = std::max(1U, static_cast<unsigned>(settings.limits.storage_threads) / 2);
    // A node that listens on this machine alone may well have its peers there.
    out.loopback = std::ranges::all_of(settings.listen.address, [](const std::string& address) {
        return address.starts_with("127.") || address == "::1";
    });
    return out;
}

/// The administrators that `idnode init` made: the keys at 300 and 301 of the own prefix handle.
service::Authority::Settings authority_settings(const Settings& settings) {
    const std::string own = model::prefix_handle_of(settings.node.prefix);
    service::Authority::Settings out;
    out.server_administrators = {{own, kAdminKeyIndex}, {own, kAdminSecretIndex}};
    out.mirrors = mirror_identities(settings);
    return out;
}

service::Administration::Settings administration_settings(const Settings& settings) {
    service::Administration::Settings out;
    out.own_prefix = fold_ascii(settings.node.prefix);
    out.suffix_case =
        settings.node.suffix_case == "keep" ? model::SuffixCase::kKeep : model::SuffixCase::kFold;
    return out;
}

}  // namespace

Node::Node(const Settings& settings)
    : settings_(settings),
      audit_(clock_, [](const std::string& line) { spdlog::info("{}", line); }) {}

Result<std::unique_ptr<Node>> Node::start(const Settings& settings) {
    std::unique_ptr<Node> node(new Node(settings));
    if (auto done = node->open_keys(); !done) return done.error();
    if (auto done = node->open_store(); !done) return done.error();
    if (settings.node.realtime == "on" && !resolver::may_come_before_all()) {
        node->warnings_.push_back(
            "node.realtime is on, but the system does not permit it: run the node with "
            "LimitRTPRIO=1 (systemd) or ulimit -r 1");
    }
    if (auto done = node->open_upstream(); !done) return done.error();
    if (auto done = node->open_replication(); !done) return done.error();
    if (auto done = node->open_registration(); !done) return done.error();
    if (auto done = node->listen(); !done) return done.error();
    return node;
}

Result<void> Node::reload(const Settings& fresh) {
    guesses_->set_limits(guess_limits(fresh));
    // Also when the keys are the same: a renewed certificate mostly has the name of the old one.
    return show_certificate(fresh);
}

void Node::keep_house() {
    if (settings_.is_mirror()) return;
    registration_->meter_lookups(lookups_.take());
    registration::Files(registration_->registrar()).forget_old();
}

void Node::stop() {
    if (http_server_) http_server_->stop();
    server_->stop();
    keep_house();
    mirror_.reset();
}

http::ServerCounters Node::http_counters() const {
    return http_server_ ? http_server_->counters() : http::ServerCounters{};
}

std::string Node::replication_status() const {
    const auto status = mirror_ ? std::optional(mirror_->status()) : std::nullopt;
    return replication_status_json(*store_, status ? &*status : nullptr, clock_.now());
}

std::uint64_t Node::requests() const {
    const resolver::Server* server = serving_.load();
    const http::Server* http_server = serving_http_.load();
    std::uint64_t out = 0;
    if (server != nullptr) {
        const auto counters = server->counters();
        out += counters.udp_requests + counters.tcp_requests;
    }
    if (http_server != nullptr) out += http_server->counters().requests;
    return out;
}

std::string Node::endpoints() const {
    const auto udp = server_->udp_endpoints();
    const auto tcp = server_->tcp_endpoints();
    const auto http = http_server_ ? http_server_->endpoints() : std::vector<std::string>{};
    std::vector<std::string> out;
    if (!udp.empty()) out.push_back(fmt::format("udp={}", fmt::join(udp, ",")));
    if (!tcp.empty()) out.push_back(fmt::format("tcp={}", fmt::join(tcp, ",")));
    if (!http.empty()) out.push_back(fmt::format("http={}", fmt::join(http, ",")));
    return fmt::format("{}", fmt::join(out, " "));
}

Result<void> Node::open_keys() {
    digests_ = crypto::make_digests();
    entropy_ = crypto::make_entropy();
    auto signer = load_server_key(settings_.keys_dir());
    if (!signer) return signer.error();
    signer_ = std::make_unique<resolver::SignatureCache>(
        std::move(*signer), *digests_, static_cast<std::size_t>(settings_.limits.signatures_kept));
    proofs_ = crypto::make_proofs();
    const auto key = read_server_key(settings_.keys_dir());
    if (!key) return key.error();
    cryptography_ = crypto::make_session_cryptography(*key, *entropy_);
    auto tls = crypto::TlsServer::make(*key, model::prefix_handle_of(settings_.node.prefix));
    if (!tls) return tls.error();
    tls_ = std::move(*tls);
    return show_certificate(settings_);
}

/// To clients that ask for a host name.
Result<void> Node::show_certificate(const Settings& settings) {
    if (settings.listen.tls_certificate.empty()) {
        tls_->clear_named_certificate();
        return {};
    }
    const auto named =
        tls_->set_named_certificate({.certificate = settings.home / settings.listen.tls_certificate,
                                     .key = settings.home / settings.listen.tls_key});
    if (named) return {};
    return Error{named.error().code,
                 fmt::format("listen.tls_certificate, listen.tls_key: {}", named.error().detail)};
}

Result<void> Node::open_store() {
    storage::RocksOptions options;
    options.dir = settings_.data_dir();
    options.cache_bytes = static_cast<std::uint64_t>(settings_.data.cache_mb * kBytesPerMb);
    options.mapped = settings_.data.mapped == "on";
    options.records_bytes = static_cast<std::uint64_t>(settings_.data.records_mb * kBytesPerMb);
    options.places_bytes = static_cast<std::uint64_t>(settings_.data.places_mb * kBytesPerMb);
    auto store = storage::open_rocks_store(options, clock_);
    if (!store) return store.error();
    store_ = std::move(*store);
    const std::string own = model::prefix_handle_of(settings_.node.prefix);
    // What a mirror is responsible for is its primary's to say.
    if (settings_.is_mirror() || store_->prefixes().current()->contains(own)) return {};
    return Error{Errc::kInvalid,
                 fmt::format("node.prefix = \"{}\": the database in {} is not responsible for this "
                             "prefix; correct node.prefix or data.dir",
                             settings_.node.prefix, options.dir.string())};
}

Result<void> Node::open_upstream() {
    auto forwarder = resolver::open_forwarder(forward_settings(settings_), clock_, *entropy_);
    if (!forwarder) {
        return Error{forwarder.error().code, fmt::format("upstream.servers, upstream.networks: {}",
                                                         forwarder.error().detail)};
    }
    upstream_ = std::move(*forwarder);
    if (!settings_.upstream.servers.empty()) {
        remote_ = client::make_remote_identities(*upstream_, *digests_, remote_settings(settings_));
    }
    return {};
}

/// A mirror follows its primary from here on; what it serves meanwhile is what it had.
Result<void> Node::open_replication() {
    for_mirrors_ = std::make_unique<MirrorService>(settings_, tls_, *signer_);
    if (!settings_.is_mirror()) return {};
    auto mirror = MirrorThread::start(settings_, {*store_, *digests_, clock_});
    if (!mirror) return mirror.error();
    mirror_ = std::move(*mirror);
    return {};
}

Result<void> Node::open_registration() {
    const auto key = read_server_key(settings_.keys_dir());
    if (!key) return key.error();
    auto registration =
        Registration::open(settings_, {*store_, clock_, *entropy_, *digests_, *key});
    if (!registration) return registration.error();
    registration_ = *std::move(registration);
    return {};
}

Result<void> Node::listen() {
    const SiteAddress address = choose_site_address(settings_);
    if (!address.warning.empty()) warnings_.push_back(address.warning);
    resolver::ChallengeTable::Limits limits;
    limits.pending_max = static_cast<std::size_t>(settings_.limits.challenges_max);
    challenges_.emplace(limits, *entropy_);
    resolver::SessionTable::Limits session_limits;
    session_limits.sessions_max = static_cast<std::size_t>(settings_.limits.sessions_max);
    session_limits.timeout_max = settings_.limits.session_timeout;
    sessions_.emplace(session_limits, *entropy_);
    guesses_.emplace(guess_limits(settings_));
    status_ = std::make_unique<StatusValues>(
        *store_, [this] { return requests(); }, [this] { return replication_status(); });

    const Settings::Listen& wanted = settings_.listen;
    const bool any_port = wanted.udp_port == 0 || wanted.tcp_port == 0 || wanted.http_port == 0;
    for (int tries = 1;; ++tries) {
        // The site record must name the ports before the first question can come.
        Settings chosen = settings_;
        if (auto found = choose_ports(chosen.listen); !found) return found.error();
        auto done = listen_on(chosen, address.text);
        const bool taken = !done && done.error().code == Errc::kUnavailable;
        if (!taken || !any_port || tries == kFreePortTries) return done;
    }
}

Result<void> Node::listen_on(const Settings& settings, const std::string& address) {
    serving_ = nullptr;
    server_.reset();  // of a try before
    auto site = make_site(settings, address, signer_->public_key());
    if (!site) return site.error();
    site->primary = !settings.is_mirror();
    const bool has_upstream = !settings_.upstream.servers.empty();
    lifecycle_.emplace(settings, address, registration_->registrar(), registration_->logins(),
                       OtherNodes{.upstream = has_upstream ? upstream_.get() : nullptr,
                                  .loopback = remote_settings(settings_).loopback});
    context_.emplace(resolver::EngineContext{
        .store = *store_,
        .clock = coarse_clock_,
        .entropy = *entropy_,
        .digests = *digests_,
        .signer = *signer_,
        .proofs = *proofs_,
        .cryptography = *cryptography_,
        .challenges = *challenges_,
        .sessions = *sessions_,
        .guesses = *guesses_,
        .upstream = *upstream_,
        .status = *status_,
        .remote = remote_.get(),
        .audit = audit_,
        .replication = &for_mirrors_->replication(),
        .is_mirror = settings.is_mirror(),
        .site = handle::encode_site(*site),
        .site_serial = site->serial,
        .udp_answer_bytes_max = static_cast<std::size_t>(settings.limits.udp_answer_bytes_max),
        .authority = authority_settings(settings),
        .administration = administration_settings(settings),
        .lookups = &lookups_,
        .lifecycle = &lifecycle_->values()});
    resolver::ServerSettings server_wanted = server_settings(settings);
    server_wanted.tls = tls_.get();
    auto server = resolver::Server::start(server_wanted, *context_);
    if (!server) return server.error();
    renew_site(settings, *site);  // not before the ports are ours: what is stored shall be true
    server_ = std::move(*server);
    serving_ = server_.get();
    return listen_http(settings);
}

void Node::renew_site(const Settings& settings, const handle::Site& site) {
    if (settings.is_mirror()) return;  // the record is the primary's, and names its site
    const auto renewed = renew_own_site(*store_, settings.node.prefix, site);
    if (!renewed) {
        warnings_.push_back(fmt::format(
            "the site value of the own prefix handle could not be brought up to date: {}",
            renewed.error().detail));
    } else if (*renewed) {
        spdlog::info("event=site_value_renewed prefix={}", settings.node.prefix);
    }
}

Result<void> Node::listen_http(const Settings& settings) {
    if (settings.listen.http_port == kPortOff) return {};
    http::RestSettings rest;
    rest.body_bytes_max = static_cast<std::size_t>(settings.limits.http_body_bytes_max);
    rest.sessions_max = static_cast<std::size_t>(settings.limits.sessions_max);
    handler_ = http::make_rest_handler(*context_, rest);
    front_door_.emplace(*handler_);
    for (const std::string_view one : http::epcis_beginnings()) {
        front_door_->add(std::string(one), lifecycle_->handler());
    }
    front_door_->add(std::string(http::kApiPaths), registration_->api());
    front_door_->add("/openapi.json", registration_->api());
    http::SnmsSettings snms = snms_settings(settings);
    const auto beginnings = http::snms_beginnings(snms);
    snms_ = http::make_snms_handler(registration_->registrar(), registration_->logins(), *context_,
                                    std::move(snms));
    for (const std::string& one : beginnings) front_door_->add(one, *snms_);
    auto server = http::Server::start(http_settings(settings),
                                      {.engine = *context_, .handler = *front_door_, .tls = *tls_});
    if (!server) return server.error();
    http_server_ = std::move(*server);
    serving_http_ = http_server_.get();
    return {};
}

}  // namespace idnode::tools
