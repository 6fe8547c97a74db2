#pragma once

#include <string>
#include <string_view>

#include "proto/base/result.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

/// The subcommands of `idnode`: each adds itself to the program and, when it is chosen, runs while
/// the command line is parsed and leaves its exit code (exit_codes.h) in `exit_code`.
namespace idnode::tools {

/// Batch files in the format of the reference's tools.
void add_batch(CLI::App& program, int& exit_code);
/// event, trace, history, recall, passport.
void add_events(CLI::App& program, int& exit_code);
void add_export(CLI::App& program, int& exit_code);
void add_import(CLI::App& program, int& exit_code);
void add_init(CLI::App& program, int& exit_code);
void add_operator(CLI::App& program, int& exit_code);
/// create, add, modify, remove, delete, list, home, unhome.
void add_records(CLI::App& program, int& exit_code);
void add_key(CLI::App& program, int& exit_code);
void add_register(CLI::App& program, int& exit_code);
/// enterprise, prefix, account, template, coding-rule, lease, grant, identifier, audit.
void add_registration(CLI::App& program, int& exit_code);
void add_resolve(CLI::App& program, int& exit_code);
void add_status(CLI::App& program, int& exit_code);
void add_settings(CLI::App& program, int& exit_code);
void add_verify(CLI::App& program, int& exit_code);

/// `idnode: what` on standard error.
void complain(std::string_view what);

/// Makes a usage error of a value that `fine` refuses.
void must(CLI::Option* option, Result<void> (*fine)(std::string_view text));

}  // namespace idnode::tools
