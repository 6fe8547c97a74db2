#include "tools/init.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "registry/model/change.h"
#include "registry/model/identifier.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/key_file.h"
#include "resolver/crypto/keys.h"
#include "storage/stores.h"
#include "tools/node_keys.h"
#include "tools/prefix_record.h"
#include "tools/registration.h"
#include "tools/site_record.h"
#include "tools/system_clock.h"

namespace idnode::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSecretBytes = 16;

/// The node's folder while it is being made: unless `keep` is called, everything goes again.
class NewFolder {
  public:
    NewFolder() = default;
    NewFolder(const NewFolder&) = delete;
    NewFolder& operator=(const NewFolder&) = delete;
    ~NewFolder() {
        if (dir_.empty()) return;
        std::error_code ignored;  // there is nobody left to tell
        if (made_) {
            fs::remove_all(dir_, ignored);
            return;
        }
        for (const auto& entry : fs::directory_iterator(dir_, ignored)) {
            fs::remove_all(entry.path(), ignored);
        }
    }

    Result<void> open(const fs::path& dir) {
        std::error_code failure;
        made_ = fs::create_directories(dir, failure);
        if (failure) {
            return Error{Errc::kStorage, fmt::format("cannot create the folder {}: {}",
                                                     dir.string(), failure.message())};
        }
        const bool empty = made_ || fs::is_empty(dir, failure);
        if (failure || !empty) {
            return Error{
                Errc::kConflict,
                fmt::format("{} is not empty; name a folder that is empty or does not exist",
                            dir.string())};
        }
        dir_ = dir;
        return {};
    }
    void keep() { dir_.clear(); }

  private:
    fs::path dir_;
    bool made_ = false;
};

Result<void> make_private_folder(const fs::path& dir) {
    if (::mkdir(dir.c_str(), S_IRWXU) == 0) return {};
    return Error{Errc::kStorage, fmt::format("cannot create the folder {}: {}", dir.string(),
                                             std::strerror(errno))};
}

struct NewKeys {
    Bytes server_private;
    Bytes server_public;
    Bytes admin_private;
    Bytes admin_public;
    std::string admin_secret;
};

Result<std::pair<Bytes, Bytes>> make_key_pair() {
    auto private_key = crypto::generate_rsa_key();
    if (!private_key) return private_key.error();
    auto public_key = crypto::public_key_of(*private_key);
    if (!public_key) return public_key.error();
    return std::pair{std::move(*private_key), std::move(*public_key)};
}

std::string make_secret(model::Entropy& entropy) {
    std::array<std::byte, kSecretBytes> octets{};
    entropy.fill(octets);
    std::string out;
    for (const std::byte octet : octets)
        out += fmt::format("{:02x}", std::to_integer<unsigned>(octet));
    return out;
}

Result<NewKeys> make_keys(model::Entropy& entropy) {
    auto server = make_key_pair();
    if (!server) return server.error();
    auto admin = make_key_pair();
    if (!admin) return admin.error();
    return NewKeys{std::move(server->first), std::move(server->second), std::move(admin->first),
                   std::move(admin->second), make_secret(entropy)};
}

Result<void> write_keys(const fs::path& dir, const NewKeys& keys, model::Entropy& entropy) {
    if (auto made = make_private_folder(dir); !made) return made.error();
    if (auto written =
            crypto::write_key_file(dir / kServerKeyFile, keys.server_private, {}, entropy);
        !written) {
        return written.error();
    }
    if (auto written = crypto::write_secret_file(dir / kServerPublicKeyFile, keys.server_public);
        !written) {
        return written.error();
    }
    if (auto written = crypto::write_key_file(dir / kAdminKeyFile, keys.admin_private, {}, entropy);
        !written) {
        return written.error();
    }
    return crypto::write_secret_file(dir / kAdminSecretFile, as_bytes_view(keys.admin_secret));
}

