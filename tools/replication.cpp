#include "tools/replication.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iterator>
#include <utility>

#include "proto/handle/key.h"
#include "registry/json/replication_state.h"
#include "registry/model/identifier.h"
#include "resolver/crypto/key_file.h"
#include "resolver/crypto/secure_channel.h"
#include "tools/logging.h"
#include "tools/network_text.h"

namespace idnode::tools {
namespace {

namespace fs = std::filesystem;

// A secret key or a public key; anything longer is another file.
constexpr std::size_t kKeyFileBytesMax = 65'536;

Error explain(std::string_view key, const Error& error) {
    return {error.code, fmt::format("{}: {}", key, error.detail)};
}

Result<Bytes> read_small_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return Error{Errc::kNotFound, fmt::format("{} cannot be read; put the file there and let "
                                                  "the node read it",
                                                  path.string())};
    }
    std::string octets(kKeyFileBytesMax + 1, '\0');
    file.read(octets.data(), static_cast<std::streamsize>(octets.size()));
    octets.resize(static_cast<std::size_t>(file.gcount()));
    if (octets.empty() || octets.size() > kKeyFileBytesMax) {
        return Error{Errc::kInvalid, fmt::format("{} holds no key", path.string())};
    }
    return to_bytes(octets);
}

Result<Bytes> read_primary_key(const Settings& settings) {
    constexpr std::string_view kKey = "mirror.primary_key_file";
    if (settings.mirror.primary_key_file.empty()) {
        return Error{Errc::kInvalid,
                     fmt::format("{} must name a copy of the primary's public key (its file "
                                 "keys/pubkey.bin): nothing else says that it is the primary",
                                 kKey)};
    }
    auto key = read_small_file(settings.home / settings.mirror.primary_key_file);
    if (!key) return explain(kKey, key.error());
    if (handle::decode_public_key(*key)) return key;
    return Error{Errc::kInvalid,
                 fmt::format("{}: {} holds no public key", kKey,
                             (settings.home / settings.mirror.primary_key_file).string())};
}

Result<client::Authenticator> make_authenticator(const Settings& settings) {
    const Settings::Mirror& mirror = settings.mirror;
    const auto identity = model::parse_value_reference(mirror.identity);
    if (mirror.identity.empty() || !identity) {
        return Error{Errc::kInvalid,
                     "mirror.identity must say as whom the primary knows this node, "
                     "INDEX:HANDLE, as it stands in the primary's replication.mirrors"};
    }
    if (mirror.key_file.empty() == mirror.secret_file.empty()) {
        return Error{Errc::kInvalid,
                     "one of mirror.key_file and mirror.secret_file must name the key of "
                     "mirror.identity"};
    }
    const handle::Reference reference{identity->handle, identity->index};
    if (!mirror.secret_file.empty()) {
        auto secret = read_small_file(settings.home / mirror.secret_file);
        if (!secret) return explain("mirror.secret_file", secret.error());
        return client::Authenticator::with_secret(reference, *std::move(secret));
    }
    const auto key = crypto::read_key_file(settings.home / mirror.key_file);
    if (!key) return explain("mirror.key_file", key.error());
    auto authenticator = client::Authenticator::with_key(reference, *key);
    if (!authenticator) return explain("mirror.key_file", authenticator.error());
    return authenticator;
}

Result<mirror::MirrorSettings> mirror_settings(const Settings& settings) {
    mirror::MirrorSettings out;
    const auto primary = parse_host_port(settings.mirror.primary);
    if (!primary) return explain("mirror.primary", primary.error());
    out.primary = {primary->host, primary->port};
    auto key = read_primary_key(settings);
    if (!key) return key.error();
    out.primary_key = *std::move(key);
    out.interval = settings.mirror.interval;
    out.retry_min = std::min(out.retry_min, out.interval);
    out.suffix_case = settings.suffix_case();
    return out;
}

void log_event(const mirror::MirrorEvent& event) {
    using What = mirror::MirrorEvent::What;
    switch (event.what) {
        case What::kDumpBegins:
            spdlog::info("event=mirror_dump_begins reason={}", log_value(event.text));
            break;
        case What::kDumped:
            spdlog::info("event=mirror_dumped records={} ms={}", event.count, event.took.count());
            break;
        case What::kFollowed:
            spdlog::debug("event=mirror_followed changes={} ms={}", event.count,
                          event.took.count());
            break;
        case What::kFailed:
            spdlog::warn("event=mirror_failed reason={} retry_ms={}", log_value(event.text),
                         event.took.count());
            break;
    }
}

std::string_view name_of(mirror::MirrorStatus::Phase phase) {
    switch (phase) {
        case mirror::MirrorStatus::Phase::kConnecting:
            return "connecting";
        case mirror::MirrorStatus::Phase::kDumping:
            return "dumping";
        case mirror::MirrorStatus::Phase::kFollowing:
            break;
    }
    return "following";
}

}  // namespace

MirrorService::MirrorService(const Settings& settings, std::shared_ptr<crypto::TlsServer> tls,
                             const model::Signer& signer)
    : slots_(static_cast<unsigned>(settings.replication.streams_max)),
      // Mirrors compare the key of the certificate with that of the site; a DSA key makes none.
      channels_(signer.is_dsa() ? nullptr : crypto::make_secure_channels(std::move(tls))),
      replication_{.slots = slots_,
                   .channels = channels_.get(),
                   .queue = "0:1:" + model::prefix_handle_of(settings.node.prefix),
                   .position_in = &json::read_queue_position} {}

Result<std::unique_ptr<MirrorThread>> MirrorThread::start(const Settings& settings,
                                                          const Borrowed& borrowed) {
    auto authenticator = make_authenticator(settings);
    if (!authenticator) return authenticator.error();
    auto terms = mirror_settings(settings);
    if (!terms) return terms.error();
    auto mirror = std::make_unique<mirror::Mirror>(*std::move(terms), *std::move(authenticator),
                                                   borrowed.store, borrowed.digests, borrowed.clock,
                                                   &log_event);
    return std::unique_ptr<MirrorThread>(new MirrorThread(std::move(mirror)));
}

std::string replication_status_json(const model::RecordStore& store,
                                    const mirror::MirrorStatus* mirror, model::TimeMs now) {
    boost::json::object states;
    if (mirror != nullptr) {
        states["phase"] = name_of(mirror->phase);
        states["lastTxnId"] = mirror->last_transaction;
        states["dumpedRecords"] = mirror->dumped_records;
        states["followedChanges"] = mirror->followed_changes;
        if (mirror->in_step_at > 0) states["inStepMsAgo"] = now - mirror->in_step_at;
        if (mirror->failures > 0) {
            states["failures"] = mirror->failures;
            states["lastFailure"] = mirror->last_failure;
        }
    }
    const auto counts = store.counts();
    const std::uint64_t latest = counts ? counts->log_end.front() : 0;
    return boost::json::serialize(
        boost::json::object{{"latestTxnId", latest}, {"replicationStatus", std::move(states)}});
}

std::vector<handle::Reference> mirror_identities(const Settings& settings) {
    std::vector<handle::Reference> out;
    for (const std::string& text : settings.replication.mirrors) {
        if (auto parsed = model::parse_value_reference(text)) {
            out.push_back({std::move(parsed->handle), parsed->index});
        }
    }
    return out;
}

}  // namespace idnode::tools
