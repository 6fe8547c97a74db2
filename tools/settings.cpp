#include "tools/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "tools/network_text.h"

namespace idnode::tools {
namespace {

Result<void> check_log_level(std::string_view text) {
    constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warn", "error"};
    if (std::ranges::find(kLevels, text) != kLevels.end()) return {};
    return Error{Errc::kInvalid, R"(must be "debug", "info", "warn" or "error")"};
}

Result<void> check_suffix_case(std::string_view text) {
    if (text == "fold" || text == "keep") return {};
    return Error{Errc::kInvalid, R"(must be "fold" or "keep")"};
}

Result<void> check_own_prefix(std::string_view text) {
    if (text.empty()) return Error{Errc::kInvalid, "must be given, such as \"88.100\""};
    // How deep prefixes may go is a setting of its own; here only the form counts.
    return model::check_prefix(text, kPrefixLevelsMax);
}

Result<void> check_optional_address(std::string_view text) {
    if (text.empty()) return {};
    return check_address(text);
}

Result<void> check_identity(std::string_view text) {
    const auto parsed = model::parse_value_reference(text);
    return parsed ? Result<void>() : Result<void>(parsed.error());
}

Result<void> check_optional_identity(std::string_view text) {
    return text.empty() ? Result<void>() : check_identity(text);
}

Result<void> check_optional_host_port(std::string_view text) {
    return text.empty() ? Result<void>() : check_host_port(text);
}

Result<void> check_switch(std::string_view text) {
    if (text == "on" || text == "off") return {};
    return Error{Errc::kInvalid, R"(must be "on" or "off")"};
}

Result<void> check_industry_codes(std::string_view text) {
    if (text == "checked" || text == "any") return {};
    return Error{Errc::kInvalid, R"(must be "checked" or "any")"};
}

Result<void> check_base_path(std::string_view text) {
    const bool fine = text.starts_with('/') && text.find_first_of("?#% ") == std::string_view::npos;
    if (fine && (text == "/" || !text.ends_with('/'))) return {};
    return Error{Errc::kInvalid, "must be \"/\", or a path such as \"/snmsapi\""};
}

Result<void> check_base_url(std::string_view text) {
    const bool fine = (text.starts_with("http://") || text.starts_with("https://")) &&
                      !text.ends_with('/') &&
                      text.find_first_of("?#% \"<>") == std::string_view::npos;
    if (fine || text.empty()) return {};
    return Error{Errc::kInvalid, "must be such as \"https://id.example.cn\", or empty"};
}

Result<void> check_anonymous_read(std::string_view text) {
    if (text == "off" || text == "public" || text == "all") return {};
    return Error{Errc::kInvalid, R"(must be "off", "public" or "all")"};
}

Result<void> check_update_mode(std::string_view text) {
    if (text == "replace" || text == "merge") return {};
    return Error{Errc::kInvalid, R"(must be "replace" or "merge")"};
}

Result<void> check_folder(std::string_view text) {
    if (!text.empty()) return {};
    return Error{Errc::kInvalid, "must name a folder"};
}

constexpr std::int64_t kPortMax = 65'535;
constexpr bool kAtOnce = false;  // needs_restart
constexpr bool kRestart = true;

// The manual page idnode.toml(5) is made from this table; a test compares the two.
constexpr std::array kTable{
    Setting{"node.prefix", "text", "", 0, 0, kRestart,
            "The prefix this node is responsible for. It must be given.",
            [](Settings& s) -> SettingField { return &s.node.prefix; }, &check_own_prefix},
    Setting{"node.threads", "number", "threads", 0, 1024, kRestart,
            "Threads that serve the network; 0: one for each processor core.",
            [](Settings& s) -> SettingField { return &s.node.threads; }},
    Setting{"node.realtime", "text", "", 0, 0, kRestart,
            "\"on\": threads that answer lookups run in real time, before everything else on the "
            "machine: they need not wait for imports, registrations and compactions, which on most "
            "kernels is a turn of 4 ms. A flood of lookups then leaves the rest what the kernel "
            "keeps for it, a twentieth of each core. It needs root, or LimitRTPRIO=1 of systemd.",
            [](Settings& s) -> SettingField { return &s.node.realtime; }, &check_switch},
    Setting{
        "node.site_serial", "number", "", 1, 32'767, kRestart,
        "Serial number of this node's site record. Raise it whenever addresses, ports or the key "
        "change: clients that hold an older record then fetch the new one.",
        [](Settings& s) -> SettingField { return &s.node.site_serial; }},
    Setting{
        "node.public_address", "text", "", 0, 0, kRestart,
        "Address that the site record gives to clients, when it is not the first one of "
        "listen.address (behind address translation, or when listening on 0.0.0.0 or ::). Empty: "
        "the address listened on.",
        [](Settings& s) -> SettingField { return &s.node.public_address; },
        &check_optional_address},
    Setting{"node.description", "text", "", 0, 0, kRestart,
            "What the site record says about this node, for people.",
            [](Settings& s) -> SettingField { return &s.node.description; }},
    Setting{
        "node.suffix_case", "text", "", 0, 0, kRestart,
        "How suffixes of newly homed prefixes are compared: \"fold\" takes a-z for A-Z, \"keep\" "
        "compares octet by octet. Prefixes that are homed already keep what they have.",
        [](Settings& s) -> SettingField { return &s.node.suffix_case; }, &check_suffix_case},
    Setting{"node.max_levels", "number", "levels", 2, kPrefixLevelsMax, kRestart,
            "How many segments an industrial prefix may have: 88.100.7 has 3.",
            [](Settings& s) -> SettingField { return &s.node.max_levels; }},

    Setting{
        "listen.address", "list of texts", "", 0, 0, kRestart,
        "IPv4 and IPv6 addresses to listen on. 0.0.0.0 and :: mean all of this machine; then give "
        "node.public_address too.",
        [](Settings& s) -> SettingField { return &s.listen.address; }, &check_address},
    Setting{"listen.udp_port", "number", "port", kPortOff, kPortMax, kRestart,
            "UDP port of the Handle protocol; 0: any free port, -1: none.",
            [](Settings& s) -> SettingField { return &s.listen.udp_port; }},
    Setting{"listen.tcp_port", "number", "port", kPortOff, kPortMax, kRestart,
            "TCP port of the Handle protocol; 0: any free port, -1: none.",
            [](Settings& s) -> SettingField { return &s.listen.tcp_port; }},
    Setting{"listen.http_port", "number", "port", kPortOff, kPortMax, kRestart,
            "TCP port of the HTTP interface, plain and TLS on the same port: the Handle protocol "
            "in HTTP "
            "and the JSON interface; 0: any free port, -1: none.",
            [](Settings& s) -> SettingField { return &s.listen.http_port; }},
    Setting{
        "listen.industrial", "list of texts", "", 0, 0, kRestart,
        "Those of listen.address whose TCP port also serves clients of the industrial internet: "
        "login to a connection (operation 2001), keys of SM2. Such a login protects what follows "
        "it no better than TCP does: use it in trusted networks, or inside TLS. Empty: none.",
        [](Settings& s) -> SettingField { return &s.listen.industrial; }, &check_address},
    Setting{
        "listen.tls_certificate", "text", "", 0, 0, kAtOnce,
        "PEM file, from the folder of this file, with the certificate (and its chain) that is "
        "shown to clients that ask for this node by a host name, as browsers do. All others, and "
        "everyone when this is empty, see a certificate that the node makes around its own key: "
        "clients of the Handle protocol compare that key with the site record. A reload reads the "
        "file anew.",
        [](Settings& s) -> SettingField { return &s.listen.tls_certificate; }},
    Setting{"listen.tls_key", "text", "", 0, 0, kAtOnce,
            "PEM file, from the folder of this file, with the unencrypted private key of "
            "listen.tls_certificate.",
            [](Settings& s) -> SettingField { return &s.listen.tls_key; }},

    Setting{"data.dir", "text", "", 0, 0, kRestart,
            "Folder of the database, from the folder of this file.",
            [](Settings& s) -> SettingField { return &s.data.dir; }, &check_folder},
    Setting{
        "data.cache_mb", "number", "MiB", 8, 1'048'576, kRestart,
        "Memory for blocks of the database's files; they are decompressed there. It serves what "
        "data.records_mb does not hold, changes and scans.",
        [](Settings& s) -> SettingField { return &s.data.cache_mb; }},
    Setting{"data.records_mb", "number", "MiB", 0, 1'048'576, kRestart,
            "Memory for whole records, in front of everything else: a lookup of one that is there "
            "costs a tenth of a microsecond. It is taken as it fills, from the start of the node "
            "on; when it is full, what is asked for often stays. 330 octets for each record of 250 "
            "hold all of them; where that is more, records of an imported store are kept packed, "
            "in some 110. 0: none are kept.",
            [](Settings& s) -> SettingField { return &s.data.records_mb; }},
    Setting{"data.places_mb", "number", "MiB", 0, 1'048'576, kRestart,
            "Memory for where records lie in the database's files, 20 octets each: a lookup of one "
            "that is not in memory itself then reads it there instead of searching for it, in "
            "half the time. It is found out after the start of the node. 0: none.",
            [](Settings& s) -> SettingField { return &s.data.places_mb; }},
    Setting{"data.mapped", "text", "", 0, 0, kRestart,
            "\"on\": lookups read the files where they are mapped, a third faster than through the "
            "page cache; for machines whose memory holds the files. What was looked at counts as "
            "memory of the process, and what is not in memory makes lookups wait for the disk.",
            [](Settings& s) -> SettingField { return &s.data.mapped; }, &check_switch},

    Setting{
        "upstream.servers", "list of texts", "", 0, 0, kRestart,
        "Top-level nodes as HOST:PORT, asked for what this node is not responsible for, in this "
        "order. Empty: nothing is forwarded.",
        [](Settings& s) -> SettingField { return &s.upstream.servers; }, &check_host_port},
    Setting{"upstream.networks", "list of texts", "", 0, 0, kRestart,
            "Client networks whose questions are forwarded; others are told that this node is not "
            "responsible.",
            [](Settings& s) -> SettingField { return &s.upstream.networks; }, &check_network},
    Setting{"upstream.timeout_ms", "number", "ms", 50, 60'000, kRestart,
            "How long a forwarded question may take in all, retries and other servers included.",
            [](Settings& s) -> SettingField { return &s.upstream.timeout; }},
    Setting{"upstream.negative_ttl_s", "number", "s", 0, 3'600, kRestart,
            "How long a \"not found\" of a top-level node is remembered; 0: not at all.",
            [](Settings& s) -> SettingField { return &s.upstream.negative_ttl; }},
    Setting{"upstream.cache_mb", "number", "MiB", 0, 1'048'576, kRestart,
            "Memory for answers of top-level nodes; 0: none are kept.",
            [](Settings& s) -> SettingField { return &s.upstream.cache_mb; }},

    Setting{"replication.mirrors", "list of texts", "", 0, 0, kRestart,
            "Who may mirror this node, as INDEX:HANDLE: a key, or a group of them. They receive "
            "every record with its secret values. The node's administrators always may.",
            [](Settings& s) -> SettingField { return &s.replication.mirrors; }, &check_identity},
    Setting{"replication.streams_max", "number", "streams", 1, 1024, kRestart,
            "Mirrors that are sent to at once; one more is told to come again.",
            [](Settings& s) -> SettingField { return &s.replication.streams_max; }},

    Setting{"mirror.primary", "text", "", 0, 0, kRestart,
            "The node that this one mirrors, as HOST:PORT (TCP): everything here becomes what it "
            "has there, changes are refused. Empty: this node is a primary.",
            [](Settings& s) -> SettingField { return &s.mirror.primary; },
            &check_optional_host_port},
    Setting{
        "mirror.primary_key_file", "text", "", 0, 0, kRestart,
        "The primary's public key, a copy of its keys/pubkey.bin, from the folder of this file: "
        "nothing is believed that this key does not vouch for.",
        [](Settings& s) -> SettingField { return &s.mirror.primary_key_file; }},
    Setting{"mirror.identity", "text", "", 0, 0, kRestart,
            "As whom the primary knows this node, as INDEX:HANDLE.",
            [](Settings& s) -> SettingField { return &s.mirror.identity; },
            &check_optional_identity},
    Setting{"mirror.key_file", "text", "", 0, 0, kRestart,
            "Private key file of mirror.identity, from the folder of this file.",
            [](Settings& s) -> SettingField { return &s.mirror.key_file; }},
    Setting{"mirror.secret_file", "text", "", 0, 0, kRestart,
            "File with the secret key of mirror.identity, instead of a private key.",
            [](Settings& s) -> SettingField { return &s.mirror.secret_file; }},
    Setting{"mirror.interval_ms", "number", "ms", 10, 3'600'000, kRestart,
            "How long to wait before the primary is asked again for what has changed.",
            [](Settings& s) -> SettingField { return &s.mirror.interval; }},

    Setting{"registration.allow_plain", "text", "", 0, 0, kRestart,
            "\"on\": passwords and tokens are taken over plain HTTP from other machines, too. "
            "Everybody on the way can then read them.",
            [](Settings& s) -> SettingField { return &s.registration.allow_plain; }, &check_switch},
    Setting{
        "registration.industry_codes", "text", "", 0, 0, kRestart,
        "Industry codes of templates: \"checked\", a letter, 2, 3 and 4 digits of GB/T 4754 that "
        "each extend the one before; \"any\", whatever is given.",
        [](Settings& s) -> SettingField { return &s.registration.industry_codes; },
        &check_industry_codes},
    Setting{"registration.retire_days", "number", "days", 0, 36'500, kRestart,
            "For how long a deleted identifier cannot be registered again.",
            [](Settings& s) -> SettingField { return &s.registration.retire_days; }},
    Setting{"registration.token_lifetime_s", "number", "s", 60, 31'536'000, kRestart,
            "How long a token lives whose request does not say.",
            [](Settings& s) -> SettingField { return &s.registration.token_lifetime; }},
    Setting{"registration.token_lifetime_max_s", "number", "s", 60, 315'360'000, kRestart,
            "How long a token may live at most.",
            [](Settings& s) -> SettingField { return &s.registration.token_lifetime_max; }},
    Setting{"registration.batch_items_max", "number", "identifiers", 1, 100'000, kRestart,
            "Identifiers of one batch; streams have no bound.",
            [](Settings& s) -> SettingField { return &s.registration.batch_items_max; }},
    Setting{"registration.identifiers_max", "number", "identifiers", 0,
            std::numeric_limits<std::int64_t>::max(), kRestart,
            "Identifiers of an enterprise that has no quota of its own; 0: any number.",
            [](Settings& s) -> SettingField { return &s.registration.identifiers_max; }},
    Setting{"registration.requests_per_second_max", "number", "requests/s", 0, 4'294'967'295,
            kRestart,
            "Requests of an account, and of an enterprise, that has no quota of its own; 0: any "
            "number.",
            [](Settings& s) -> SettingField { return &s.registration.requests_per_second_max; }},
    Setting{"registration.identifiers_per_second_max", "number", "identifiers/s", 0, 4'294'967'295,
            kRestart,
            "Identifiers that an account, and an enterprise, may register, change and delete when "
            "it has no quota of its own; 0: any number.",
            [](Settings& s) -> SettingField { return &s.registration.identifiers_per_second_max; }},

    Setting{"snms.base_path", "list of texts", "", 0, 0, kRestart,
            "Where the HTTP interface of the deployed secondary-node management system (SNMS) "
            "lies: what "
            "stands before its paths; \"/\": nothing. Empty: this interface is off.",
            [](Settings& s) -> SettingField { return &s.snms.base_path; }, &check_base_path},
    Setting{
        "snms.anonymous_read", "text", "", 0, 0, kRestart,
        "What callers without a token see of identifiers over SNMS: \"off\" nothing, \"public\" "
        "values that are for everyone, \"all\" also those that are not. A token that is shown must "
        "be "
        "valid all the same.",
        [](Settings& s) -> SettingField { return &s.snms.anonymous_read; }, &check_anonymous_read},
    Setting{"snms.update_mode", "text", "", 0, 0, kRestart,
            "What an update over SNMS does with values that it does not name: \"replace\" removes "
            "them, "
            "\"merge\" keeps them. A request may say otherwise with X-IDN-Update.",
            [](Settings& s) -> SettingField { return &s.snms.update_mode; }, &check_update_mode},
    Setting{"snms.hashed_login", "text", "", 0, 0, kRestart,
            "Whether accounts that are made over SNMS serve its hashed login at once: \"on\" or "
            "\"off\". "
            "For it the node keeps, encrypted, what is as good as their passwords. Other accounts "
            "serve it "
            "when an administrator gives them a secret of its own for it.",
            [](Settings& s) -> SettingField { return &s.snms.hashed_login; }, &check_switch},
    Setting{
        "snms.hashed_logins_per_hour", "number", "logins", 1, 1'000'000, kRestart,
        "How often an hour one account may get a token by the hashed login: what it shows can be "
        "shown again by others for three days.",
        [](Settings& s) -> SettingField { return &s.snms.hashed_logins_per_hour; }},
    Setting{"snms.personal_data_days", "number", "days", 0, 36'500, kRestart,
            "For how long scans and numbers of identity papers are kept after the review of the "
            "application that they came with.",
            [](Settings& s) -> SettingField { return &s.snms.personal_data_days; }},

    Setting{"events.base_url", "text", "", 0, 0, kRestart,
            "Where others reach the HTTP interface of this node, for links in answers, such as "
            "\"https://id.example.cn\". Empty: made from the address of the site record and "
            "listen.http_port.",
            [](Settings& s) -> SettingField { return &s.events.base_url; }, &check_base_url},
    Setting{"events.webhook_hosts", "list of texts", "", 0, 0, kRestart,
            "Hosts to which subscribers may have events sent, such as \"hook.example.cn\" or "
            "\"*.example.cn\". Empty: to none.",
            [](Settings& s) -> SettingField { return &s.events.webhook_hosts; }},
    Setting{"events.webhook_networks", "list of texts", "", 0, 0, kRestart,
            "Networks whose addresses may be among those although they are not public, such as "
            "\"10.20.0.0/16\": whoever subscribes reaches them through this node.",
            [](Settings& s) -> SettingField { return &s.events.webhook_networks; }, &check_network},

    Setting{"limits.udp_answer_bytes_max", "number", "bytes", 492, 262'144, kRestart,
            "A longer answer is not sent over UDP: the client is told to use TCP.",
            [](Settings& s) -> SettingField { return &s.limits.udp_answer_bytes_max; }},
    Setting{"limits.tcp_connections_max", "number", "connections", 1, 1'000'000, kRestart,
            "TCP connections open at once; one more is closed at once.",
            [](Settings& s) -> SettingField { return &s.limits.tcp_connections_max; }},
    Setting{"limits.tcp_idle_s", "number", "s", 1, 86'400, kRestart,
            "A TCP connection without a question for so long is closed.",
            [](Settings& s) -> SettingField { return &s.limits.tcp_idle; }},
    Setting{
        "limits.tcp_partial_s", "number", "s", 1, 300, kRestart,
        "How long the rest of a message that has begun may take over TCP, and how long a peer may "
        "leave answers untaken.",
        [](Settings& s) -> SettingField { return &s.limits.tcp_partial; }},
    Setting{"limits.tcp_inflight_max", "number", "questions", 1, 65'536, kRestart,
            "Questions of one TCP connection that wait for the disk or a top-level node at once; "
            "the next one waits to be read.",
            [](Settings& s) -> SettingField { return &s.limits.tcp_inflight_max; }},
    Setting{"limits.http_connections_max", "number", "connections", 1, 1'000'000, kRestart,
            "HTTP connections open at once; one more is closed at once.",
            [](Settings& s) -> SettingField { return &s.limits.http_connections_max; }},
    Setting{"limits.http_idle_s", "number", "s", 1, 86'400, kRestart,
            "An HTTP connection without a request for so long is closed.",
            [](Settings& s) -> SettingField { return &s.limits.http_idle; }},
    Setting{"limits.http_request_s", "number", "s", 1, 300, kRestart,
            "How long the header of an HTTP request may take, then its body, then the client to "
            "take the answer; each 8 KiB that move add a second.",
            [](Settings& s) -> SettingField { return &s.limits.http_request; }},
    Setting{"limits.http_header_bytes_max", "number", "bytes", 1'024, 1'048'576, kRestart,
            "The longest header of an HTTP request, its first line included.",
            [](Settings& s) -> SettingField { return &s.limits.http_header_bytes_max; }},
    Setting{"limits.http_body_bytes_max", "number", "bytes", 1'024, 1'073'741'824, kRestart,
            "The longest body of an HTTP request.",
            [](Settings& s) -> SettingField { return &s.limits.http_body_bytes_max; }},
    Setting{"limits.http_bodies_mb", "number", "MiB", 1, 1'048'576, kRestart,
            "Memory for the bodies of all HTTP requests together; a request that finds no room is "
            "told to come again.",
            [](Settings& s) -> SettingField { return &s.limits.http_bodies_mb; }},
    Setting{"limits.http_threads", "number", "threads", 1, 1024, kRestart,
            "Threads that carry out HTTP requests, apart from those that serve UDP and TCP.",
            [](Settings& s) -> SettingField { return &s.limits.http_threads; }},
    Setting{"limits.challenges_max", "number", "challenges", 16, 16'777'216, kRestart,
            "Authentication challenges that may wait for their answer; one more drops the oldest.",
            [](Settings& s) -> SettingField { return &s.limits.challenges_max; }},
    Setting{"limits.sessions_max", "number", "sessions", 16, 16'777'216, kRestart,
            "Sessions open at once; one more closes the oldest that nobody has authenticated.",
            [](Settings& s) -> SettingField { return &s.limits.sessions_max; }},
    Setting{"limits.session_timeout_s", "number", "s", 60, 604'800, kRestart,
            "How long a session may be idle, whatever its client wishes.",
            [](Settings& s) -> SettingField { return &s.limits.session_timeout; }},
    Setting{"limits.wrong_answers_per_minute", "number", "answers", 1, 1'000'000, kAtOnce,
            "How often a minute one address may be wrong about a secret, by operation 201 or over "
            "HTTP, and all together about those of one handle ten times as often. Right answers do "
            "not count.",
            [](Settings& s) -> SettingField { return &s.limits.wrong_answers_per_minute; }},
    Setting{"limits.signatures_kept", "number", "signatures", 0, 16'777'216, kRestart,
            "Signatures of answers kept for the same answer again, about 500 octets each; 0: none.",
            [](Settings& s) -> SettingField { return &s.limits.signatures_kept; }},
    Setting{"limits.storage_threads", "number", "threads", 1, 1024, kRestart,
            "Threads that read from the disk and sign, apart from those that serve the network.",
            [](Settings& s) -> SettingField { return &s.limits.storage_threads; }},

    Setting{"log.level", "text", "", 0, 0, kAtOnce,
            "The least serious events that are logged: \"debug\", \"info\", \"warn\" or \"error\".",
            [](Settings& s) -> SettingField { return &s.log.level; }, &check_log_level},
};

/// A TOML basic string.
std::string toml_text(std::string_view text) {
    std::string out = "\"";
    for (const char octet : text) {
        if (octet == '"' || octet == '\\') {
            out += '\\';
            out += octet;
        } else if (static_cast<unsigned char>(octet) < 0x20 || octet == 0x7F) {
            out += fmt::format("\\u{:04X}", static_cast<unsigned char>(octet));
        } else {
            out += octet;
        }
    }
    return out + '"';
}

struct ToText {
    std::string operator()(const std::string* text) const { return toml_text(*text); }
    std::string operator()(const std::vector<std::string>* texts) const {
        std::string out = "[";
        for (const std::string& text : *texts)
            out += (out.size() > 1 ? ", " : "") + toml_text(text);
        return out + "]";
    }
    std::string operator()(const std::int64_t* number) const { return fmt::to_string(*number); }
    template <class Rep, class Period>
    std::string operator()(const std::chrono::duration<Rep, Period>* time) const {
        return fmt::to_string(time->count());
    }
};

std::string wrapped(std::string_view text, std::string_view indent, std::size_t columns) {
    std::string out;
    std::string line(indent);
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        if (line.size() + 1 + word.size() > columns && line.size() > indent.size()) {
            out += line + "\n";
            line = indent;
        }
        if (line.size() > indent.size()) line += ' ';
        line += word;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out + line + "\n";
}

/// `number of ms, 50 to 60000, default 2000, takes effect at restart`
std::string facts_of(const Setting& setting) {
    std::string out(setting.kind);
    if (setting.kind == "number") {
        out += fmt::format(", {} to {}", setting.min, setting.max);
        if (!setting.unit.empty()) out += fmt::format(" {}", setting.unit);
    }
    out += fmt::format(", default {}", value_text(setting, Settings{}));
    return out + (setting.needs_restart ? "; at restart" : "; at reload");
}

/// How many single-letter edits make `a` of `b`, in a rolling row.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t k = 0; k < b.size(); ++k) {
            const std::size_t replaced = diagonal + (a[i] == b[k] ? 0 : 1);
            diagonal = row[k + 1];
            row[k + 1] = std::min({replaced, row[k] + 1, row[k + 1] + 1});
        }
    }
    return row.back();
}

