// The HTTP front door: check 81 of §10.1, the tunnel of §3.7, and what rude clients get.
#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/server/setting.h"
#include "tests/support/http_client.h"

namespace idnode::testing {
namespace {

constexpr std::string_view kMessageType = "application/x-hdl-message";

HttpClient http(Setting& setting) {
    return HttpClient(setting.daemon().http_port());
}

/// The octets of a response without its expiration time, which moves with the clock.
Bytes timeless(BytesView message) {
    Bytes out(message.begin(), message.end());
    ByteWriter(out).patch_u32(20 + 16, 0);
    return out;
}

std::uint32_t rc_of(const HttpReply& reply) {
    return Reply(to_bytes(reply.body)).rc();
}

Bytes with_u32(Bytes message, std::size_t at, std::uint32_t value) {
    ByteWriter(message).patch_u32(at, value);
    return message;
}

std::string status_line(std::string_view text) {
    return std::string(text.substr(0, text.find("\r\n")));
}

/// The daemon answers over all three, ends well and no sanitizer complained.
void check_unharmed(Setting& setting) {
    CHECK(setting.serves());
    CHECK(http(setting).ask(resolution("88.100.1/abc")).rc() == 1);
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

}  // namespace

TEST_CASE("81: a message in a POST gets the same octets as over TCP") {
    Setting setting;
    Request question = resolution(kP);
    question.request_id = 4711;
    const Reply tcp = setting.tcp().ask(question);
    const HttpReply reply = http(setting).ask(tunnel_request(encode(question)));
    CHECK(reply.status == 200);
    CHECK(reply.field("content-type") == kMessageType);
    CHECK(reply.field("content-length") == std::to_string(reply.body.size()));
    CHECK(timeless(to_bytes(reply.body)) == timeless(tcp.octets()));
}

TEST_CASE("the path of the tunnel does not matter") {
    Setting setting;
    HttpClient client = http(setting);
    const Bytes message = encode(resolution("88.100.1/abc"));
    for (const std::string_view path : {"/", "/88.100.1%2Fabc", "/api/handles/x", "/a/b?c=d"}) {
        CAPTURE(path);
        CHECK(rc_of(client.ask(tunnel_request(message, path))) == 1);
    }
}

TEST_CASE("the tunnel carries every operation and answers of any length") {
    Setting setting;
    HttpClient client = http(setting);
    const Reply large = client.ask(resolution("88.100.1/200kB"));
    CHECK(large.rc() == 1);
    CHECK(large.octets().size() == 200'020);
    Request create = about(handle::OpCode::kCreateHandle, "88.100.1/new");
    ByteWriter(create.body).u32(0);
    CHECK(client.ask(create).rc() == 402);
    CHECK(client.ask(about(handle::OpCode::kGetSiteInfo, "/")).rc() == 1);
    // Signed off the serving thread, and later than the question after it would be.
    Request certified = resolution("88.100.1/abc");
    certified.flags |= handle::flag::kCertify;
    const Reply with_signature = client.ask(certified);
    CHECK(with_signature.rc() == 1);
    CHECK_FALSE(with_signature.credential().empty());
}

TEST_CASE("the media type of the tunnel may be spelt in any case and carry parameters") {
    Setting setting;
    HttpClient client = http(setting);
    const Bytes message = encode(resolution("88.100.1/abc"));
    const std::string body(reinterpret_cast<const char*>(message.data()), message.size());
    for (const char* type :
         {"Application/X-HDL-Message", "application/x-hdl-message ; charset=x"}) {
        CHECK(rc_of(client.ask(http_request("POST", "/", {{"Content-Type", type}}, body))) == 1);
    }
    const auto other =
        client.ask(http_request("POST", "/", {{"Content-Type", "text/plain"}}, body));
    CHECK(other.field("content-type") != kMessageType);
}

TEST_CASE("a broken message in the tunnel is answered with the code it would get over TCP") {
    Setting setting;
    HttpClient client = http(setting);
    const Bytes message = encode(resolution("88.100.1/abc"));
    const auto rc_for = [&](const Bytes& octets) {
        const HttpReply reply = client.ask(tunnel_request(octets));
        CHECK(reply.status == 200);
        return rc_of(reply);
    };
    CHECK(rc_for(with_u32(message, 16, 262'145)) == 2);
    CHECK(rc_for(with_u32(message, 16, 0x7FFFFFFF)) == 2);
    CHECK(rc_for(with_u32(message, 16, 10)) == 4);
    CHECK(rc_for(with_u32(message, 40, 0x7FFFFFFF)) == 2);  // body length
    Bytes piece = message;
    piece[2] |= std::byte{0x20};
    CHECK(rc_for(piece) == 4);
    Bytes two = message;
    two.insert(two.end(), message.begin(), message.end());
    CHECK(rc_for(two) == 4);
    check_unharmed(setting);
}

TEST_CASE("a body without envelope, or with a response in it, is no request of the tunnel") {
    Setting setting;
    HttpClient client = http(setting);
    const Bytes message = encode(resolution("88.100.1/abc"));
    CHECK(client.ask(tunnel_request(BytesView(message).first(19))).status == 400);
    Request response = resolution("88.100.1/abc");
    response.response = handle::ResponseCode::kSuccess;
    CHECK(client.ask(tunnel_request(encode(response))).status == 400);
    CHECK(client
              .ask(http_request(
                  "POST", "/",
                  {{"Content-Type", std::string(kMessageType)}, {"Content-Length", "0"}}))
              .status == 400);
    check_unharmed(setting);
}

TEST_CASE("the site record names the HTTP and HTTPS interface, for administration and questions") {
    Setting setting;
    const std::uint32_t port = setting.daemon().http_port();
    const auto interfaces = setting.site().servers.at(0).interfaces;
    using handle::Interface;
    using handle::InterfaceType;
    for (const auto transport : {handle::Transport::kHttp, handle::Transport::kHttps}) {
        CHECK(std::ranges::count(interfaces, Interface{InterfaceType::kBoth, transport, port}) ==
              1);
    }
}

TEST_CASE("without an HTTP port there is neither listener nor interface") {
    Setting setting({"listen.http_port=-1"});
    CHECK(setting.daemon().http_port() == 0);
    CHECK(setting.site().servers.at(0).interfaces.size() == 2);
    CHECK(setting.serves());
}

TEST_CASE("requests sent ahead on one connection are answered in order") {
    Setting setting;
    HttpClient client = http(setting);
    std::string burst;
    for (std::uint32_t id = 1; id <= 50; ++id) {
        Request question = resolution("88.100.1/abc");
        // The signed ones take longer; they hold the others up rather than being overtaken.
        if (id % 10 == 0) question.flags |= handle::flag::kCertify;
        question.request_id = id;
        burst += tunnel_request(encode(question));
        burst += http_request("GET", "/nothing/" + std::to_string(id));
    }
    client.send(burst);
    for (std::uint32_t id = 1; id <= 50; ++id) {
        const auto message = client.receive();
        REQUIRE(message);
        CHECK(Reply(to_bytes(message->body)).envelope().request_id == id);
        const auto other = client.receive();
        REQUIRE(other);
        CHECK(other->status == 404);
    }
}

TEST_CASE("HEAD gets the header of GET and no body") {
    Setting setting;
    HttpClient client = http(setting);
    const HttpReply get = client.ask(http_request("GET", "/api/handles/88.100.1/abc"));
    const HttpReply head = client.ask(http_request("HEAD", "/api/handles/88.100.1/abc"));
    CHECK(get.status == 200);
    CHECK(head.status == get.status);
    CHECK(head.body.empty());
    CHECK(head.field("content-length") == std::to_string(get.body.size()));
    CHECK_FALSE(head.field("date").empty());
    CHECK(client.ask(resolution("88.100.1/abc")).rc() == 1);  // the connection is still in step
}

TEST_CASE("a client decides whether its connection stays open") {
    Setting setting;
    HttpClient closing = http(setting);
    const auto last = closing.ask(http_request("GET", "/", {{"Connection", "close"}}));
    CHECK(last.field("connection") == "close");
    CHECK(closing.is_closed_within());

    HttpClient old = http(setting);
    old.ask("GET / HTTP/1.0\r\n\r\n");
    CHECK(old.is_closed_within());

    HttpClient old_and_staying = http(setting);
    const std::string request = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    CHECK(old_and_staying.ask(request).field("connection") == "keep-alive");
    CHECK(old_and_staying.ask(request).status == 404);
}

TEST_CASE("a client that asks before it sends its body is told to go on") {
    Setting setting;
    HttpClient client = http(setting);
    const Bytes message = encode(resolution("88.100.1/abc"));
    client.send(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-hdl-message\r\n"
        "Expect: 100-continue\r\nContent-Length: " +
        std::to_string(message.size()) + "\r\n\r\n");
    const auto interim = client.receive();
    REQUIRE(interim);
    CHECK(interim->status == 100);
    client.send({reinterpret_cast<const char*>(message.data()), message.size()});
    const auto reply = client.receive();
    REQUIRE(reply);
    CHECK(rc_of(*reply) == 1);
    CHECK(client.ask(http_request("GET", "/", {{"Expect", "a miracle"}})).status == 417);
}

TEST_CASE("a body may come in chunks") {
    Setting setting;
    HttpClient client = http(setting);
    const Bytes message = encode(resolution("88.100.1/abc"));
    std::string request =
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-hdl-message\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    for (const std::byte octet : message) {
        request += "1\r\n";
        request += static_cast<char>(octet);
        request += "\r\n";
    }
    const HttpReply reply = client.ask(request + "0\r\n\r\n");
    CHECK(rc_of(reply) == 1);
}

TEST_CASE("what is no HTTP is answered with 400 and the connection ends") {
    Setting setting;
    for (const std::string_view garbage :
         {"\r\n\r\n\r\n", "hello\r\n\r\n", "GET  HTTP/1.1\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\x01\r\n\r\n"}) {
        CAPTURE(status_line(garbage), garbage.size());
        HttpClient client = http(setting);
        client.send(garbage);
        const auto reply = client.receive();
        REQUIRE(reply);
        CHECK(reply->status == 400);
        CHECK(client.is_closed_within());
    }
    // Octets that are neither text nor TLS.
    HttpClient client = http(setting);
    client.send(std::string(1'000, '\xFF'));
    CHECK(client.is_closed_within());
    check_unharmed(setting);
}

TEST_CASE("a body whose end nobody could tell is refused") {
    Setting setting;
    HttpClient client = http(setting);
    client.send(
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    const auto reply = client.receive();
    REQUIRE(reply);
    CHECK(reply->status >= 400);
    CHECK(client.is_closed_within());
    CHECK_FALSE(client.receive(milliseconds{0}));
}

TEST_CASE("a header longer than its limit is answered with 431") {
    Setting setting({"limits.http_header_bytes_max=2048"});
    const std::string almost(1'500, 'a');
    CHECK(http(setting).ask(http_request("GET", "/", {{"X", almost}})).status == 404);
    for (const std::string& header :
         {http_request("GET", "/", {{"X", std::string(5'000, 'a')}}),
          http_request("GET", "/" + std::string(5'000, 'a')), std::string(100'000, 'G')}) {
        HttpClient client = http(setting);
        client.send(header);
        const auto reply = client.receive();
        REQUIRE(reply);
        CHECK((reply->status == 431 || reply->status == 400));
        CHECK(client.is_closed_within());
    }
    check_unharmed(setting);
}

TEST_CASE("a body longer than its limit is answered with 413 before it is read") {
    Setting setting({"limits.http_body_bytes_max=300000"});
    const std::size_t before = setting.daemon().process().resident_bytes();
    HttpClient client = http(setting);
    client.send(
        "PUT /api/handles/88.100.1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 300001\r\n\r\n");
    auto reply = client.receive();
    REQUIRE(reply);
    CHECK(reply->status == 413);
    CHECK(client.is_closed_within());

    // The tunnel takes one message, whatever the limit of other bodies.
    HttpClient tunnel = http(setting);
    tunnel.send(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-hdl-message\r\n"
        "Content-Length: 262165\r\n\r\n");
    reply = tunnel.receive();
    REQUIRE(reply);
    CHECK(reply->status == 413);

    HttpClient chunked = http(setting);
    chunked.send("PUT /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
    for (int i = 0; i < 6; ++i) chunked.send(chunk);
    reply = chunked.receive();
    REQUIRE(reply);
    CHECK(reply->status == 413);
    CHECK(setting.daemon().process().resident_bytes() < before + 64'000'000);
    check_unharmed(setting);
}

TEST_CASE("the bodies of all requests together meet a limit, and the next is told to come again") {
    Setting setting({"limits.http_bodies_mb=1"});
    const std::string request =
        "PUT /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 700000\r\n\r\n";
    HttpClient first = http(setting);
    first.send(request);
    const auto interim = first.receive();
    REQUIRE(interim);
    CHECK(interim->status == 100);
    HttpClient second = http(setting);
    second.send(request);
    const auto refused = second.receive();
    REQUIRE(refused);
    CHECK(refused->status == 503);
    CHECK_FALSE(refused->field("retry-after").empty());
    // Its room is free again when the first has its answer.
    first.send(std::string(700'000, 'x'));
    REQUIRE(first.receive());
    HttpClient third = http(setting);
    third.send(request);
    const auto again = third.receive();
    REQUIRE(again);
    CHECK(again->status == 100);
    check_unharmed(setting);
}

TEST_CASE("a body whose length nobody told takes room as it comes, and not more than is left") {
    Setting setting({"limits.http_bodies_mb=1"});
    const std::string begin = "PUT /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string chunk = "9c40\r\n" + std::string(40'000, 'x') + "\r\n";
    std::vector<HttpClient> many;
    for (int i = 0; i < 8; ++i) {
        many.push_back(http(setting));
        many.back().send(begin + chunk);
    }
    for (HttpClient& one : many) {
        one.send("0\r\n\r\n");
        const auto reply = one.receive();
        REQUIRE(reply);
        CHECK(reply->status != 503);
    }
    HttpClient greedy = http(setting);
    greedy.send(begin);
    for (int i = 0; i < 30; ++i) greedy.send(chunk);
    const auto refused = greedy.receive();
    REQUIRE(refused);
    CHECK(refused->status == 503);
    check_unharmed(setting);
}

TEST_CASE("a request that stops or drips is dropped within the deadline, header or body") {
    Setting setting({"limits.http_request_s=1"});
    HttpClient silent = http(setting);
    HttpClient stops = http(setting);
    stops.send("GET / HT");
    HttpClient body = http(setting);
    body.send("PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    HttpClient drips = http(setting);
    drips.send("GET / HTTP/1.1\r\n");
    // A line now and then must not buy more time.
    for (int i = 0; i < 20; ++i) {
        if (drips.is_closed_within(milliseconds{300})) break;
        drips.send("X-More: a\r\n");
        body.send("x");
    }
    const auto answer = stops.receive();
    REQUIRE(answer);
    CHECK(answer->status == 408);
    CHECK(stops.is_closed_within());
    CHECK(drips.is_closed_within(milliseconds{0}));
    CHECK(body.is_closed_within());
    CHECK(silent.is_closed_within());
    check_unharmed(setting);
}

TEST_CASE("a connection without requests is closed after its time") {
    Setting setting({"limits.http_idle_s=1"});
    HttpClient client = http(setting);
    CHECK(client.ask(resolution("88.100.1/abc")).rc() == 1);
    CHECK(client.is_closed_within(std::chrono::seconds(10)));
    check_unharmed(setting);
}

TEST_CASE("HTTP connections above the limit are closed, and the others go on") {
    Setting setting({"limits.http_connections_max=4", "node.threads=1"});
    std::vector<HttpClient> open;
    for (int i = 0; i < 4; ++i) {
        open.push_back(http(setting));
        CHECK(open.back().ask(resolution("88.100.1/abc")).rc() == 1);
    }
    for (int i = 0; i < 3; ++i) CHECK(http(setting).is_closed_within());
    for (HttpClient& client : open) CHECK(client.ask(resolution("88.100.1/abc")).rc() == 1);
    open.pop_back();
    // The place of the one that left is found free soon.
    for (int i = 0; i < 100; ++i) {
        HttpClient next = http(setting);
        next.send(tunnel_request(encode(resolution("88.100.1/abc"))));
        if (next.receive()) break;
        REQUIRE(i < 99);
    }
    CHECK(setting.serves());
}

TEST_CASE("two thousand connections that never finish a request take bounded memory") {
    Setting setting({"limits.http_request_s=20"});
    const std::size_t before = setting.daemon().process().resident_bytes();
    std::vector<HttpClient> crowd;
    for (int i = 0; i < 2'000; ++i) {
        crowd.push_back(http(setting));
        crowd.back().send("GET / HTTP/1.1\r\nX: ");
    }
    // Everyone else is served meanwhile, over each front door.
    CHECK(setting.serves());
    CHECK(http(setting).ask(resolution("88.100.1/abc")).rc() == 1);
    CHECK(setting.daemon().process().resident_bytes() < before + 128'000'000);
    crowd.clear();
    check_unharmed(setting);
}

TEST_CASE("a client that does not take its answers is dropped") {
    Setting setting({"limits.http_request_s=1", "limits.http_connections_max=1", "node.threads=1"});
    HttpClient lazy = http(setting);
    const std::string question = tunnel_request(encode(resolution("88.100.1/2319")));
    std::string burst;
    for (int i = 0; i < 1'000; ++i) burst += question;
    // The daemon reads on as long as it can answer; both ends' buffers are full some day.
    std::thread sending([&] {
        for (int i = 0; i < 30; ++i) lazy.send(burst);
    });
    // It has the only place: another is served once it is gone.
    bool served = false;
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!served && std::chrono::steady_clock::now() < until) {
        HttpClient other = http(setting);
        other.send(question);
        served = other.receive().has_value();
    }
    CHECK(served);
    sending.join();
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

TEST_CASE("idnode resolve asks through the tunnel, plain and inside TLS") {
    Setting setting;
    const std::string server = "127.0.0.1:" + std::to_string(setting.daemon().http_port());
    for (const char* scheme : {"--http", "--https"}) {
        CAPTURE(scheme);
        const auto resolve = [&](const char* handle, const std::string& at) {
            return run({program("idnode"), "resolve", handle, scheme, "--server", at});
        };
        const Finished found = resolve("88.100.1/abc", server);
        CHECK(found.exit_code == 0);
        CHECK_THAT(found.output, Catch::Contains("second"));
        CHECK(resolve("88.100.1/missing", server).exit_code == 1);
        const std::string no_http = "127.0.0.1:" + std::to_string(setting.daemon().tcp_port());
        CHECK(resolve("88.100.1/abc", no_http).exit_code == 3);
    }
}

TEST_CASE("the daemon stops while HTTP requests are open") {
    Setting setting;
    std::vector<HttpClient> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(http(setting));
        clients.back().send(i % 2 == 0 ? "GET / HTTP/1.1\r\n" : http_request("GET", "/"));
    }
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

}  // namespace idnode::testing
