#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/http/handler.h"
#include "resolver/forward/endpoint.h"

namespace idnode::http {

enum class Scheme : std::uint8_t { kHttp, kHttps };

/// A request without the fields Host, Content-Length and Connection.
struct Question {
    std::string method{"GET"};
    std::string target{"/"};
    std::vector<std::pair<std::string, std::string>> fields{};
    BytesView body{};
    std::size_t answer_bytes_max = 64U << 20U;
    /// The key (encoding of §2.8) that the server's certificate must hold; empty: any. Nothing is
    /// sent before that was seen.
    BytesView server_key{};
    /// The host by which the server is asked, `hook.example.cn`, and whose certificate it must
    /// show, by the authorities of this machine; empty: by its address, and any certificate will
    /// do.
    std::string host{};
};

/// Asks once over a connection of its own. Blocks. The server's certificate is held against
/// `server_key` and `host` only. kUnavailable, kTimeout: no answer; kRefused: another key;
/// kInvalid: an answer that is no HTTP.
Result<Response> ask_http(const resolver::Endpoint& server, Scheme scheme, const Question& question,
                          std::chrono::milliseconds timeout);

}  // namespace idnode::http
