// create, add, modify, remove, delete, list, home, unhome: records and prefixes over the network.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "registry/model/identifier.h"
#include "tools/commands/commands.h"
#include "tools/commands/remote.h"
#include "tools/exit_codes.h"
#include "tools/value_input.h"
#include "tools/value_text.h"

namespace idnode::tools {
namespace {

using client::CallError;
using client::CallResult;
using client::Client;

struct Options {
    RemoteOptions remote;
    std::string id;
    std::vector<std::string> values;
    std::string record;  // file
    std::uint32_t ttl = handle::kDefaultTtl;
    std::string permissions;
    std::vector<std::int32_t> indexes;
    bool overwrite = false;
    bool mint = false;
    bool json = false;
};

/// What was done, in a word for people and with its facts for programs.
struct Done {
    std::string verb;    // `created`
    std::string handle;  // as the server says
    bool replaced = false;
};
using Act = std::function<CallResult<Done>(Client&, const Options&, const std::string& handle,
                                           std::vector<handle::Value> values)>;

/// The values that the command line names; none is an empty list.
Result<std::vector<handle::Value>> values_of(const Options& options, const std::string& handle) {
    if (!options.record.empty()) return read_record_values(options.record, handle);
    std::vector<handle::Value> out;
    for (const std::string& text : options.values) {
        auto value = parse_value_text(text);
        if (!value) return value.error();
        value->ttl = options.ttl;
        if (!options.permissions.empty()) {
            const auto permissions = parse_permissions(options.permissions);
            if (!permissions) return permissions.error();
            value->permissions = *permissions;
        }
        out.push_back(std::move(*value));
    }
    return out;
}

void tell(const Done& done, bool as_json) {
    if (!as_json) {
        fmt::print("{} {}\n", done.verb, printable(done.handle));
        return;
    }
    boost::json::object out;
    out["responseCode"] = static_cast<std::uint32_t>(handle::ResponseCode::kSuccess);
    out["handle"] = done.handle;
    if (done.replaced) out["replaced"] = true;
    fmt::print("{}\n", boost::json::serialize(out));
}

int run(const Options& options, const Act& act) {
    const auto handle = model::parse_handle_text(options.id);
    if (!handle) {
        complain(handle.error().detail);
        return kExitUsage;
    }
    auto values = values_of(options, *handle);
    auto client = values ? make_client(options.remote) : Result<Client>(values.error());
    if (!client) {
        complain(client.error().detail);
        return kExitUsage;
    }
    const auto done = act(*client, options, *handle, std::move(*values));
    client->close();
    if (!done) return tell_failure(*handle, done.error(), options.json);
    tell(*done, options.json);
    return kExitDone;
}

Done done(std::string verb, const std::string& handle, bool replaced = false) {
    return {.verb = std::move(verb), .handle = handle, .replaced = replaced};
}

CallResult<Done> create(Client& client, const Options& options, const std::string& handle,
                        std::vector<handle::Value> values) {
    const auto created =
        client.create(handle, values, {.overwrite = options.overwrite, .mint = options.mint});
    if (!created) return created.error();
    return done(created->replaced ? "replaced" : "created", created->handle, created->replaced);
}

CallResult<Done> add(Client& client, const Options& options, const std::string& handle,
                     std::vector<handle::Value> values) {
    const auto replaced = client.add(handle, values, options.overwrite);
    if (!replaced) return replaced.error();
    return done("added to", handle, *replaced);
}

CallResult<Done> modify(Client& client, const Options&, const std::string& handle,
                        std::vector<handle::Value> values) {
    if (const auto modified = client.modify(handle, values); !modified) return modified.error();
    return done("modified", handle);
}

CallResult<Done> remove(Client& client, const Options& options, const std::string& handle,
                        std::vector<handle::Value>) {
    if (const auto removed = client.remove(handle, options.indexes); !removed) {
        return removed.error();
    }
    return done("removed from", handle);
}

CallResult<Done> erase(Client& client, const Options&, const std::string& handle,
                       std::vector<handle::Value>) {
    if (const auto erased = client.erase(handle); !erased) return erased.error();
    return done("deleted", handle);
}

CallResult<Done> home(Client& client, const Options&, const std::string& handle,
                      std::vector<handle::Value>) {
    if (const auto homed = client.home(handle); !homed) return homed.error();
    return done("homed", handle);
}

CallResult<Done> unhome(Client& client, const Options&, const std::string& handle,
                        std::vector<handle::Value>) {
    if (const auto unhomed = client.unhome(handle); !unhomed) return unhomed.error();
    return done("unhomed", handle);
}

struct Command {
    CLI::App* app;
    std::shared_ptr<Options> options;
};

Command add_command(CLI::App& program, int& exit_code, const char* name, const char* what,
                    const char* id_help, Act act) {
    auto options = std::make_shared<Options>();
    CLI::App* app = program.add_subcommand(name, what);
    app->add_option("ID", options->id, id_help)->required();
    add_remote_options(*app, options->remote);
    app->add_flag("--json", options->json, "The outcome as JSON, for programs");
    app->callback([options, act = std::move(act), &exit_code] { exit_code = run(*options, act); });
    return {app, std::move(options)};
}

void add_value_options(const Command& command, bool required) {
    auto* values = command.app->add_option_group("values");
    auto* typed = values->add_option("--value", command.options->values,
                                     "'INDEX TYPE TEXT'; @FILE in place of TEXT; may be repeated");
    typed->take_all();
    values
        ->add_option("--record", command.options->record,
                     "The values of a record in JSON; - is standard input")
        ->excludes(typed);
    if (required) values->require_option(1);
    command.app->add_option("--ttl", command.options->ttl, "Seconds that caches may keep --value")
        ->capture_default_str();
    command.app->add_option("--permissions", command.options->permissions,
                            "Of --value: four digits, administrators read and write, everybody "
                            "reads and writes; default 1110, for a secret key 1100");
}

constexpr const char* kIdentifier = "Identifier, such as 88.100.7/P-000123";
constexpr const char* kPrefix = "Prefix, such as 88.100.7";

/// Handles one after the other as they come in; JSON is an object a line.
int list(const Options& options, bool homed) {
    const auto handle = homed ? Result<std::string>("") : model::parse_handle_text(options.id);
    auto client = handle ? make_client(options.remote) : Result<Client>(Error{handle.error()});
    if (!client) {
        complain(client.error().detail);
        return kExitUsage;
    }
    const auto print = [&options](std::string_view one) {
        if (!options.json) {
            fmt::print("{}\n", printable(one));
            return;
        }
        fmt::print("{}\n", boost::json::serialize(boost::json::object{{"handle", one}}));
    };
    const auto listed = homed ? client->list_homed_prefixes(print) : client->list(*handle, print);
    client->close();
    if (!listed) return tell_failure(homed ? "homed prefixes" : *handle, listed.error(), false);
    return kExitDone;
}

void add_list(CLI::App& program, int& exit_code) {
    auto options = std::make_shared<Options>();
    auto homed = std::make_shared<bool>(false);
    CLI::App* app = program.add_subcommand("list", "List the identifiers of a prefix");
    auto* what = app->add_option_group("what");
    what->add_option("PREFIX", options->id, kPrefix);
    what->add_flag("--homed", *homed, "List the prefixes that the server answers for");
    what->require_option(1);
    add_remote_options(*app, options->remote);
    app->add_flag("--json", options->json, "A JSON object a line, for programs");
    app->callback([options, homed, &exit_code] { exit_code = list(*options, *homed); });
}

}  // namespace

void add_records(CLI::App& program, int& exit_code) {
    const Command creation =
        add_command(program, exit_code, "create", "Register an identifier", kIdentifier, &create);
    add_value_options(creation, false);
    creation.app->add_flag("--overwrite", creation.options->overwrite,
                           "Replace an existing record completely");
    creation.app->add_flag("--mint", creation.options->mint,
                           "ID is a beginning; the server adds a unique rest");
    const Command addition =
        add_command(program, exit_code, "add", "Add values to an identifier", kIdentifier, &add);
    add_value_options(addition, true);
    addition.app->add_flag("--overwrite", addition.options->overwrite, "Replace existing values");
    add_value_options(add_command(program, exit_code, "modify", "Replace values of an identifier",
                                  kIdentifier, &modify),
                      true);
    const Command removal = add_command(program, exit_code, "remove",
                                        "Remove values from an identifier", kIdentifier, &remove);
    removal.app
        ->add_option("--index", removal.options->indexes, "Index of a value; may be repeated")
        ->required()
        ->take_all();
    add_command(program, exit_code, "delete", "Delete an identifier with all its values",
                kIdentifier, &erase);
    add_list(program, exit_code);
    add_command(program, exit_code, "home", "Have the server answer for a prefix", kPrefix, &home);
    add_command(program, exit_code, "unhome", "Have the server no longer answer for a prefix",
                kPrefix, &unhome);
}

}  // namespace idnode::tools
