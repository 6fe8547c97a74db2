// The client against peers that break the rules: every call ends in bounded time and memory, and
// nothing is believed that does not belong to the request.
#include <catch2/catch.hpp>

#include "proto/handle/challenge.h"
#include "proto/handle/responses.h"
#include "resolver/client/client.h"
#include "tests/unit/resolver/forward_fake_server.h"

namespace idnode::test {
namespace {

using client::Channel;
using client::ChannelOptions;
using client::Client;
using handle::OpCode;
using handle::ResponseCode;
using std::chrono::milliseconds;
using Messages = std::vector<Bytes>;

constexpr milliseconds kShort{150};
constexpr milliseconds kLong{10'000};

/// Fake servers copy the request's flags, but give no request digest: octet 29 says whether.
Bytes without_digest(Bytes message) {
    message[29] &= std::byte{0x7F};
    return message;
}

Bytes plain_found(const FakeServer::Request& request, std::string_view data) {
    return without_digest(found(request, data));
}
Bytes plain_response(const FakeServer::Request& request, ResponseCode code, BytesView body) {
    return without_digest(response(request, code, body));
}

Client client_of(const FakeServer& server, const ChannelOptions& options = {.timeout = kLong}) {
    return Client(Channel({.port = server.port()}, options));
}

/// Sets the flag in an encoded message: header flags stand at octets 28 to 31.
Bytes with_flag(Bytes message, std::uint32_t flag) {
    for (std::size_t i = 0; i < 4; ++i) {
        message[28 + i] |= static_cast<std::byte>(flag >> (8 * (3 - i)));
    }
    return message;
}

Bytes list_of(const std::vector<std::string>& handles) {
    Bytes body;
    ByteWriter out(body);
    handle::encode_list_response(handles, out);
    return body;
}

}  // namespace

TEST_CASE("a value that the server has is the answer") {
    FakeServer server([](const auto& request) { return Messages{plain_found(request, "here")}; });
    Client client = client_of(server);
    const auto values = client.resolve({.handle = "88.100/x"});
    REQUIRE(values);
    CHECK(as_text(values->at(0).data) == "here");
}

TEST_CASE("an error comes with the server's code and words") {
    FakeServer server([](const auto& request) {
        return Messages{without_digest(error(request, ResponseCode::kServerBusy, "later, please"))};
    });
    const auto values = client_of(server).resolve({.handle = "88.100/x"});
    REQUIRE_FALSE(values);
    CHECK(values.error().response == ResponseCode::kServerBusy);
    CHECK(values.error().detail.find("later, please") != std::string::npos);
}

TEST_CASE("H39: an answer with another request id, operation or request digest is refused") {
    const int kind = GENERATE(0, 1, 2);
    FakeServer server([kind](const auto& request) {
        const Bytes good = plain_found(request, "x");
        if (kind == 0) return Messages{with_request_id(good, 7)};
        if (kind == 1) return Messages{with_op(good, OpCode::kListHandles)};
        Bytes body(33, std::byte{0xAA});
        body.front() = std::byte{3};
        return Messages{with_flag(plain_response(request, ResponseCode::kSuccess, body),
                                  handle::flag::kRequestDigest)};
    });
    const auto values = client_of(server).resolve({.handle = "88.100/x"});
    REQUIRE_FALSE(values);
    CHECK(values.error().code == Errc::kInvalid);
    CHECK(values.error().detail.find("another request") != std::string::npos);
}

TEST_CASE("H1: an answer that announces more than a message may have is refused unread") {
    const std::uint32_t length = GENERATE(262'145U, 0x7FFFFFFFU, 0xFFFFFFFFU);
    FakeServer server([length](const auto& request) {
        Bytes message = plain_found(request, "x");
        store(std::span<std::byte>(message), 16, length);
        return Messages{message};
    });
    const auto values = client_of(server).resolve({.handle = "88.100/x"});
    REQUIRE_FALSE(values);
    CHECK(values.error().code == Errc::kLimit);
}

TEST_CASE("a silent server and one that stops within an answer cost the timeout, no more") {
    const bool truncated = GENERATE(false, true);
    FakeServer server([truncated](const auto& request) {
        Bytes message = plain_found(request, "x");
        message.resize(message.size() - 1);
        return truncated ? Messages{message} : Messages{};
    });
    const auto values = client_of(server, {.timeout = kShort}).resolve({.handle = "88.100/x"});
    REQUIRE_FALSE(values);
    CHECK(values.error().code == Errc::kTimeout);
}

TEST_CASE("a port where nobody listens is no answer") {
    const DeadPort port;
    Client client(Channel({.port = port.port()}, {.timeout = kLong}));
    const auto values = client.resolve({.handle = "88.100/x"});
    REQUIRE_FALSE(values);
    CHECK(values.error().code == Errc::kUnavailable);
}

TEST_CASE("H35: an answer that has expired is refused") {
    FakeServer server([](const auto& request) {
        Bytes message = plain_found(request, "x");
        store(std::span<std::byte>(message), 36, std::uint32_t{1'000'000});
        return Messages{message};
    });
    const auto values = client_of(server).resolve({.handle = "88.100/x"});
    REQUIRE_FALSE(values);
    CHECK(values.error().detail.find("expired") != std::string::npos);
}

TEST_CASE("H38: an answer of more than 2,048 values is refused") {
    FakeServer server([](const auto& request) {
        std::vector<handle::Value> values(2'049);
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i].index = static_cast<std::int32_t>(i + 1);
        }
        Bytes body;
        ByteWriter out(body);
        out.text_u32("88.100/x");
        handle::encode_values(values, out);
        return Messages{plain_response(request, ResponseCode::kSuccess, body)};
    });
    const auto values = client_of(server).resolve({.handle = "88.100/x"});
    REQUIRE_FALSE(values);
    CHECK(values.error().code == Errc::kInvalid);
}

TEST_CASE("H40: a certified request takes no unsigned answer") {
    FakeServer server([](const auto& request) { return Messages{plain_found(request, "x")}; });
    Client client(Channel({.port = server.port()}, {.timeout = kLong, .certify = true},
                          {.version = {2, 11}, .public_key = Bytes(40)}));
    const auto values = client.resolve({.handle = "88.100/x"});
    REQUIRE_FALSE(values);
    CHECK(values.error().detail.find("not signed") != std::string::npos);
}

TEST_CASE("a challenge for another request is never answered") {
    FakeServer server([](const auto& request) {
        Bytes digest(32, std::byte{0xBB});
        const Bytes nonce(16, std::byte{1});
        Bytes body;
        ByteWriter out(body);
        handle::encode_challenge({.digest = {.octets = digest}, .nonce = nonce}, {2, 11}, out);
        return Messages{
            with_flag(plain_response(request, ResponseCode::kAuthenticationNeeded, body),
                      handle::flag::kRequestDigest)};
    });
    Client client = client_of(server, {.timeout = kLong, .use_session = false});
    client.channel().authenticate_as(client::Authenticator::with_secret(
        {.handle = "0.NA/88.100", .index = 301}, to_bytes("secret")));
    const auto erased = client.erase("88.100/x");
    REQUIRE_FALSE(erased);
    CHECK(erased.error().detail.find("challenges another request") != std::string::npos);
    CHECK(server.tcp_requests() == 1);
}

TEST_CASE("a continued list is read to its end, and one that breaks off is an error") {
    const bool breaks_off = GENERATE(false, true);
    FakeServer server([breaks_off](const auto& request) {
        const Bytes first =
            with_flag(plain_response(request, ResponseCode::kSuccess, list_of({"a/1", "a/2"})),
                      handle::flag::kContinuous);
        if (breaks_off) return Messages{first};
        return Messages{first, plain_response(request, ResponseCode::kSuccess, list_of({"a/3"}))};
    });
    std::vector<std::string> seen;
    const auto listed = client_of(server, {.timeout = breaks_off ? kShort : kLong})
                            .list("0.NA/a", [&](std::string_view one) { seen.emplace_back(one); });
    CHECK(listed.has_value() == !breaks_off);
    CHECK(seen.size() == (breaks_off ? 2 : 3));
}

}  // namespace idnode::test
