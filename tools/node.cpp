#include "tools/node.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "proto/base/text.h"
#include "registry/model/identifier.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/session_cryptography.h"
#include "resolver/engine/signature_cache.h"
#include "resolver/forward/forwarder.h"
#include "storage/stores.h"
#include "tools/free_port.h"
#include "tools/node_keys.h"
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
    out.udp_port = static_cast<int>(settings.listen.udp_port);
    out.tcp_port = static_cast<int>(settings.listen.tcp_port);
    out.threads = static_cast<unsigned>(settings.node.threads);
    out.storage_threads = static_cast<unsigned>(settings.limits.storage_threads);
    out.tcp_connections_max = static_cast<std::size_t>(settings.limits.tcp_connections_max);
    out.tcp_inflight_max = static_cast<std::size_t>(settings.limits.tcp_inflight_max);
    out.tcp_idle = settings.limits.tcp_idle;
    out.tcp_partial = settings.limits.tcp_partial;
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

/// The administrators that `idnode init` made: the keys at 300 and 301 of the own prefix handle.
service::Authority::Settings authority_settings(const Settings& settings) {
    const std::string own = model::prefix_handle_of(settings.node.prefix);
    service::Authority::Settings out;
    out.server_administrators = {{own, kAdminKeyIndex}, {own, kAdminSecretIndex}};
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
    if (auto done = node->open_upstream(); !done) return done.error();
    if (auto done = node->listen(); !done) return done.error();
    return node;
}

void Node::stop() {
    server_->stop();
}

std::string Node::endpoints() const {
    const auto udp = server_->udp_endpoints();
    const auto tcp = server_->tcp_endpoints();
    std::string out;
    if (!udp.empty()) out += fmt::format("udp={}", fmt::join(udp, ","));
    if (!tcp.empty()) out += fmt::format("{}tcp={}", out.empty() ? "" : " ", fmt::join(tcp, ","));
    return out;
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
    return {};
}

Result<void> Node::open_store() {
    storage::RocksOptions options;
    options.dir = settings_.data_dir();
    options.cache_bytes = static_cast<std::uint64_t>(settings_.data.cache_mb * kBytesPerMb);
    auto store = storage::open_rocks_store(options, clock_);
    if (!store) return store.error();
    store_ = std::move(*store);
    const std::string own = model::prefix_handle_of(settings_.node.prefix);
    if (store_->prefixes().current()->contains(own)) return {};
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
    status_ = std::make_unique<StatusValues>([this] {
        const resolver::Server* server = serving_.load();
        const auto counters = server ? server->counters() : resolver::ServerCounters{};
        return counters.udp_requests + counters.tcp_requests;
    });

    const bool any_port = settings_.listen.udp_port == 0 || settings_.listen.tcp_port == 0;
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
    const auto site = make_site(settings, address, signer_->public_key());
    if (!site) return site.error();
    context_.emplace(resolver::EngineContext{
        .store = *store_,
        .clock = clock_,
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
        .audit = audit_,
        .site = handle::encode_site(*site),
        .site_serial = site->serial,
        .udp_answer_bytes_max = static_cast<std::size_t>(settings.limits.udp_answer_bytes_max),
        .authority = authority_settings(settings),
        .administration = administration_settings(settings)});
    auto server = resolver::Server::start(server_settings(settings), *context_);
    if (!server) return server.error();
    server_ = std::move(*server);
    serving_ = server_.get();
    return {};
}

}  // namespace idnode::tools
