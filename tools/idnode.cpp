#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "tools/commands/commands.h"
#include "tools/exit_codes.h"

namespace {

using namespace idnode::tools;

int run(int argc, char** argv) {
    int exit_code = kExitDone;
    CLI::App program("Makes, fills and asks nodes for industrial identifiers.", "idnode");
    program.set_version_flag("--version", "idnode " IDNODE_VERSION);
    program.require_subcommand(1);
    add_init(program, exit_code);
    add_import(program, exit_code);
    add_export(program, exit_code);
    add_resolve(program, exit_code);
    add_records(program, exit_code);
    add_batch(program, exit_code);
    add_key(program, exit_code);
    add_verify(program, exit_code);
    add_registration(program, exit_code);
    add_register(program, exit_code);
    add_events(program, exit_code);
    add_status(program, exit_code);
    add_operator(program, exit_code);
    add_settings(program, exit_code);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? kExitDone : kExitUsage;
    }
    return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        complain(error.what());
        return kExitFailed;
    }
}
