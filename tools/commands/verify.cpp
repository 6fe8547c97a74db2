#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "proto/base/text.h"
#include "registry/model/identifier.h"
#include "resolver/crypto/sm2.h"
#include "tools/commands/commands.h"
#include "tools/commands/remote.h"
#include "tools/exit_codes.h"
#include "tools/key_files.h"
#include "tools/record_signatures.h"
#include "tools/system_clock.h"
#include "tools/value_text.h"

namespace idnode::tools {
namespace {

struct Options {
    RemoteOptions remote;
    std::string id;
    std::vector<std::string> trust;  // key files
    std::string root = "0.0/0.0";
    bool json = false;
};

Result<std::vector<Bytes>> keys_of_files(const std::vector<std::string>& files) {
    std::vector<Bytes> out;
    for (const std::string& file : files) {
        const auto key = load_key(file, {});
        if (!key) return key.error();
        auto canonical = crypto::canonical_public_key(key->public_key);
        if (!canonical) return Error{Errc::kInvalid, file + ": is no key"};
        out.push_back(std::move(*canonical));
    }
    return out;
}

/// What the server says the root's keys are.
Result<std::vector<Bytes>> keys_of_root(client::Client& client, const std::string& root) {
    const auto values = client.resolve({.handle = root, .types = {"HS_PUBKEY"}});
    if (!values) {
        return Error{values.error().code, fmt::format("root keys of {}: {}; give --trust FILE",
                                                      root, values.error().detail)};
    }
    std::vector<Bytes> out;
    for (const handle::Value& value : *values) {
        if (auto key = crypto::canonical_public_key(value.data)) out.push_back(std::move(*key));
    }
    return out;
}

std::string text_of(const SignatureVerdict& verdict) {
    if (!verdict.valid) {
        return fmt::format("signature {} by {}: NOT VALID: {}", verdict.index,
                           printable(verdict.issuer), printable(verdict.reason));
    }
    return fmt::format("signature {} by {}: valid for values {} (vouched for by {})", verdict.index,
                       printable(verdict.issuer), fmt::join(verdict.covered, ", "),
                       printable(fmt::format("{}", fmt::join(verdict.chain, " < "))));
}

std::string json_of(const std::string& handle, const std::vector<SignatureVerdict>& verdicts,
                    const std::vector<std::int32_t>& uncovered) {
    boost::json::array list;
    for (const SignatureVerdict& verdict : verdicts) {
        boost::json::object entry{
            {"index", verdict.index}, {"issuer", verdict.issuer}, {"valid", verdict.valid}};
        entry["values"] = boost::json::array(verdict.covered.begin(), verdict.covered.end());
        if (verdict.valid) {
            entry["chain"] = boost::json::array(verdict.chain.begin(), verdict.chain.end());
        } else {
            entry["reason"] = verdict.reason;
        }
        list.push_back(std::move(entry));
    }
    return boost::json::serialize(
        boost::json::object{{"handle", handle},
                            {"signatures", std::move(list)},
                            {"unsigned", boost::json::array(uncovered.begin(), uncovered.end())}});
}

int print(const Options& options, const std::string& handle,
          const std::vector<SignatureVerdict>& verdicts,
          const std::vector<std::int32_t>& uncovered) {
    if (options.json) {
        fmt::print("{}\n", json_of(handle, verdicts, uncovered));
    } else {
        for (const SignatureVerdict& verdict : verdicts) fmt::print("{}\n", text_of(verdict));
        if (verdicts.empty()) fmt::print("{} is not signed\n", printable(handle));
        if (!verdicts.empty() && !uncovered.empty()) {
            fmt::print("values without a valid signature: {}\n", fmt::join(uncovered, ", "));
        }
    }
    const bool all_good = !verdicts.empty() && uncovered.empty() &&
                          std::ranges::all_of(verdicts, &SignatureVerdict::valid);
    return all_good ? kExitDone : kExitFailed;
}

int run(const Options& options) {
    const auto handle = model::parse_handle_text(options.id);
    auto given = keys_of_files(options.trust);
    auto client =
        handle ? make_client(options.remote, nullptr) : Result<client::Client>(handle.error());
    if (!client || !given) {
        complain(client ? given.error().detail : client.error().detail);
        return kExitUsage;
    }
    const auto values = client->resolve({.handle = *handle});
    if (!values) return tell_failure(*handle, values.error(), options.json);
    auto roots = options.trust.empty() ? keys_of_root(*client, options.root) : std::move(given);
    if (!roots) {
        complain(roots.error().detail);
        return kExitNoAnswer;
    }
    const auto certificates =
        [&client](const std::string& of) -> Result<std::vector<handle::Value>> {
        auto found = client->resolve({.handle = of, .types = {"HS_CERT"}});
        if (!found) return Error{found.error()};
        return std::move(*found);
    };
    const auto verdicts = verify_signatures(*handle, *values,
                                            {.roots = *roots,
                                             .certificates = certificates,
                                             .now = SystemClock().now() / 1000,
                                             .root_handle = options.root});
    return print(options, *handle, verdicts, uncovered_values(*values, verdicts));
}

}  // namespace

void add_verify(CLI::App& program, int& exit_code) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        program.add_subcommand("verify", "Check the signatures in a record, up to a trusted key");
    command->add_option("ID", options->id, "Identifier, such as 88.100.7/P-000123")->required();
    add_server_options(*command, options->remote);
    command
        ->add_option("--trust", options->trust,
                     "A trusted root key, in any form; without it the server's word about the "
                     "root handle is taken; may be repeated")
        ->take_all();
    command
        ->add_option("--root", options->root,
                     "The handle at the top of the chain; industrial networks have one of their "
                     "own, such as 88.111.1/0.0")
        ->capture_default_str();
    command->add_flag("--json", options->json, "As JSON, for programs");
    command->footer(
        "Exit code: 0 every value is signed and every signature valid, 1 not, 2 usage, 3 no "
        "answer, 4 refused.");
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::tools
