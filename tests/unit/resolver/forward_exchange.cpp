#include <catch2/catch.hpp>
#include <ctime>

#include "forward_fake_server.h"
#include "proto/handle/resolution.h"
#include "proto/handle/value.h"
#include "resolver/forward/exchange.h"
#include "resolver/forward/message.h"

namespace idnode {
namespace {

using handle::OpCode;
using handle::ResponseCode;
using handle::Transport;
using resolver::exchange;
using resolver::Question;
using resolver::Reply;
using test::FakeServer;
using Replies = std::vector<Bytes>;

/// Long enough for a loaded machine, short enough that nobody waits for it when all is well.
constexpr std::chrono::milliseconds kPatience{10'000};

Question question() {
    Question out;
    out.handle = "88.100.1/Pump-7";
    out.flags = handle::flag::kPublicOnly;
    return out;
}

std::uint32_t now() {
    return static_cast<std::uint32_t>(std::time(nullptr));
}

Bytes request(const Question& of = question()) {
    Bytes out;
    resolver::write_question(of, {.request_id = 77, .now = now()}, out);
    return out;
}

Bytes data_of(const Result<Reply>& reply) {
    REQUIRE(reply.has_value());
    const auto answer = resolver::read_answer(question(), *reply, now());
    REQUIRE(answer.has_value());
    const auto values = handle::decode_values(answer->content);
    REQUIRE(values.has_value());
    REQUIRE(values->size() == 1);
    return values->front().data;
}

/// What `behaviour` answers to one question over UDP, as the forwarder reads it.
Result<resolver::UpstreamAnswer> read_from(FakeServer::Behaviour behaviour) {
    const FakeServer server(std::move(behaviour));
    const Result<Reply> reply = exchange(server.endpoint(), Transport::kUdp, request(), kPatience);
    REQUIRE(reply.has_value());
    return resolver::read_answer(question(), *reply, now());
}

}  // namespace

TEST_CASE("a question is answered over UDP and over TCP") {
    const FakeServer server([](const auto& asked) { return Replies{test::found(asked, "yes")}; });
    for (const Transport transport : {Transport::kUdp, Transport::kTcp}) {
        CHECK(data_of(exchange(server.endpoint(), transport, request(), kPatience)) ==
              to_bytes("yes"));
    }
    CHECK(server.udp_requests() == 1);
    CHECK(server.tcp_requests() == 1);
}

TEST_CASE("what is sent upstream is the client's question with one recursion more and no CT") {
    Question asked = question();
    asked.indexes = {300};
    asked.types = {"URL"};
    asked.recursion_count = 4;
    asked.flags = handle::flag::kPublicOnly | handle::flag::kAuthoritative |
                  handle::flag::kCertify | handle::flag::kDoNotRefer | handle::flag::kRequestDigest;
    const Bytes octets = request(asked);
    const auto envelope = handle::decode_envelope(octets);
    const auto message = handle::decode_message(*envelope, BytesView(octets).subspan(20));
    REQUIRE(message.has_value());
    CHECK(envelope->version == handle::kOwnVersion);
    CHECK(envelope->suggested == handle::kOwnVersion);
    CHECK(message->header.recursion_count == 5);
    CHECK(message->header.flags ==
          (handle::flag::kPublicOnly | handle::flag::kAuthoritative | handle::flag::kDoNotRefer |
           handle::flag::kRecursive | handle::flag::kCacheCertify));
    const auto body = handle::decode_resolution_request(message->body);
    REQUIRE(body.has_value());
    CHECK(body->handle == "88.100.1/Pump-7");
    CHECK(body->index_count == 1);
    CHECK(body->type_count == 1);
}

TEST_CASE("questions and answers of many datagrams come through") {
    const std::string data(100'000, 'x');
    const FakeServer server([&](const auto& asked) { return Replies{test::found(asked, data)}; });
    Question many = question();
    for (int i = 1; i < 2'000; ++i) many.indexes.push_back(i);
    const Result<Reply> reply =
        exchange(server.endpoint(), Transport::kUdp, request(many), kPatience);
    CHECK(data_of(reply) == to_bytes(data));
    CHECK(data_of(exchange(server.endpoint(), Transport::kTcp, request(many), kPatience)) ==
          to_bytes(data));
}

TEST_CASE("a question whose first datagrams are lost is sent again with the same id") {
    const FakeServer server([](const FakeServer::Request& asked) {
        if (asked.number < 3) return Replies{};
        return Replies{test::found(asked, "third")};
    });
    CHECK(data_of(exchange(server.endpoint(), Transport::kUdp, request(), kPatience)) ==
          to_bytes("third"));
    CHECK(server.udp_requests() == 3);
}

TEST_CASE("replies with another id or operation, requests and noise are ignored over UDP") {
    const FakeServer server([](const FakeServer::Request& asked) {
        const Bytes good = test::found(asked, "good");
        Bytes cut = test::found(asked, "cut");
        cut.resize(30);
        ByteWriter(cut).patch_u32(16, 10);
        return Replies{test::with_request_id(test::found(asked, "other id"), 78),
                       test::with_op(test::found(asked, "other op"), OpCode::kGetSiteInfo),
                       test::response(asked, ResponseCode::kNone, {}), cut, good};
    });
    CHECK(data_of(exchange(server.endpoint(), Transport::kUdp, request(), kPatience)) ==
          to_bytes("good"));
}

TEST_CASE("a reply from another source than the asked server is not seen") {
    const FakeServer server([](const FakeServer::Request& asked) {
        if (asked.transport == Transport::kUdp) {
            test::send_from_elsewhere(asked.client, test::found(asked, "forged"));
        }
        return Replies{test::found(asked, "genuine")};
    });
    CHECK(data_of(exchange(server.endpoint(), Transport::kUdp, request(), kPatience)) ==
          to_bytes("genuine"));
}

TEST_CASE("over TCP a reply with another id, of impossible length or cut short is an error") {
    const auto code_of = [](FakeServer::Behaviour behaviour) {
        const FakeServer server(std::move(behaviour));
        const auto reply = exchange(server.endpoint(), Transport::kTcp, request(),
                                    std::chrono::milliseconds(2'000));
        REQUIRE_FALSE(reply.has_value());
        return reply.error().code;
    };
    CHECK(code_of([](const auto& asked) {
              return Replies{test::with_request_id(test::found(asked, "x"), 78)};
          }) == Errc::kInvalid);
    for (const std::uint32_t length : {262'145U, 0xFFFFFFFFU, 23U, 0U}) {
        CHECK(code_of([&](const auto& asked) {
                  Bytes reply = test::found(asked, "x");
                  ByteWriter(reply).patch_u32(16, length);
                  return Replies{reply};
              }) == Errc::kInvalid);
    }
    CHECK(code_of([](const auto& asked) {
              Bytes reply = test::found(asked, "x");
              reply.pop_back();
              return Replies{reply};
          }) == Errc::kTimeout);
}

TEST_CASE("silence ends in a timeout, a closed port at once in a refusal") {
    const FakeServer silent([](const auto&) { return Replies{}; });
    const test::DeadPort dead;
    const resolver::Endpoint closed{silent.endpoint().address, dead.port()};
    for (const Transport transport : {Transport::kUdp, Transport::kTcp}) {
        const auto nothing =
            exchange(silent.endpoint(), transport, request(), std::chrono::milliseconds(100));
        REQUIRE_FALSE(nothing.has_value());
        CHECK(nothing.error().code == Errc::kTimeout);
        const auto refused = exchange(closed, transport, request(), std::chrono::minutes(10));
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code == Errc::kUnavailable);
    }
}

TEST_CASE("an expired answer is refused") {
    const auto answer = read_from([](const auto& asked) {
        Bytes reply = test::found(asked, "old");
        ByteWriter(reply).patch_u32(20 + 16, now() - 10);
        return Replies{reply};
    });
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().detail.find("expired") != std::string::npos);
}

TEST_CASE("an answer that expires after 2038 is not taken for an expired one") {
    const auto answer = read_from([](const auto& asked) {
        Bytes reply = test::found(asked, "far");
        ByteWriter(reply).patch_u32(20 + 16, 0xFFFFFFF0U);
        return Replies{reply};
    });
    CHECK(answer.has_value());
}

TEST_CASE("an answer of 2,048 values is taken and one of 2,049 refused") {
    for (const std::size_t count : {2'048U, 2'049U}) {
        const auto answer = read_from([&](const auto& asked) {
            std::vector<handle::Value> values(count);
            for (std::size_t i = 0; i < count; ++i) {
                values[i].index = static_cast<std::int32_t>(i + 1);
            }
            Bytes body;
            ByteWriter(body).text_u32(question().handle);
            ByteWriter(body).raw(handle::encode_values(values));
            return Replies{test::response(asked, ResponseCode::kSuccess, body)};
        });
        CHECK(answer.has_value() == (count == 2'048));
    }
}

TEST_CASE("an answer about another handle, or with one of 2,049 octets, is refused") {
    for (const std::string& handle : {std::string("88.100.1/Pump-8"), std::string(2'049, 'x')}) {
        const auto answer = read_from([&](const auto& asked) {
            Bytes body;
            ByteWriter(body).text_u32(handle);
            ByteWriter(body).u32(0);
            return Replies{test::response(asked, ResponseCode::kSuccess, body)};
        });
        CHECK_FALSE(answer.has_value());
    }
}

TEST_CASE("a success or referral with a malformed body is refused, an error without text is not") {
    for (const ResponseCode code :
         {ResponseCode::kSuccess, ResponseCode::kPrefixReferral, ResponseCode::kServiceReferral}) {
        const auto answer = read_from([&](const auto& asked) {
            return Replies{test::response(asked, code, to_bytes("\x7F"))};
        });
        CHECK_FALSE(answer.has_value());
    }
    const auto missing = read_from([](const auto& asked) {
        return Replies{test::response(asked, ResponseCode::kHandleNotFound, {})};
    });
    REQUIRE(missing.has_value());
    CHECK(missing->code == ResponseCode::kHandleNotFound);
    CHECK(missing->content.empty());
}

TEST_CASE("a server that wants authentication is, for our clients, one to be asked directly") {
    const auto answer = read_from([](const auto& asked) {
        return Replies{test::response(asked, ResponseCode::kAuthenticationNeeded, Bytes(53))};
    });
    REQUIRE(answer.has_value());
    CHECK(answer->code == ResponseCode::kServerNotResponsible);
    CHECK_FALSE(answer->content.empty());
}

TEST_CASE("codes that clients do not know become a plain error") {
    const auto answer = read_from([](const auto& asked) {
        return Replies{test::error(asked, static_cast<ResponseCode>(3'001), "odd")};
    });
    REQUIRE(answer.has_value());
    CHECK(answer->code == ResponseCode::kError);
    CHECK(answer->content == to_bytes("odd"));
}

TEST_CASE("server names are read with and without port, and refused with a reason") {
    CHECK(resolver::parse_server_name("127.0.0.1:2642")->text() == "127.0.0.1:2642");
    CHECK(resolver::parse_server_name("[::1]:2642")->text() == "[::1]:2642");
    CHECK(resolver::parse_server_name("::1")->text() == "[::1]:2641");
    CHECK(resolver::parse_server_name("node.example.org")->text() == "node.example.org:2641");
    CHECK(resolver::parse_server_name("node.example.org:1")->port == 1);
    CHECK_FALSE(resolver::parse_server_name("node.example.org")->literal());
    for (const char* bad : {"", ":2641", "host:", "host:0", "host:65536", "host:x", "[::1",
                            "[::1]x", "[::1]:", "a b", "1:2:3:zz"}) {
        INFO(bad);
        const auto name = resolver::parse_server_name(bad);
        REQUIRE_FALSE(name.has_value());
        CHECK(name.error().code == Errc::kInvalid);
    }
}

}  // namespace idnode
