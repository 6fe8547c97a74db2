#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "proto/handle/site.h"
#include "registry/json/site_json.h"
#include "resolver/mirror/position.h"
#include "storage/stores.h"
#include "tools/ask.h"
#include "tools/commands/commands.h"
#include "tools/exit_codes.h"
#include "tools/network_text.h"
#include "tools/settings.h"
#include "tools/system_clock.h"
#include "tools/value_text.h"

namespace idnode::tools {
namespace {

struct Options {
    std::string server;
    std::string config;
    bool json = false;
    double timeout = 3;  // seconds, for each transport
};

/// What one transport said.
struct Probe {
    std::string_view transport;
    Result<Answer> answer;

    bool ok() const { return answer && answer->code == handle::ResponseCode::kSuccess; }
    std::string problem() const {
        if (!answer) return answer.error().detail;
        return fmt::format("{} {}", name_of(answer->code), printable(answer->message));
    }
};

Probe probe(const Options& options, std::string_view name, Carriers carriers) {
    const Route route{
        .server = options.server,
        .carriers = carriers,
        .timeout = std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout * 1000))};
    return {name, ask(route, {.op = handle::OpCode::kGetSiteInfo})};
}

struct Content {
    model::StoreCounts counts;
    std::optional<mirror::Position> position;  // of a mirror
};

Result<Content> look_into(const Settings& settings) {
    const SystemClock clock;
    storage::RocksOptions options;
    options.dir = settings.data_dir();
    options.read_only = true;
    const auto store = storage::open_rocks_store(options, clock);
    if (!store) return store.error();
    Content out;
    auto counts = (*store)->counts();
    if (!counts) return counts.error();
    out.counts = *std::move(counts);
    if (!settings.is_mirror()) return out;
    const auto state = (*store)->mirror_state();
    if (!state) return state.error();
    if (state->empty()) return out;
    auto position = mirror::decode_position(*state);
    if (!position) return position.error();
    out.position = *position;
    return out;
}

std::uint64_t last_transaction(const model::StoreCounts& counts) {
    std::uint64_t last = 0;
    for (const model::TransactionId id : counts.log_end) last = std::max(last, id);
    return last;
}

double milliseconds(const Answer& answer) {
    return static_cast<double>(answer.took.count()) / 1000.0;
}

void print_probes(const Options& options, const std::vector<Probe>& probes) {
    fmt::print("server    {}\n", options.server);
    for (const Probe& one : probes) {
        if (one.ok()) {
            fmt::print("{:<9} answers in {:.2f} ms, protocol {}.{}\n", one.transport,
                       milliseconds(*one.answer), one.answer->version.major,
                       one.answer->version.minor);
        } else {
            fmt::print("{:<9} no answer: {}\n", one.transport, one.problem());
        }
    }
    for (const Probe& one : probes) {
        if (!one.ok()) continue;
        const auto site = handle::decode_site(one.answer->content);
        if (!site) continue;
        const char* label = "site";
        for (const std::string& line : describe_site(*site)) {
            fmt::print("{:<9} {}\n", label, line);
            label = "";
        }
        return;
    }
}

std::string describe_mirror(const std::optional<mirror::Position>& position) {
    if (!position) return "nothing dumped yet";
    const auto ago = SystemClock().now() - static_cast<model::TimeMs>(position->last_query_ms);
    return fmt::format("at its transaction {}, kept {:.1f} s ago", position->last_transaction,
                       static_cast<double>(ago) / 1000.0);
}

void print_content(const Settings& settings, const Content& content) {
    const model::StoreCounts& counts = content.counts;
    fmt::print("prefix    {}\n", settings.node.prefix);
    fmt::print("records   {}{}\n", counts.exact ? "" : "about ", counts.records);
    fmt::print("homed     {} prefixes and markers\n", counts.homed_prefixes);
    fmt::print("changes   {} (last transaction)\n", last_transaction(counts));
    if (settings.is_mirror()) {
        fmt::print("mirror    of {}, {}\n", settings.mirror.primary,
                   describe_mirror(content.position));
    }
    fmt::print("disk      {:.1f} MiB in {}\n", static_cast<double>(counts.disk_bytes) / (1 << 20),
               settings.data_dir().string());
}

