#include "tools/init.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "tools/commands/commands.h"
#include "tools/exit_codes.h"
#include "tools/network_text.h"

namespace idnode::tools {
namespace {

struct Options {
    std::string dir;
    std::string prefix;
    std::vector<std::string> listen;
    std::int64_t port = Settings{}.listen.udp_port;
    std::int64_t http_port = Settings{}.listen.http_port;
    std::vector<std::string> upstream;
    std::string public_address;
};

InitOptions to_init(const Options& options) {
    InitOptions out;
    out.dir = options.dir;
    out.settings.node.prefix = options.prefix;
    out.settings.node.public_address = options.public_address;
    if (!options.listen.empty()) out.settings.listen.address = options.listen;
    out.settings.listen.udp_port = options.port;
    out.settings.listen.tcp_port = options.port;
    out.settings.listen.http_port = options.http_port;
    out.settings.upstream.servers = options.upstream;
    return out;
}

int run(const Options& options) {
    const auto report = run_init(to_init(options));
    if (!report) {
        complain(report.error().detail);
        return kExitFailed;
    }
    for (const std::string& warning : report->warnings) complain("warning: " + warning);
    const std::string file = report->settings_file.string();
    fmt::print(
        "Made a node for prefix {} in {}\n"
        "  settings  {}\n"
        "  keys      {}/keys: keep admin.key and admin.secret safe, they administer the prefix\n"
        "Start it:   idnoded --config {}\n",
        options.prefix, options.dir, file, options.dir, file);
    return kExitDone;
}

}  // namespace

void add_init(CLI::App& program, int& exit_code) {
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand("init", "Make a new node in a folder");
    command->add_option("DIR", options->dir, "Folder of the node; empty or not there yet")
        ->required();
    command->add_option("--prefix", options->prefix, "Prefix of the node, such as 88.100")
        ->required();
    must(command->add_option("--listen", options->listen,
                             "Address to listen on; may be repeated [127.0.0.1]"),
         &check_address);
    command->add_option("--port", options->port, "UDP and TCP port, 0 for any free one")
        ->capture_default_str()
        ->check(CLI::Range(0, 65'535));
    command
        ->add_option("--http-port", options->http_port, "Port of the HTTP interface, -1 for none")
        ->capture_default_str()
        ->check(CLI::Range(-1, 65'535));
    must(command->add_option("--upstream", options->upstream,
                             "Top-level node HOST:PORT to ask for other prefixes; may be repeated"),
         &check_host_port);
    must(command->add_option("--public-address", options->public_address,
                             "Address that clients are told, if it differs"),
         &check_address);
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::tools
