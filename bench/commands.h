#pragma once

#include <CLI/CLI.hpp>

namespace idnode::bench {

/// Each adds its subcommand to `app`; `exit_code` is set when the subcommand has run.
void add_answers_command(CLI::App& app, int& exit_code);
void add_data_command(CLI::App& app, int& exit_code);
void add_lookup_command(CLI::App& app, int& exit_code);
void add_create_command(CLI::App& app, int& exit_code);
void add_echo_command(CLI::App& app, int& exit_code);
void add_idle_command(CLI::App& app, int& exit_code);
void add_durable_command(CLI::App& app, int& exit_code);
void add_register_command(CLI::App& app, int& exit_code);
void add_read_command(CLI::App& app, int& exit_code);
void add_compare_command(CLI::App& app, int& exit_code);

}  // namespace idnode::bench
