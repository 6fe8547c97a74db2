#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <fstream>
#include <memory>

#include "registry/json/key_json.h"
#include "resolver/crypto/key_file.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/sm2.h"
#include "tools/commands/commands.h"
#include "tools/exit_codes.h"
#include "tools/key_files.h"
#include "tools/secrets.h"
#include "tools/value_text.h"

namespace idnode::tools {
namespace {

struct Options {
    std::string file;
    std::string output;
    std::string type = "rsa";
    unsigned bits = crypto::kRsaBitsDefault;
    std::string form = "reference";
    bool public_only = false;
    bool encrypt = false;
    bool json = false;
    std::string passphrase_file;      // of the file that is read
    std::string new_passphrase_file;  // of the file that is written
};

int fail(const Error& error) {
    complain(error.detail);
    return kExitFailed;
}

Result<Bytes> new_passphrase(const Options& options, const std::string& file) {
    if (!options.encrypt) return Bytes();
    return find_new_passphrase(file);
}

/// A new file; a key that is there already is never replaced.
Result<void> write_new(const std::string& path, BytesView octets, bool is_secret) {
    if (is_secret) return crypto::write_secret_file(path, octets);
    std::FILE* const file = std::fopen(path.c_str(), "wbx");
    if (file == nullptr) {
        return Error{Errc::kConflict, path + ": exists already, or cannot be written"};
    }
    const bool written = std::fwrite(octets.data(), 1, octets.size(), file) == octets.size();
    if (std::fclose(file) == 0 && written) return {};
    return Error{Errc::kStorage, path + ": cannot be written"};
}

Result<Bytes> new_key(const Options& options) {
    if (options.type == "dsa") return crypto::generate_dsa_key();
    if (options.type == "sm2") return crypto::generate_sm2_key();
    return crypto::generate_rsa_key(options.bits);
}

int generate(const Options& options) {
    const auto passphrase = new_passphrase(options, options.passphrase_file);
    if (!passphrase) return fail(passphrase.error());
    const auto key = new_key(options);
    if (!key) return fail(key.error());
    const auto public_key = crypto::public_key_of(*key);
    if (!public_key) return fail(public_key.error());
    // The reference's key files have no form for SM2.
    const KeyForm form = options.type == "sm2" ? KeyForm::kPem : KeyForm::kReference;
    const auto sealed = write_private_key(form, *key, as_text(*passphrase));
    if (!sealed) return fail(sealed.error());
    const std::string public_file = options.file + ".pub";
    if (auto written = write_new(options.file, *sealed, true); !written) {
        return fail(written.error());
    }
    if (auto written = write_new(public_file, *public_key, false); !written) {
        return fail(written.error());
    }
    fmt::print("{} and {}: {}\n", options.file, public_file, describe_key(*public_key));
    return kExitDone;
}

int show(const Options& options) {
    const auto key = load_key(options.file, options.passphrase_file);
    if (!key) return fail(key.error());
    auto jwk = json::write_key(key->public_key);
    if (!jwk) jwk = json::write_sm2_key(key->public_key);
    const std::string_view kind = key->private_key.empty() ? "public" : "private";
    if (options.json) {
        boost::json::object out{
            {"form", name_of(key->form)}, {"kind", kind}, {"key", describe_key(key->public_key)}};
        if (jwk) out["publicKey"] = *jwk;
        fmt::print("{}\n", boost::json::serialize(out));
        return kExitDone;
    }
    fmt::print("{} key, {} form\n{}\n", kind, name_of(key->form), describe_key(key->public_key));
    if (jwk) fmt::print("{}\n", boost::json::serialize(*jwk));
    return kExitDone;
}

int convert(const Options& options) {
    const auto form = parse_key_form(options.form);
    const auto key = load_key(options.file, options.passphrase_file);
    if (!key) return fail(key.error());
    const bool is_public = options.public_only || key->private_key.empty();
    if (is_public) {
        const auto octets = write_public_key(*form, key->public_key);
        if (!octets) return fail(octets.error());
        if (!options.output.empty()) {
            const auto written = write_new(options.output, *octets, false);
            return written ? kExitDone : fail(written.error());
        }
        std::fwrite(octets->data(), 1, octets->size(), stdout);
        return kExitDone;
    }
    if (options.output.empty()) {
        complain("a private key is written to a file only: give --output FILE, or --public");
        return kExitUsage;
    }
    const auto passphrase = new_passphrase(options, options.new_passphrase_file);
    if (!passphrase) return fail(passphrase.error());
    const auto octets = write_private_key(*form, key->private_key, as_text(*passphrase));
    if (!octets) return fail(octets.error());
    const auto written = write_new(options.output, *octets, true);
    return written ? kExitDone : fail(written.error());
}

}  // namespace

void add_key(CLI::App& program, int& exit_code) {
    CLI::App* key = program.add_subcommand("key", "Make, show and convert key files");
    key->require_subcommand(1);
    const auto options = std::make_shared<Options>();
    const char* const from_file =
        "File with the passphrase; without it the terminal or $IDNODE_PASSPHRASE_FILE";

    CLI::App* making = key->add_subcommand("generate", "Make FILE and FILE.pub");
    making->add_option("FILE", options->file, "Private key file, which must not exist")->required();
    making->add_option("--type", options->type, "rsa, dsa or, for industrial nodes, sm2 (in PEM)")
        ->capture_default_str()
        ->check(CLI::IsMember({"rsa", "dsa", "sm2"}));
    making->add_option("--bits", options->bits, "Of an RSA key")
        ->capture_default_str()
        ->check(CLI::IsMember({2048U, 3072U, 4096U}));
    making->add_flag("--encrypt", options->encrypt, "Encrypt the private key with a passphrase");
    making->add_option("--passphrase-file", options->passphrase_file, from_file);
    making->callback([options, &exit_code] { exit_code = generate(*options); });

    CLI::App* showing = key->add_subcommand("show", "Describe a key file of any form");
    showing->add_option("FILE", options->file, "Key file")->required();
    showing->add_option("--passphrase-file", options->passphrase_file, from_file);
    showing->add_flag("--json", options->json, "As JSON, for programs");
    showing->callback([options, &exit_code] { exit_code = show(*options); });

    CLI::App* converting = key->add_subcommand("convert", "Write a key in another form");
    converting->add_option("FILE", options->file, "Key file of any form")->required();
    converting->add_option("--to", options->form, "reference, pem or jwk")
        ->required()
        ->check(CLI::IsMember({"reference", "pem", "jwk"}));
    converting->add_flag("--public", options->public_only, "Only the public half");
    converting->add_option("--output", options->output,
                           "File, which must not exist; without it standard output");
    converting->add_option("--passphrase-file", options->passphrase_file, from_file);
    converting->add_flag("--encrypt", options->encrypt, "Encrypt the private key that is written");
    converting->add_option("--new-passphrase-file", options->new_passphrase_file,
                           "File with the passphrase of the private key that is written");
    converting->callback([options, &exit_code] { exit_code = convert(*options); });
}

}  // namespace idnode::tools