boost::json::object probe_json(const Probe& one) {
    if (!one.ok()) return {{"ok", false}, {"error", one.problem()}};
    return {
        {"ok", true},
        {"microseconds", one.answer->took.count()},
        {"protocol", fmt::format("{}.{}", one.answer->version.major, one.answer->version.minor)}};
}

std::string json_of(const Options& options, const std::vector<Probe>& probes,
                    const std::optional<Content>& content) {
    boost::json::object out{{"server", options.server}};
    for (const Probe& one : probes) {
        out[one.transport == "UDP" ? "udp" : "tcp"] = probe_json(one);
        if (!one.ok() || out.contains("site")) continue;
        if (auto site = json::write_site(one.answer->content)) out["site"] = *std::move(site);
        if (const auto site = handle::decode_site(one.answer->content);
            site && !site->servers.empty()) {
            out["serial"] = site->serial;
            out["keySha256"] = fingerprint(site->servers.front().public_key);
        }
    }
    if (content) {
        const model::StoreCounts& counts = content->counts;
        out["store"] = boost::json::object{{"records", counts.records},
                                           {"exact", counts.exact},
                                           {"homedPrefixes", counts.homed_prefixes},
                                           {"lastTransaction", last_transaction(counts)},
                                           {"diskBytes", counts.disk_bytes}};
        if (content->position) {
            out["mirror"] =
                boost::json::object{{"lastTransaction", content->position->last_transaction},
                                    {"lastQueryMs", content->position->last_query_ms}};
        }
    }
    return boost::json::serialize(out);
}

/// The server to ask when none was named: that of the settings, else the usual one.
std::string default_server(const std::optional<Settings>& settings) {
    if (!settings) return "127.0.0.1:2641";
    std::string address = settings->listen.address.front();
    if (is_wildcard(address))
        address = address.find(':') == std::string::npos ? "127.0.0.1" : "::1";
    const std::int64_t port =
        settings->listen.tcp_port > 0 ? settings->listen.tcp_port : settings->listen.udp_port;
    if (port <= 0) return {};
    return address.find(':') == std::string::npos ? fmt::format("{}:{}", address, port)
                                                  : fmt::format("[{}]:{}", address, port);
}

int run(Options options) {
    std::optional<Settings> settings;
    std::optional<Content> content;
    if (!options.config.empty()) {
        auto read = read_settings(options.config);
        if (!read) {
            complain(read.error().detail);
            return kExitUsage;
        }
        settings = *std::move(read);
        auto seen = look_into(*settings);
        if (!seen) {
            complain(seen.error().detail);
            return kExitFailed;
        }
        content = *std::move(seen);
    }
    if (options.server.empty()) options.server = default_server(settings);
    std::vector<Probe> probes;
    // A node on ports of the system's choosing can only be asked when its port is named.
    if (!options.server.empty()) {
        probes.push_back(probe(options, "UDP", Carriers::kUdp));
        probes.push_back(probe(options, "TCP", Carriers::kTcp));
    }
    if (options.json) {
        fmt::print("{}\n", json_of(options, probes, content));
    } else {
        if (!probes.empty()) print_probes(options, probes);
        if (content) print_content(*settings, *content);
    }
    for (const Probe& one : probes) {
        if (one.ok()) return kExitDone;
    }
    return probes.empty() ? kExitDone : kExitNoAnswer;
}

}  // namespace

void add_status(CLI::App& program, int& exit_code) {
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand("status", "Say how a node is");
    must(command->add_option("--server", options->server,
                             "HOST:PORT of the server [that of --config, or 127.0.0.1:2641]"),
         &check_host_port);
    command->add_option("--config", options->config,
                        "The node's settings file: what its database holds is told too");
    command->add_option("--timeout", options->timeout, "Seconds to wait for each transport")
        ->capture_default_str()
        ->check(CLI::Range(0.001, 3600.0));
    command->add_flag("--json", options->json, "As JSON, for programs");
    command->footer(
        "Exit code: 0 it answers, 1 its database cannot be read, 2 usage, 3 no answer.");
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::tools
