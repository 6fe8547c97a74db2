#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "proto/base/result.h"
#include "tools/settings.h"

namespace idnode::tools {

struct InitOptions {
    std::filesystem::path dir;
    Settings settings;  // as they are written to the file
};

struct InitReport {
    std::filesystem::path settings_file;
    std::vector<std::string> warnings;
};

/// Makes a node in `dir`: settings file, keys, and a store in which the prefix is homed and its
/// prefix handle stands. kConflict: the folder holds something already. After any failure the
/// folder is as it was before.
Result<InitReport> run_init(const InitOptions& options);

}  // namespace idnode::tools