/// Half of the letters wrong is no longer a slip of the finger.
std::size_t tolerance(std::string_view key) {
    return std::max<std::size_t>(key.size() / 2, 2);
}

}  // namespace

std::span<const Setting> settings_table() {
    return kTable;
}

std::string value_text(const Setting& setting, const Settings& settings) {
    Settings copy = settings;  // a row points into a Settings that may be written
    return std::visit(ToText{}, setting.field(copy));
}

std::string settings_file(const Settings& settings) {
    std::string out =
        "# Settings of an idnode node. Every key is here; the value after \"default\" is what "
        "counts\n"
        "# when a key is left out. `idnoded --set KEY=VALUE` overrides a key for one run.\n"
        "# \"at reload\": SIGHUP applies a change; \"at restart\": the next start does.\n";
    std::string_view section;
    for (const Setting& setting : kTable) {
        if (setting.section() != section) {
            section = setting.section();
            out += fmt::format("\n[{}]\n", section);
        } else {
            out += "\n";
        }
        out += wrapped(setting.help, "# ", 100);
        out += wrapped("(" + facts_of(setting) + ")", "# ", 100);
        out += fmt::format("{} = {}\n", setting.name(), value_text(setting, settings));
    }
    return out;
}

std::string settings_help() {
    std::string out;
    for (const Setting& setting : kTable) {
        out += fmt::format("{}\n", setting.key);
        out += wrapped(facts_of(setting), "    ", 100);
        out += wrapped(setting.help, "    ", 100);
    }
    return out;
}

