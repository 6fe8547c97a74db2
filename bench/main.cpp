#include <CLI/CLI.hpp>

#include "bench/commands.h"

int main(int argc, char** argv) {
    CLI::App app{"Makes records, loads a node with lookups and checks every answer"};
    app.set_version_flag("--version", IDNODE_VERSION);
    app.require_subcommand(1);

    int exit_code = 0;
    idnode::bench::add_answers_command(app, exit_code);
    idnode::bench::add_data_command(app, exit_code);
    idnode::bench::add_lookup_command(app, exit_code);
    idnode::bench::add_create_command(app, exit_code);
    idnode::bench::add_register_command(app, exit_code);
    idnode::bench::add_read_command(app, exit_code);
    idnode::bench::add_durable_command(app, exit_code);
    idnode::bench::add_echo_command(app, exit_code);
    idnode::bench::add_idle_command(app, exit_code);
    idnode::bench::add_compare_command(app, exit_code);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help and version are no errors; everything else is a matter of usage.
        return app.exit(error) == 0 ? 0 : 2;
    }
    return exit_code;
}