model::Edit home(std::string handle, model::SuffixCase suffix_case) {
    model::Edit out;
    out.kind = model::Edit::Kind::kHome;
    out.handle = std::move(handle);
    out.suffix_case = suffix_case;
    return out;
}

/// The first commit: what the node answers for, and its own prefix handle.
Result<model::Change> first_change(const PrefixFacts& facts, model::SuffixCase suffix_case) {
    const model::Record record = make_prefix_record(facts);
    auto values = model::encode_record_values(record);
    if (!values) return values.error();
    model::Edit put;
    put.handle = record.handle;
    put.values = std::move(*values);
    model::Change out;
    out.who = "init";
    out.edits.push_back(home(record.handle, suffix_case));
    // The marker makes the node answer for the prefix handles below its own (§1.4).
    out.edits.push_back(home(model::derived_marker(facts.prefix), model::SuffixCase::kFold));
    out.edits.push_back(std::move(put));
    return out;
}

Result<void> fill_store(const Settings& settings, const NewKeys& keys, const PrefixFacts& facts,
                        model::Entropy& entropy) {
    const fs::path dir = settings.data_dir();
    const auto change = first_change(facts, settings.suffix_case());
    if (!change) return change.error();
    // Restricted values lie there in the clear.
    if (auto made = make_private_folder(dir); !made) return made.error();
    const SystemClock clock;
    storage::RocksOptions options;
    options.dir = dir;
    options.create = true;
    const auto store = storage::open_rocks_store(options, clock);
    if (!store) return store.error();
    const auto committed = (*store)->commit(*change);
    if (!committed) return committed.error();
    const auto digests = crypto::make_digests();
    const auto registration =
        Registration::open(settings, {**store, clock, entropy, *digests, keys.server_private});
    if (!registration) return registration.error();
    return make_operator((*registration)->registrar(), settings.keys_dir() / kOperatorTokenFile);
}

Result<void> write_settings(const fs::path& file, const Settings& settings) {
    auto written = crypto::write_secret_file(file, as_bytes_view(settings_file(settings)));
    if (!written) return written;
    // There is nothing secret in it, and people who ask about the node want to read it.
    if (::chmod(file.c_str(), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) == 0) return {};
    return Error{Errc::kStorage,
                 fmt::format("cannot set the mode of {}: {}", file.string(), std::strerror(errno))};
}

}  // namespace

Result<InitReport> run_init(const InitOptions& options) {
    Settings settings = options.settings;
    settings.home = options.dir;
    if (auto fine = model::check_prefix(settings.node.prefix,
                                        static_cast<unsigned>(settings.node.max_levels));
        !fine) {
        return Error{fine.error().code,
                     fmt::format("--prefix {}: {}", settings.node.prefix, fine.error().detail)};
    }
    InitReport report;
    const SiteAddress address = choose_site_address(settings);
    if (!address.warning.empty()) report.warnings.push_back(address.warning);

    NewFolder folder;
    if (auto opened = folder.open(options.dir); !opened) return opened.error();
    const auto entropy = crypto::make_entropy();
    const auto keys = make_keys(*entropy);
    if (!keys) return keys.error();
    if (auto written = write_keys(settings.keys_dir(), *keys, *entropy); !written) {
        return written.error();
    }
    const auto site = make_site(settings, address.text, keys->server_public);
    if (!site) return site.error();
    if (auto filled = fill_store(settings, *keys,
                                 {.prefix = settings.node.prefix,
                                  .site = *site,
                                  .admin_public_key = keys->admin_public,
                                  .admin_secret = keys->admin_secret},
                                 *entropy);
        !filled) {
        return filled.error();
    }
    // Last: a folder with a settings file is a whole node.
    report.settings_file = options.dir / "idnode.toml";
    if (auto written = write_settings(report.settings_file, settings); !written) {
        return written.error();
    }
    folder.keep();
    return report;
}

}  // namespace idnode::tools
