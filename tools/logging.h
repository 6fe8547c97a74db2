#pragma once

#include <string>
#include <string_view>

/// Log lines of the daemon: standard error, one event a line, `event=... key=value`.
namespace idnode::tools {

/// `level` as in the settings: "debug", "info", "warn", "error".
void start_log(const std::string& level);
void set_log_level(const std::string& level);

/// A value for a log line: in quotes, without line ends, when it is not a single plain word.
std::string log_value(std::string_view text);

}  // namespace idnode::tools