std::string settings_manual() {
    const auto escaped = [](std::string_view text) {
        std::string out;
        for (const char octet : text) {
            if (octet == '_' || octet == '*' || octet == '\\') out += '\\';
            out += octet;
        }
        return out;
    };
    std::string out;
    for (const Setting& setting : kTable) {
        out += fmt::format("*{}*\n", escaped(setting.key));
        out += fmt::format("\t({})\n\n", escaped(facts_of(setting)));
        out += fmt::format("\t{}\n\n", escaped(setting.help));
    }
    return out;
}

std::vector<const Setting*> changed_settings(const Settings& before, const Settings& after) {
    std::vector<const Setting*> out;
    for (const Setting& setting : kTable) {
        if (value_text(setting, before) != value_text(setting, after)) out.push_back(&setting);
    }
    return out;
}

void take_what_needs_no_restart(const Settings& fresh, Settings& settings) {
    Settings from = fresh;  // the table hands out pointers that may be written through
    for (const Setting& setting : kTable) {
        if (setting.needs_restart) continue;
        std::visit([&](auto* to) { *to = *std::get<decltype(to)>(setting.field(from)); },
                   setting.field(settings));
    }
}

std::string_view nearest_key(std::string_view key) {
    std::size_t best = tolerance(key);
    std::string_view nearest;
    for (const Setting& setting : kTable) {
        const std::size_t distance =
            std::min(edit_distance(key, setting.key), edit_distance(key, setting.name()) + 1);
        if (distance < best) {
            best = distance;
            nearest = setting.key;
        }
    }
    return nearest;
}

std::string_view nearest_section(std::string_view section) {
    std::size_t best = tolerance(section);
    std::string_view nearest;
    for (const Setting& setting : kTable) {
        const std::size_t distance = edit_distance(section, setting.section());
        if (distance < best) {
            best = distance;
            nearest = setting.section();
        }
    }
    return nearest;
}

}  // namespace idnode::tools
