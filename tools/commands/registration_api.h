#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/http/http_client.h"

namespace CLI {
class App;
}  // namespace CLI

/// The registration API of a node, as the commands ask it.
namespace idnode::tools {

struct Connection {
    std::string server = "127.0.0.1:8000";
    std::string token_file;
    std::string server_key;
    bool plain = false;
    double timeout = 60;      // seconds
    bool needs_token = true;  // otherwise who gives none is nobody in particular
};

/// `--server`, `--token-file`, `--server-key`, `--plain`, `--timeout`.
void add_connection(CLI::App& command, Connection& connection);

/// Who asks and whom, looked up once.
class Api {
  public:
    static Result<Api> open(const Connection& connection);

    Result<http::Response> ask(std::string_view method, const std::string& target,
                               std::string_view body, std::string_view type,
                               std::string_view stream_id = {}) const;

    /// As above, of any path of the HTTP interface and with more fields.
    using Fields = std::vector<std::pair<std::string, std::string>>;
    Result<http::Response> ask_at(std::string_view method, const std::string& target,
                                  std::string_view body = {}, Fields fields = {}) const;

  private:
    resolver::Endpoint endpoint_;
    std::string token_;
    Bytes server_key_;
    http::Scheme scheme_ = http::Scheme::kHttps;
    std::chrono::milliseconds timeout_{};
};

/// Tells why there is no answer; the exit code.
int tell_error(const Error& error);
/// Shows an answer, or on standard error why it is a refusal; the exit code.
int tell_answer(const http::Response& response);

}  // namespace idnode::tools
