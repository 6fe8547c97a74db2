#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/header.h"
#include "proto/handle/site.h"

/// Questions of the command line to a server: blocking, without authentication.
namespace idnode::tools {

/// A request as it is sent: resolution of public values, or get-site-info.
struct Request {
    handle::OpCode op = handle::OpCode::kResolution;
    std::string handle = "/";
    std::vector<std::int32_t> indexes{};  // both empty: everything
    std::vector<std::string> types{};
};
Bytes encode_request(const Request& request, std::uint32_t request_id);

struct Answer {
    handle::ResponseCode code = handle::ResponseCode::kError;
    std::uint32_t code_number = 0;  // as it came
    std::string message;            // of an error
    Bytes content;                  // of a success: the `VALUES` section, or the site record
    handle::Version version;
    handle::Transport transport = handle::Transport::kUdp;
    std::chrono::microseconds took{};
};
/// kInvalid: the reply is not one to this request.
Result<Answer> decode_answer(const Request& request, const handle::Envelope& envelope,
                             BytesView payload);

enum class Carriers : std::uint8_t {
    kUdp,
    kTcp,
    kHttp,  // the tunnel of §3.7
    kHttps,
    kUdpThenTcp,  // TCP when UDP brings nothing, or a "busy" that stands for "too long for UDP"
};

struct Route {
    std::string server;  // HOST:PORT
    Carriers carriers = Carriers::kUdpThenTcp;
    std::chrono::milliseconds timeout{5000};
};

/// Asks each address of the server until one answers. kInvalid: the server's name cannot be read;
/// kUnavailable, kTimeout: nobody answered; the detail names server and transport.
Result<Answer> ask(const Route& route, const Request& request);

}  // namespace idnode::tools
