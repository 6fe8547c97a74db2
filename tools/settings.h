#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/base/result.h"
#include "registry/model/identifier.h"

/// The settings of a node: one table (settings.cpp) describes every key and gives the commented
/// file, the help text and the manual page; this struct is what the program reads. Defaults stand
/// here only.
namespace idnode::tools {

/// A port that is not opened.
inline constexpr std::int64_t kPortOff = -1;

struct Settings {
    struct Node {
        std::string prefix;
        std::int64_t threads = 0;
        std::string realtime = "off";
        std::int64_t site_serial = 1;
        std::string public_address;
        std::string description;
        std::string suffix_case = "fold";
        std::int64_t max_levels = 3;
    };
    struct Listen {
        std::vector<std::string> address{"127.0.0.1"};
        std::int64_t udp_port = 2641;
        std::int64_t tcp_port = 2641;
        std::int64_t http_port = 8000;
        std::vector<std::string> industrial;
        std::string tls_certificate;
        std::string tls_key;
    };
    struct Data {
        std::string dir = "data";
        std::int64_t cache_mb = 256;
        std::int64_t records_mb = 256;
        std::int64_t places_mb = 128;
        std::string mapped = "off";
    };
    struct Upstream {
        std::vector<std::string> servers;
        std::vector<std::string> networks{"127.0.0.0/8",    "10.0.0.0/8", "172.16.0.0/12",
                                          "192.168.0.0/16", "::1/128",    "fc00::/7",
                                          "fe80::/10"};
        std::chrono::milliseconds timeout{2000};
        std::chrono::seconds negative_ttl{10};
        std::int64_t cache_mb = 64;
    };
    struct Replication {
        std::vector<std::string> mirrors;
        std::int64_t streams_max = 4;
    };
    struct Mirror {
        std::string primary;
        std::string primary_key_file;
        std::string identity;
        std::string key_file;
        std::string secret_file;
        std::chrono::milliseconds interval{30'000};
    };
    struct Registration {
        std::string allow_plain = "off";
        std::string industry_codes = "checked";
        std::int64_t retire_days = 0;
        std::chrono::seconds token_lifetime{86'400};
        std::chrono::seconds token_lifetime_max{31'536'000};
        std::int64_t batch_items_max = 10'000;
        std::int64_t identifiers_max = 0;
        std::int64_t requests_per_second_max = 0;
        std::int64_t identifiers_per_second_max = 0;
    };
    struct Snms {
        std::vector<std::string> base_path{"/"};
        std::string anonymous_read = "public";
        std::string update_mode = "replace";
        std::string hashed_login = "off";
        std::int64_t hashed_logins_per_hour = 60;
        std::int64_t personal_data_days = 30;
    };
    struct Events {
        std::string base_url;
        std::vector<std::string> webhook_hosts;
        std::vector<std::string> webhook_networks;
    };
    struct Limits {
        std::int64_t udp_answer_bytes_max = 4096;
        std::int64_t tcp_connections_max = 10'000;
        std::chrono::seconds tcp_idle{300};
        std::chrono::seconds tcp_partial{30};
        std::int64_t tcp_inflight_max = 256;
        std::int64_t http_connections_max = 4'096;
        std::chrono::seconds http_idle{60};
        std::chrono::seconds http_request{30};
        std::int64_t http_header_bytes_max = 16'384;
        std::int64_t http_body_bytes_max = 4'194'304;
        std::int64_t http_bodies_mb = 256;
        std::int64_t http_threads = 32;  // one waits with each change of a commit
        std::int64_t challenges_max = 65'536;
        std::int64_t sessions_max = 65'536;
        std::chrono::seconds session_timeout{86'400};
        std::int64_t wrong_answers_per_minute = 60;
        std::int64_t signatures_kept = 16'384;
        std::int64_t storage_threads = 4;
    };
    struct Log {
        std::string level = "info";
    };

    Node node;
    Listen listen;
    Data data;
    Upstream upstream;
    Replication replication;
    Mirror mirror;
    Registration registration;
    Snms snms;
    Events events;
    Limits limits;
    Log log;

    /// The folder of the settings file: `data.dir` and the keys are found from here.
    std::filesystem::path home = ".";

    std::filesystem::path data_dir() const { return home / data.dir; }
    bool is_mirror() const { return !mirror.primary.empty(); }
    std::filesystem::path keys_dir() const { return home / "keys"; }
    model::SuffixCase suffix_case() const {
        return node.suffix_case == "keep" ? model::SuffixCase::kKeep : model::SuffixCase::kFold;
    }
};

/// Where a key's value lives in a `Settings`.
using SettingField = std::variant<std::string*, std::vector<std::string>*, std::int64_t*,
                                  std::chrono::seconds*, std::chrono::milliseconds*>;

/// One row of the table.
struct Setting {
    std::string_view key;   // `section.name`
    std::string_view kind;  // for people: "number", "text", "list of texts"
    std::string_view unit;  // of a number; may be empty
    std::int64_t min = 0;   // of a number
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
    bool needs_restart = true;
    std::string_view help;
    SettingField (*field)(Settings& settings);
    /// What a text, or each text of a list, must be; null: anything.
    Result<void> (*check)(std::string_view text) = nullptr;

    std::string_view section() const { return key.substr(0, key.find('.')); }
    std::string_view name() const { return key.substr(key.find('.') + 1); }
};

/// All keys, sections together, in the order of the file.
std::span<const Setting> settings_table();

/// Reads a settings file; `overrides` (`KEY=VALUE`) win over it. Every key is checked: an unknown
/// one, a value of the wrong type or out of range is kInvalid, and the detail names file, line,
/// column and what would be right. kNotFound: no such file.
Result<Settings> read_settings(const std::filesystem::path& file,
                               std::span<const std::string> overrides = {});
/// As above from a text; `source` stands for the file name in errors.
Result<Settings> parse_settings(std::string_view text, std::string_view source,
                                std::span<const std::string> overrides = {});

/// The value of a key as it is written in the file.
std::string value_text(const Setting& setting, const Settings& settings);
/// A settings file that says what `settings` says, each key explained and with its default.
std::string settings_file(const Settings& settings);
/// The table for people: `idnode settings`, the help text.
std::string settings_help();
/// The table as rows of the manual page idnode.toml(5), in scdoc.
std::string settings_manual();

/// Keys whose values differ; to tell on reload what waits for a restart.
std::vector<const Setting*> changed_settings(const Settings& before, const Settings& after);

/// Copies the keys that a running node can take.
void take_what_needs_no_restart(const Settings& fresh, Settings& settings);

/// The key that somebody may have meant; empty when none is near.
std::string_view nearest_key(std::string_view key);
std::string_view nearest_section(std::string_view section);

}  // namespace idnode::tools
