#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace idnode::tools {

struct DaemonOptions {
    std::filesystem::path config;
    std::vector<std::string> overrides;  // KEY=VALUE
};

/// Runs a node in the foreground until SIGTERM or SIGINT; SIGHUP reads the settings again. Returns
/// the exit code. Call from the only thread of the program: it blocks the signals for all that
/// follow.
int run_daemon(const DaemonOptions& options);

}  // namespace idnode::tools
