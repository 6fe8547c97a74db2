#include "tools/ask.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "proto/base/limits.h"
#include "proto/handle/digest.h"
#include "proto/handle/message.h"
#include "proto/handle/resolution.h"
#include "proto/handle/responses.h"
#include "registry/http/tunnel_client.h"
#include "resolver/crypto/digests.h"
#include "resolver/forward/endpoint.h"
#include "resolver/forward/exchange.h"
#include "tools/system_clock.h"

namespace idnode::tools {
namespace {

using Steady = std::chrono::steady_clock;

// So long a request of ours may be on its way (§3.2); generous towards clocks that differ.
constexpr std::uint32_t kRequestLifetimeSeconds = 43'200;

Error broken(std::string_view what, const WireError& error) {
    return {Errc::kInvalid, fmt::format("the answer is broken: {}, {} at octet {}", what,
                                        error.field, error.offset)};
}

std::uint32_t random_id() {
    std::array<std::byte, 4> octets{};
    crypto::make_entropy()->fill(octets);
    return ByteReader(octets).u32("request id");
}

std::string_view name_of(handle::Transport transport) {
    switch (transport) {
        case handle::Transport::kUdp:
            return "UDP";
        case handle::Transport::kTcp:
            return "TCP";
        case handle::Transport::kHttp:
            return "HTTP";
        case handle::Transport::kHttps:
            return "HTTPS";
    }
    return "an unknown transport";
}

Result<Bytes> success_content(const Request& request, BytesView body) {
    if (request.op == handle::OpCode::kGetSiteInfo) return Bytes(body.begin(), body.end());
    const auto response = handle::decode_resolution_response(body);
    if (!response) return broken("its list of values", response.error());
    return Bytes(response->values.begin(), response->values.end());
}

Result<resolver::Reply> exchange_over_http(const resolver::Endpoint& endpoint,
                                           handle::Transport transport, BytesView message,
                                           std::chrono::milliseconds timeout) {
    const auto scheme =
        transport == handle::Transport::kHttps ? http::Scheme::kHttps : http::Scheme::kHttp;
    const auto body = http::ask_through_tunnel(endpoint, scheme, message, timeout);
    if (!body) return body.error();
    const auto expected = resolver::expected_reply(message);
    if (!expected) return expected.error();
    const auto envelope = handle::decode_envelope(*body);
    const BytesView payload = BytesView(*body).subspan(envelope ? limits::kEnvelopeBytes : 0);
    if (!envelope || !resolver::matches(*expected, *envelope, payload)) {
        return Error{Errc::kInvalid, "the answer is not one to this question"};
    }
    return resolver::Reply{*envelope, Bytes(payload.begin(), payload.end())};
}

Result<resolver::Reply> send_and_receive(const resolver::Endpoint& endpoint,
                                         handle::Transport transport, BytesView message,
                                         std::chrono::milliseconds timeout) {
    const bool is_native =
        transport == handle::Transport::kUdp || transport == handle::Transport::kTcp;
    return is_native ? resolver::exchange(endpoint, transport, message, timeout)
                     : exchange_over_http(endpoint, transport, message, timeout);
}

Result<Answer> ask_once(const resolver::Endpoint& endpoint, handle::Transport transport,
                        std::chrono::milliseconds timeout, const Request& request) {
    const Bytes message = encode_request(request, random_id());
    const auto begin = Steady::now();
    const auto reply = send_and_receive(endpoint, transport, message, timeout);
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - begin);
    if (!reply) {
        return Error{reply.error().code, fmt::format("{} over {}: {}", resolver::to_text(endpoint),
                                                     name_of(transport), reply.error().detail)};
    }
    auto answer = decode_answer(request, reply->envelope, reply->payload);
    if (answer) {
        answer->transport = transport;
        answer->took = took;
    }
    return answer;
}

Result<Answer> ask_endpoint(const resolver::Endpoint& endpoint, const Route& route,
                            const Request& request) {
    const auto only = [&](handle::Transport transport) {
        return ask_once(endpoint, transport, route.timeout, request);
    };
    if (route.carriers == Carriers::kTcp) return only(handle::Transport::kTcp);
    if (route.carriers == Carriers::kHttp) return only(handle::Transport::kHttp);
    if (route.carriers == Carriers::kHttps) return only(handle::Transport::kHttps);
    const bool also_tcp = route.carriers == Carriers::kUdpThenTcp;
    const auto udp_timeout = also_tcp ? route.timeout / 2 : route.timeout;
    auto answer = ask_once(endpoint, handle::Transport::kUdp, udp_timeout, request);
    const bool settled = answer && answer->code != handle::ResponseCode::kServerBusy;
    if (settled || !also_tcp) return answer;
    auto second = ask_once(endpoint, handle::Transport::kTcp, route.timeout - udp_timeout, request);
    return second || !answer ? second : answer;
}

}  // namespace

Bytes encode_request(const Request& request, std::uint32_t request_id) {
    Bytes out;
    handle::MessageWriter writer(out);
    handle::Envelope envelope;
    envelope.version = handle::kOwnVersion;
    envelope.suggested = handle::kOwnVersion;
    envelope.request_id = request_id;
    handle::Header header;
    header.op = request.op;
    header.expiration =
        static_cast<std::uint32_t>(SystemClock().now() / 1000) + kRequestLifetimeSeconds;
    if (request.op == handle::OpCode::kResolution) {
        // Without authentication a question for restricted values is refused as a whole (§4.3).
        header.flags = handle::flag::kPublicOnly | handle::flag::kRecursive;
        handle::encode_resolution_request(request.handle, request.indexes, request.types,
                                          writer.body());
    } else {
        writer.body().text_u32(request.handle);
    }
    writer.finish(envelope, header);
    return out;
}

Result<Answer> decode_answer(const Request& request, const handle::Envelope& envelope,
                             BytesView payload) {
    const auto message = handle::decode_message(envelope, payload);
    if (!message) return broken("its message", message.error());
    const auto body = handle::split_response_body(message->header, envelope.version, message->body);
    if (!body) return broken("its digest", body.error());
    Answer out;
    out.code = message->header.response;
    out.code_number = static_cast<std::uint32_t>(out.code);
    out.version = envelope.version;
    if (out.code == handle::ResponseCode::kSuccess) {
        auto content = success_content(request, body->rest);
        if (!content) return content.error();
        out.content = std::move(*content);
    } else if (const auto text = handle::decode_error(body->rest); text) {
        out.message = *text;
    }
    return out;
}

Result<Answer> ask(const Route& route, const Request& request) {
    const auto name = resolver::parse_server_name(route.server);
    if (!name) return name.error();
    const auto endpoints = resolver::look_up(*name);
    if (!endpoints) return endpoints.error();
    Error last{Errc::kUnavailable, fmt::format("{} has no address", route.server)};
    for (const resolver::Endpoint& endpoint : *endpoints) {
        auto answer = ask_endpoint(endpoint, route, request);
        if (answer) return answer;
        last = answer.error();
    }
    return last;
}

}  // namespace idnode::tools
