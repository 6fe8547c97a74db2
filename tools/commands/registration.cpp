// enterprise, prefix, account, template, audit: over the registration API of a node.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <memory>
#include <utility>

#include "registry/json/parse.h"
#include "tools/commands/commands.h"
#include "tools/commands/registration_api.h"
#include "tools/commands/registration_verbs.h"
#include "tools/secrets.h"

namespace idnode::tools {
namespace {

namespace bj = boost::json;

struct Typed {
    Connection connection;
    std::vector<std::string> subjects;
    std::vector<std::string> given;
    std::string file;
};

/// RFC 3986: everything but unreserved characters.
std::string encoded(std::string_view text) {
    std::string out;
    for (const char one : text) {
        const bool plain = (one >= '0' && one <= '9') || (one >= 'A' && one <= 'Z') ||
                           (one >= 'a' && one <= 'z') || one == '-' || one == '.' || one == '_' ||
                           one == '~';
        if (plain) {
            out += one;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(one));
        }
    }
    return out;
}

std::string filled(std::string_view pattern, const std::vector<std::string>& subjects) {
    std::string out(pattern);
    for (std::size_t at = 0; at < subjects.size(); ++at) {
        const std::string place = "{" + std::to_string(at) + "}";
        if (const std::size_t found = out.find(place); found != std::string::npos) {
            out.replace(found, place.size(), encoded(subjects[at]));
        }
    }
    return out;
}

/// The member that a path of names means; objects on the way are made.
bj::value& member_at(bj::value& root, std::string_view path) {
    bj::value* at = &root;
    while (!path.empty()) {
        const std::size_t dot = path.find('.');
        if (!at->is_object()) at->emplace_object();
        const std::string_view name = path.substr(0, dot);
        at = &at->as_object()[bj::string_view(name.data(), name.size())];
        path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    }
    return *at;
}

Result<bj::value> body_of(const Verb& verb, const Typed& typed) {
    bj::value out = bj::object();
    if (!verb.file.empty()) {
        std::ifstream file(typed.file, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        auto parsed = json::parse(text);
        if (!file || !parsed) {
            return Error{Errc::kInvalid,
                         typed.file + ": " + (parsed ? "cannot read it" : parsed.error().detail)};
        }
        (verb.file == "." ? out : member_at(out, verb.file)) = *std::move(parsed);
        return out;
    }
    const auto beginning = json::parse(verb.body);
    if (!beginning) return beginning.error();
    out = *beginning;
    for (auto& [name, value] : out.as_object()) {
        if (value.is_string() && value.as_string() == "{0}") {
            value = bj::string_view(typed.subjects[0]);
        }
        if (auto* account = value.if_object(); account != nullptr && account->contains("name")) {
            (*account)["name"] = bj::string_view(typed.subjects[0]);
        }
    }
    for (std::size_t at = 0; at < verb.given.size(); ++at) {
        const Given& given = verb.given[at];
        const std::string& text = typed.given[at];
        if (text.empty() || given.place == Place::kQuery) continue;
        bj::value& member = member_at(out, given.where);
        member = bj::string_view(text);
        if (given.place == Place::kNumber) {
            const auto number = json::parse(text);
            if (!number || !number->is_int64()) {
                return Error{Errc::kInvalid, std::string(given.name) + ": must be a number"};
            }
            member = *number;
        } else if (given.place == Place::kSecret) {
            const auto secret = read_secret_file(text);
            if (!secret) return secret.error();
            member = bj::string_view(as_text(*secret).data(), secret->size());
        }
    }
    return out;
}

std::string target_of(const Verb& verb, const Typed& typed) {
    std::string out = filled(verb.path, typed.subjects);
    char before = '?';
    for (std::size_t at = 0; at < verb.given.size(); ++at) {
        if (verb.given[at].place != Place::kQuery || typed.given[at].empty()) continue;
        out += std::exchange(before, '&');
        out.append(verb.given[at].where).append("=").append(encoded(typed.given[at]));
    }
    return out;
}

int run(const Verb& verb, const Typed& typed) {
    std::string body;
    if (!verb.body.empty()) {
        const auto made = body_of(verb, typed);
        if (!made) return tell_error(made.error());
        body = bj::serialize(*made);
    }
    const auto api = Api::open(typed.connection);
    if (!api) return tell_error(api.error());
    const auto response = api->ask(verb.method, target_of(verb, typed), body, "application/json");
    return response ? tell_answer(*response) : tell_error(response.error());
}

void add_verb(CLI::App& parent, const Verb& verb, int& exit_code) {
    auto typed = std::make_shared<Typed>();
    CLI::App* command = parent.add_subcommand(std::string(verb.name), std::string(verb.help));
    typed->subjects.resize(verb.subjects.size());
    for (std::size_t at = 0; at < verb.subjects.size(); ++at) {
        command->add_option(std::string(verb.subjects[at]), typed->subjects[at])->required();
    }
    typed->given.resize(verb.given.size());
    for (std::size_t at = 0; at < verb.given.size(); ++at) {
        const Given& given = verb.given[at];
        command->add_option(std::string(given.name), typed->given[at], std::string(given.help))
            ->required(given.required);
    }
    if (!verb.file.empty()) {
        command->add_option("--file", typed->file, "JSON")->required()->check(CLI::ExistingFile);
    }
    add_connection(*command, typed->connection);
    command->callback([&verb, typed, &exit_code] { exit_code = run(verb, *typed); });
}

}  // namespace

void add_registration(CLI::App& program, int& exit_code) {
    CLI::App* noun = nullptr;
    for (const Verb& verb : registration_verbs()) {
        if (verb.noun.empty()) {
            add_verb(program, verb, exit_code);
            continue;
        }
        if (noun == nullptr || noun->get_name() != verb.noun) {
            noun = program.add_subcommand(std::string(verb.noun),
                                          fmt::format("What is registered: {}", verb.noun));
            noun->require_subcommand(1);
        }
        add_verb(*noun, verb, exit_code);
    }
}

}  // namespace idnode::tools
