#include "tools/commands/registration_api.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/value.hpp>
#include <cstdlib>
#include <fstream>

#include "registry/http/rest/answers.h"
#include "registry/json/parse.h"
#include "tools/commands/commands.h"
#include "tools/exit_codes.h"
#include "tools/secrets.h"

namespace idnode::tools {
namespace {

/// Of a problem (RFC 7807); empty: it is none.
std::string problem_text(const boost::json::value& body) {
    const auto* detail = body.is_object() ? body.as_object().if_contains("detail") : nullptr;
    const auto* title = body.is_object() ? body.as_object().if_contains("title") : nullptr;
    if (detail == nullptr || !detail->is_string()) return {};
    const std::string name =
        title != nullptr && title->is_string() ? std::string(title->as_string()) + ": " : "";
    return name + std::string(detail->as_string());
}

/// `error.message`, and its remedy.
void tell_refusal(const http::Response& response) {
    const auto parsed = json::parse(response.body());
    if (const std::string problem = parsed ? problem_text(*parsed) : ""; !problem.empty()) {
        complain(problem);
        return;
    }
    const auto* error =
        parsed && parsed->is_object() ? parsed->as_object().if_contains("error") : nullptr;
    const auto text = [&](const char* name) -> std::string {
        const auto* member =
            error != nullptr && error->is_object() ? error->as_object().if_contains(name) : nullptr;
        return member != nullptr && member->is_string() ? std::string(member->as_string()) : "";
    };
    if (error == nullptr) {
        complain(fmt::format("the server answered with HTTP status {}", response.result_int()));
        return;
    }
    const std::string remedy = text("remedy");
    complain(fmt::format("{}: {}{}{}", text("code"), text("message"), remedy.empty() ? "" : "; ",
                         remedy));
}

}  // namespace

void add_connection(CLI::App& command, Connection& connection) {
    command.add_option("--server", connection.server, "HOST:PORT of the node's HTTP interface")
        ->capture_default_str();
    command.add_option("--token-file", connection.token_file,
                       "A file that holds the token, such as keys/operator.token; without it the "
                       "file that IDNODE_SECRET_FILE names");
    command.add_option("--server-key", connection.server_key,
                       "The server's public key (keys/pubkey.bin): no other server gets the token");
    command.add_flag("--plain", connection.plain, "Without TLS");
    command.add_option("--timeout", connection.timeout, "Seconds to wait for an answer")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
}

Result<Api> Api::open(const Connection& connection) {
    Api out;
    const auto name = resolver::parse_server_name(connection.server);
    if (!name) return name.error();
    const auto endpoints = resolver::look_up(*name);
    if (!endpoints) return endpoints.error();
    out.endpoint_ = endpoints->front();
    const bool has_token =
        !connection.token_file.empty() || std::getenv(kSecretFileVariable) != nullptr;
    if (connection.needs_token || has_token) {
        const auto token = find_secret({.file = connection.token_file, .prompt = "Token: "});
        if (!token) return token.error();
        out.token_ = as_text(*token);
    }
    out.scheme_ = connection.plain ? http::Scheme::kHttp : http::Scheme::kHttps;
    out.timeout_ = std::chrono::milliseconds(static_cast<std::int64_t>(connection.timeout * 1'000));
    if (connection.server_key.empty()) return out;
    std::ifstream file(connection.server_key, std::ios::binary);
    const std::string key{std::istreambuf_iterator<char>(file), {}};
    if (key.empty()) {
        return Error{Errc::kInvalid, connection.server_key + ": cannot read the key"};
    }
    out.server_key_ = to_bytes(key);
    return out;
}

Result<http::Response> Api::ask(std::string_view method, const std::string& target,
                                std::string_view body, std::string_view type,
                                std::string_view stream_id) const {
    Fields fields;
    if (!body.empty()) fields.emplace_back("Content-Type", type);
    if (!stream_id.empty()) fields.emplace_back("Stream-Id", stream_id);
    return ask_at(method, "/idn/v1" + target, body, std::move(fields));
}

Result<http::Response> Api::ask_at(std::string_view method, const std::string& target,
                                   std::string_view body, Fields fields) const {
    if (!token_.empty()) fields.emplace_back("Authorization", "Bearer " + token_);
    const http::Question question{.method = std::string(method),
                                  .target = target,
                                  .fields = std::move(fields),
                                  .body = as_bytes_view(body),
                                  .server_key = server_key_};
    return http::ask_http(endpoint_, scheme_, question, timeout_);
}

int tell_error(const Error& error) {
    complain(error.detail);
    const bool silent = error.code == Errc::kUnavailable || error.code == Errc::kTimeout;
    return silent ? kExitNoAnswer : error.code == Errc::kRefused ? kExitRefused : kExitUsage;
}

int tell_answer(const http::Response& response) {
    const unsigned status = response.result_int();
    if (status >= 400) {
        tell_refusal(response);
        return status == 404 ? kExitFailed : kExitRefused;
    }
    if (!response.body().empty()) fmt::print("{}\n", http::indented(response.body()));
    return kExitDone;
}

}  // namespace idnode::tools
