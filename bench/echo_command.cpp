#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "bench/commands.h"
#include "bench/echo.h"

namespace idnode::bench {

void add_echo_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<EchoOptions>();
    CLI::App* command = app.add_subcommand(
        "echo", "The bare server that a node is compared with: fixed replies, nothing looked up");
    command->add_option("--address", options->address, "Address to listen on (default 127.0.0.1)");
    command->add_option("--port", options->port, "Port; 0: any free one")->required();
    command->add_option("--reply-bytes", options->reply_bytes,
                        "Octets of a reply with its envelope (default 264)");
    auto tcp = std::make_shared<bool>(false);
    command->add_flag("--tcp", *tcp, "TCP instead of UDP");
    command->callback([options, tcp, &exit_code] {
        if (*tcp) options->transport = Transport::kTcp;
        // Ends by SIGTERM or SIGINT in their default way: it holds nothing that could be lost.
        const auto done = run_echo(*options, {}, [&](std::uint16_t port) {
            fmt::print("ready {} {}:{}\n", *tcp ? "tcp" : "udp", options->address, port);
            std::fflush(stdout);
        });
        if (done) return;
        fmt::print(stderr, "idnode-bench echo: {}\n", done.error().detail);
        exit_code = done.error().code == Errc::kInvalid ? 2 : 1;
    });
}

}  // namespace idnode::bench
