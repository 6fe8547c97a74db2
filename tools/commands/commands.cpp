#include "tools/commands/commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

namespace idnode::tools {

void complain(std::string_view what) {
    fmt::print(stderr, "idnode: {}\n", what);
}

void must(CLI::Option* option, Result<void> (*fine)(std::string_view text)) {
    option->check([fine](const std::string& text) {
        const auto result = fine(text);
        return result ? std::string() : result.error().detail;
    });
}

}  // namespace idnode::tools
