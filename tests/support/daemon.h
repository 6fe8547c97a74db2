#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/process.h"

/// Whole nodes for tests: the folder that `idnode init` makes, and `idnoded` serving it.
namespace idnode::testing {

/// `KEY=VALUE` for `--set`.
using Settings = std::vector<std::string>;

/// A node's folder, as an operator would make it. Throws with the program's output when init fails.
class NodeFolder {
  public:
    struct Options {
        std::string prefix = "88.100";
        std::string listen = "127.0.0.1";
        std::vector<std::string> upstream;  // HOST:PORT
    };

    NodeFolder() : NodeFolder(Options{}) {}
    explicit NodeFolder(const Options& options);

    std::filesystem::path root() const { return scratch_ / "node"; }
    std::filesystem::path config() const { return root() / "idnode.toml"; }
    std::filesystem::path data() const { return root() / "data"; }
    const ScratchFolder& scratch() const { return scratch_; }

    /// `idnode import` of these lines with `--home`; throws when it does not succeed.
    void import(std::string_view ndjson) const;
    /// The command line of an import of `file`, to be run or started.
    std::vector<std::string> import_command(const std::filesystem::path& file) const;

  private:
    ScratchFolder scratch_;
};

/// `idnoded` on ports that the system chose, serving once the constructor returns; it throws, with
/// what the daemon wrote, when that does not happen.
class Daemon {
  public:
    explicit Daemon(const NodeFolder& node, const Settings& settings = {});
    Daemon(const std::filesystem::path& config, const Settings& settings);
    /// By a command line that ends in that of a daemon.
    explicit Daemon(const std::vector<std::string>& command);
    /// Kills it. A test that ends well calls `stop`.
    ~Daemon() = default;

    std::uint16_t udp_port() const { return udp_port_; }
    std::uint16_t tcp_port() const { return tcp_port_; }
    /// 0: the daemon does not serve HTTP.
    std::uint16_t http_port() const { return http_port_; }
    Process& process() { return process_; }

    /// SIGTERM, and the exit code; -1000 when it does not end.
    int stop();
    /// Empty: it ended with code 0 and no sanitizer had anything to say. Otherwise what was wrong.
    std::string stop_and_find_faults();

  private:
    Process process_;
    std::uint16_t udp_port_ = 0;
    std::uint16_t tcp_port_ = 0;
    std::uint16_t http_port_ = 0;
};

/// The command line of a daemon with the given settings.
std::vector<std::string> daemon_command(const std::filesystem::path& config,
                                        const Settings& settings);

/// A UDP and TCP port of 127.0.0.1 that was free a moment ago, for a node that must come back on
/// it.
std::uint16_t free_port();

}  // namespace idnode::testing
