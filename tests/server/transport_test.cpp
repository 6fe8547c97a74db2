// Checks 78 to 80 of §10.1, and what §3.5 and §3.6 say about datagrams and connections.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tests/server/setting.h"

namespace idnode::testing {
namespace {

/// A question that takes two datagrams.
Request long_question() {
    std::vector<std::int32_t> indexes;
    for (std::int32_t i = 1; i <= 200; ++i) indexes.push_back(i);
    return resolution("88.100.1/abc", indexes);
}

}  // namespace

TEST_CASE("78: a response of 2319 octets comes in five datagrams that each tell its length") {
    Setting setting;
    UdpClient udp = setting.udp();
    udp.send(encode(resolution("88.100.1/2319")));
    std::map<std::uint32_t, std::size_t> size_of_sequence;
    for (int i = 0; i < 5; ++i) {
        const auto datagram = udp.receive();
        REQUIRE(datagram);
        const auto envelope = handle::decode_envelope(*datagram);
        REQUIRE(envelope);
        CHECK(envelope->message_length == 2319);
        CHECK(envelope->truncated);
        size_of_sequence[envelope->sequence] = datagram->size();
    }
    CHECK(size_of_sequence ==
          std::map<std::uint32_t, std::size_t>{{0, 512}, {1, 512}, {2, 512}, {3, 512}, {4, 371}});
    CHECK(udp.is_silent());

    const Reply reply = setting.udp().ask(resolution("88.100.1/2319"));
    CHECK(reply.rc() == 1);
    CHECK(reply.values().at(0).data.size() == 2319 - 24 - 4 - 13 - 4 - 30 - 4);
}

TEST_CASE("79: a question in two datagrams, the second first, gets one answer") {
    Setting setting;
    const Bytes message = encode(long_question());
    const auto pieces = datagrams(message);
    REQUIRE(pieces.size() == 2);
    UdpClient udp = setting.udp();
    udp.send(pieces[1]);
    udp.send(pieces[0]);
    const Reply reply = udp.receive_reply(handle::decode_envelope(message)->request_id);
    CHECK(reply.rc() == 1);
    CHECK(reply.values().size() == 2);
    CHECK(udp.is_silent());
}

TEST_CASE("80: two questions at once on one connection get two answers by their request ids") {
    Setting setting;
    Request first = resolution("88.100.1/abc");
    first.request_id = 1001;
    Request second = resolution("88.100.1/missing");
    second.request_id = 1002;
    Bytes both = encode(first);
    const Bytes more = encode(second);
    both.insert(both.end(), more.begin(), more.end());

    TcpClient tcp = setting.tcp();
    tcp.send(both);
    std::map<std::uint32_t, std::uint32_t> rc_of_request;
    for (int i = 0; i < 2; ++i) {
        const Reply reply = tcp.receive_reply();
        CHECK_FALSE(reply.envelope().truncated);
        rc_of_request[reply.envelope().request_id] = reply.rc();
    }
    CHECK(rc_of_request == std::map<std::uint32_t, std::uint32_t>{{1001, 1}, {1002, 100}});
}

TEST_CASE("a connection stays open after an answer") {
    Setting setting;
    TcpClient tcp = setting.tcp();
    for (int i = 0; i < 3; ++i) CHECK(tcp.ask(resolution("88.100.1/abc")).rc() == 1);
}

TEST_CASE("five hundred questions on one connection are all answered, each once") {
    Setting setting;
    TcpClient tcp = setting.tcp();
    Bytes burst;
    std::set<std::uint32_t> open;
    for (std::uint32_t id = 1; id <= 500; ++id) {
        Request request = resolution("88.100.1/abc");
        // Every tenth is signed, which takes longer, off the serving thread: answers may overtake
        // it.
        if (id % 10 == 0) request.flags |= handle::flag::kCertify;
        request.request_id = id;
        const Bytes message = encode(request);
        burst.insert(burst.end(), message.begin(), message.end());
        open.insert(id);
    }
    tcp.send(burst);
    while (!open.empty()) {
        const Reply reply = tcp.receive_reply();
        CHECK(reply.rc() == 1);
        CHECK(open.erase(reply.envelope().request_id) == 1);
    }
}

TEST_CASE("two hundred connections are served at the same time") {
    Setting setting;
    std::vector<TcpClient> clients;
    for (int i = 0; i < 200; ++i) clients.push_back(setting.tcp());
    for (TcpClient& client : clients) client.send(encode(resolution("88.100.1/abc")));
    for (TcpClient& client : clients) CHECK(client.receive_reply().rc() == 1);
}

TEST_CASE("connections above the limit are closed, and the others go on") {
    Setting setting({"limits.tcp_connections_max=4", "node.threads=1"});
    std::vector<TcpClient> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(setting.tcp());
        CHECK(clients.back().ask(resolution("88.100.1/abc")).rc() == 1);
    }
    TcpClient one_more = setting.tcp();
    CHECK(one_more.is_closed_within());
    for (TcpClient& client : clients) CHECK(client.ask(resolution("88.100.1/abc")).rc() == 1);
}

