#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <memory>

#include "registry/json/record_json.h"
#include "registry/model/identifier.h"
#include "tools/ask.h"
#include "tools/commands/commands.h"
#include "tools/exit_codes.h"
#include "tools/network_text.h"
#include "tools/value_text.h"

namespace idnode::tools {
namespace {

using handle::ResponseCode;

struct Options {
    std::string id;
    std::string server;  // empty: the usual port of the transport on this machine
    bool udp = false;
    bool tcp = false;
    bool http = false;
    bool https = false;
    std::vector<std::string> types;
    std::vector<std::int32_t> indexes;
    bool json = false;
    double timeout = 5;  // seconds
};

int exit_code_of(ResponseCode code) {
    switch (code) {
        case ResponseCode::kSuccess:
            return kExitDone;
        case ResponseCode::kHandleNotFound:
        case ResponseCode::kValuesNotFound:
            return kExitFailed;
        // The server, or the one behind it, could not say; asking again may help.
        case ResponseCode::kError:
        case ResponseCode::kServerBusy:
        case ResponseCode::kServerBackup:
            return kExitNoAnswer;
        default:
            return kExitRefused;
    }
}

/// The answer as the HTTP interface writes it (§8.4).
Result<std::string> json_of(const std::string& handle, const Answer& answer) {
    std::string out = fmt::format("{{\"responseCode\":{},", answer.code_number);
    if (answer.code == ResponseCode::kSuccess) {
        std::string record;
        if (auto written = json::write_record(handle, answer.content, record); !written) {
            return written.error();
        }
        return out + record.substr(1);  // both are objects: one opening brace is enough
    }
    out += fmt::format("\"handle\":{}", boost::json::serialize(boost::json::string(handle)));
    if (answer.code == ResponseCode::kValuesNotFound) out += ",\"values\":[]";
    if (!answer.message.empty()) {
        out += fmt::format(",\"message\":{}",
                           boost::json::serialize(boost::json::string(answer.message)));
    }
    return out + "}";
}

std::string describe_refusal(const std::string& handle, const Answer& answer) {
    std::string out = fmt::format("{}: {} (code {})", printable(handle), name_of(answer.code),
                                  answer.code_number);
    if (!answer.message.empty()) out += ": " + printable(answer.message);
    return out;
}

Result<std::string> table_of(const Answer& answer) {
    ByteReader in(answer.content);
    handle::ValuesReader reader(in);
    std::vector<handle::ValueView> values;
    while (auto value = reader.next()) values.push_back(*value);
    if (!in.ok()) return Error{Errc::kInvalid, "the answer's values are broken"};
    return values_table(values);
}

int print_answer(const Options& options, const std::string& handle, const Answer& answer) {
    if (options.json) {
        const auto text = json_of(handle, answer);
        if (!text) {
            complain(text.error().detail);
            return kExitNoAnswer;
        }
        fmt::print("{}\n", *text);
    } else if (answer.code == ResponseCode::kSuccess) {
        const auto text = table_of(answer);
        if (!text) {
            complain(text.error().detail);
            return kExitNoAnswer;
        }
        fmt::print("{}\n{}", printable(handle), *text);
    } else {
        complain(describe_refusal(handle, answer));
    }
    return exit_code_of(answer.code);
}

Carriers carriers_of(const Options& options) {
    if (options.udp) return Carriers::kUdp;
    if (options.tcp) return Carriers::kTcp;
    if (options.http) return Carriers::kHttp;
    if (options.https) return Carriers::kHttps;
    return Carriers::kUdpThenTcp;
}

std::string default_server(const Options& options) {
    return options.http || options.https ? "127.0.0.1:8000" : "127.0.0.1:2641";
}

int run(const Options& options) {
    const auto handle = model::parse_handle_text(options.id);
    if (!handle) {
        complain(handle.error().detail);
        return kExitUsage;
    }
    const Route route{
        .server = options.server.empty() ? default_server(options) : options.server,
        .carriers = carriers_of(options),
        .timeout = std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout * 1000))};
    const auto answer = ask(route, {.op = handle::OpCode::kResolution,
                                    .handle = *handle,
                                    .indexes = options.indexes,
                                    .types = options.types});
    if (!answer) {
        complain(fmt::format("no answer: {}; is the node running, and is --server right?",
                             answer.error().detail));
        return kExitNoAnswer;
    }
    return print_answer(options, *handle, *answer);
}

}  // namespace

void add_resolve(CLI::App& program, int& exit_code) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        program.add_subcommand("resolve", "Ask a server for an identifier's values");
    command->add_option("ID", options->id, "Identifier, such as 88.100.7/P-000123")->required();
    must(command->add_option("--server", options->server,
                             "HOST:PORT of the server (127.0.0.1:2641, over HTTP 127.0.0.1:8000)"),
         &check_host_port);
    CLI::Option* udp = command->add_flag("--udp", options->udp, "Only over UDP");
    CLI::Option* tcp = command->add_flag("--tcp", options->tcp,
                                         "Only over TCP; without any of these UDP first, then TCP");
    CLI::Option* http = command->add_flag("--http", options->http, "Through the tunnel in HTTP");
    CLI::Option* https = command->add_flag(
        "--https", options->https, "Through the tunnel in HTTPS; the certificate is not checked");
    tcp->excludes(udp);
    http->excludes(udp)->excludes(tcp);
    https->excludes(udp)->excludes(tcp)->excludes(http);
    command->add_option("--type", options->types, "Only values of this type; may be repeated")
        ->take_all();
    command
        ->add_option("--index", options->indexes, "Only the value with this index; may be repeated")
        ->take_all();
    command->add_option("--timeout", options->timeout, "Seconds to wait for the answer in all")
        ->capture_default_str()
        ->check(CLI::Range(0.001, 3600.0));
    command->add_flag("--json", options->json, "As JSON, for programs");
    command->footer("Exit code: 0 found, 1 not found, 2 usage, 3 no answer, 4 refused.");
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::tools