TEST_CASE("a message that arrives octet by octet is answered") {
    Setting setting;
    TcpClient tcp = setting.tcp();
    for (const std::byte octet : encode(resolution("88.100.1/abc"))) tcp.send(BytesView(&octet, 1));
    CHECK(tcp.receive_reply().rc() == 1);
}

TEST_CASE("a connection without a question is closed after the idle time") {
    Setting setting({"limits.tcp_idle_s=1"});
    TcpClient tcp = setting.tcp();
    CHECK(tcp.ask(resolution("88.100.1/abc")).rc() == 1);
    CHECK(tcp.is_closed_within());
}

TEST_CASE("a client that leaves in the middle of a message harms nobody") {
    Setting setting;
    const Bytes message = encode(resolution("88.100.1/abc"));
    for (std::size_t i = 1; i < message.size(); i += 7)
        setting.tcp().send(BytesView(message).first(i));
    CHECK(setting.serves());
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

TEST_CASE("a client that never reads its answers does not hold up the others") {
    Setting setting;
    TcpClient deaf = setting.tcp();
    const Bytes question = encode(resolution("88.100.1/200kB"));
    for (int i = 0; i < 60; ++i) deaf.send(question);  // 12 MB of answers
    for (int i = 0; i < 20; ++i) CHECK(setting.serves());
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

TEST_CASE("a record of 200 kB comes whole over TCP") {
    Setting setting;
    const Reply reply = setting.tcp().ask(resolution("88.100.1/200kB"));
    CHECK(reply.rc() == 1);
    CHECK(reply.octets().size() == 200'000 + 20);
}

TEST_CASE("a client over UDP is told to use TCP when the answer is too large for UDP") {
    Setting setting({"limits.udp_answer_bytes_max=1000"});
    UdpClient udp = setting.udp();
    const Reply reply = udp.ask(resolution("88.100.1/2319"));
    CHECK(reply.rc() == 2);
    CHECK(reply.octets().size() < 512);
    CHECK(udp.is_silent());
    CHECK(setting.tcp().ask(resolution("88.100.1/2319")).rc() == 1);
}

TEST_CASE("a node on the IPv6 loopback address serves both transports") {
    NodeFolder::Options options;
    options.listen = "::1";
    NodeFolder node(options);
    node.import(setting_records());
    Daemon daemon(node);
    CHECK(UdpClient(daemon.udp_port(), "::1").ask(resolution("88.100.1/abc")).rc() == 1);
    CHECK(UdpClient(daemon.udp_port(), "::1").ask(resolution("88.100.1/2319")).rc() == 1);
    CHECK(TcpClient(daemon.tcp_port(), "::1").ask(resolution("88.100.1/abc")).rc() == 1);
    CHECK(daemon.stop_and_find_faults() == "");
}

TEST_CASE("a repeated datagram is answered again") {
    Setting setting;
    UdpClient udp = setting.udp();
    const Bytes message = encode(resolution("88.100.1/abc"));
    const auto id = handle::decode_envelope(message)->request_id;
    for (int i = 0; i < 2; ++i) {
        udp.send(message);
        CHECK(udp.receive_reply(id).rc() == 1);
    }
}

}  // namespace idnode::testing
