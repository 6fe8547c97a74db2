// Two real nodes: a secondary one that asks a top-level one for what is not its own. Where the
// behaviour of the top-level node matters in detail, a scripted one in the test takes its place.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "proto/base/limits.h"
#include "proto/handle/resolution.h"
#include "tests/server/setting.h"

namespace idnode::testing {
namespace {

using handle::ResponseCode;

std::string at_loopback(std::uint16_t port) {
    return "127.0.0.1:" + std::to_string(port);
}

NodeFolder::Options node_options(const std::string& prefix,
                                 const std::vector<std::uint16_t>& above = {}) {
    NodeFolder::Options out;
    out.prefix = prefix;
    for (const std::uint16_t port : above) out.upstream.push_back(at_loopback(port));
    return out;
}

std::string top_records() {
    return text_record("99.1.1/abc", {"from the top", "second"}) +
           record_for_response_of(30'000, "99.1.1/30kB");
}

/// The node above, always on the same port, so that it can come back.
class TopLevel {
  public:
    TopLevel() : node_(node_options("99.1")), port_(free_port()) {
        node_.import(top_records());
        start();
    }
    void start() {
        const std::string port = std::to_string(port_);
        daemon_ = std::make_unique<Daemon>(
            node_, Settings{"listen.udp_port=" + port, "listen.tcp_port=" + port});
    }
    void kill() {
        daemon_->process().send_signal(SIGKILL);
        daemon_->process().wait();
    }
    std::uint16_t port() const { return port_; }
    Daemon& daemon() { return *daemon_; }

  private:
    NodeFolder node_;
    std::uint16_t port_;
    std::unique_ptr<Daemon> daemon_;
};

/// The node below, with the records of the setting and these nodes above it.
class Secondary {
  public:
    explicit Secondary(const std::vector<std::uint16_t>& above, const Settings& settings = {})
        : node_(node_options("88.100", above)), daemon_(filled(node_), settings) {}

    UdpClient udp() const { return UdpClient(daemon_.udp_port()); }
    TcpClient tcp() const { return TcpClient(daemon_.tcp_port()); }
    Daemon& daemon() { return daemon_; }

  private:
    static NodeFolder& filled(NodeFolder& node) {
        node.import(text_record("88.100.1/abc", {"local"}));
        return node;
    }

    NodeFolder node_;
    Daemon daemon_;
};

/// A top-level node that a test plays itself, over UDP.
class ScriptedNode {
  public:
    ScriptedNode() : descriptor_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const plain = reinterpret_cast<sockaddr*>(&address);
        if (::bind(descriptor_, plain, size) != 0) throw std::runtime_error("no UDP port");
        ::getsockname(descriptor_, plain, &size);
        port_ = ntohs(address.sin_port);
    }
    ~ScriptedNode() { ::close(descriptor_); }
    ScriptedNode(const ScriptedNode&) = delete;
    ScriptedNode& operator=(const ScriptedNode&) = delete;

    std::uint16_t port() const { return port_; }

    /// The next question; nothing when none comes in time. Answers go to whoever sent the last one.
    std::optional<Bytes> receive(milliseconds patience = kPatience) {
        pollfd waiting{descriptor_, POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) return std::nullopt;
        Bytes out(limits::kDatagramBytesMax);
        socklen_t size = sizeof peer_;
        const ssize_t got = ::recvfrom(descriptor_, out.data(), out.size(), 0,
                                       reinterpret_cast<sockaddr*>(&peer_), &size);
        out.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        return out;
    }
    void send(BytesView datagram) {
        ::sendto(descriptor_, datagram.data(), datagram.size(), 0,
                 reinterpret_cast<const sockaddr*>(&peer_), sizeof peer_);
    }

  private:
    int descriptor_;
    std::uint16_t port_ = 0;
    sockaddr_in peer_{};
};

/// A successful answer to a question.
Bytes answer_to(BytesView question, std::uint32_t request_id,
                const std::vector<handle::Value>& values) {
    const Reply asked(Bytes(question.begin(), question.end()));
    const auto request = handle::decode_resolution_request(asked.body());
    Request out;
    out.flags = 0x99000000;
    out.response = ResponseCode::kSuccess;
    out.request_id = request_id;
    ByteWriter body(out.body);
    body.text_u32(request->handle);
    body.raw(BytesView(handle::encode_values(values)));
    return encode(out);
}

Bytes answer_to(BytesView question, std::uint32_t request_id, std::string_view text) {
    handle::Value value;
    value.index = 1;
    value.type = "DESC";
    value.data = to_bytes(text);
    return answer_to(question, request_id, std::vector{value});
}

std::uint32_t request_id_of(BytesView message) {
    return handle::decode_envelope(message)->request_id;
}

constexpr std::size_t kExpirationAt = 20 + 16;

/// A first server answers badly; the client gets the answer of the second.
void check_next_server_is_asked(Bytes (*bad_answer)(BytesView question)) {
    ScriptedNode bad;
    TopLevel good;
    Secondary secondary({bad.port(), good.port()});
    UdpClient udp = secondary.udp();
    Request request = resolution("99.1.1/abc");
    request.request_id = 7;
    udp.send(encode(request));
    const auto question = bad.receive();
    REQUIRE(question);
    for (const Bytes& datagram : datagrams(bad_answer(*question))) bad.send(datagram);
    const Reply reply = udp.receive_reply(7);
    REQUIRE(reply.rc() == 1);
    CHECK(as_text(reply.values().at(0).data) == "from the top");
}

/// Whether the question, asked again and again, is answered in the end.
bool answers_again(UdpClient udp, const Request& question) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
        if (udp.ask(question).rc() == 1) return true;
        std::this_thread::sleep_for(milliseconds(50));
    }
    return false;
}

}  // namespace

TEST_CASE("what the top-level node holds comes through the secondary node unchanged") {
    TopLevel top;
    Secondary secondary({top.port()});
    const Reply direct = TcpClient(top.port()).ask(resolution("99.1.1/abc"));
    REQUIRE(direct.rc() == 1);
    for (const std::string handle : {"99.1.1/abc", "99.1.1/ABC"}) {
        for (const Reply& reply :
             {secondary.udp().ask(resolution(handle)), secondary.tcp().ask(resolution(handle))}) {
            CHECK(reply.rc() == 1);
            CHECK(reply.handle() == handle);
            CHECK(reply.values() == direct.values());
        }
    }
    CHECK(secondary.daemon().stop_and_find_faults() == "");
    CHECK(top.daemon().stop_and_find_faults() == "");
}

TEST_CASE("a forwarded question keeps its selection of indexes and types") {
    TopLevel top;
    Secondary secondary({top.port()});
    CHECK(secondary.udp().ask(resolution("99.1.1/abc", {2})).indexes() ==
          std::vector<std::int32_t>{2});
    CHECK(secondary.udp().ask(resolution("99.1.1/abc", {}, {"EMAIL"})).rc() == 200);
    CHECK(secondary.udp().ask(resolution("99.1.1/abc")).values().size() == 2);
}

TEST_CASE("an answer from the cache does not claim to be authoritative") {
    TopLevel top;
    Secondary secondary({top.port()});
    CHECK(secondary.udp().ask(resolution("99.1.1/abc")).rc() == 1);
    const Reply cached = secondary.udp().ask(resolution("99.1.1/abc"));
    CHECK(cached.rc() == 1);
    CHECK_FALSE(cached.header().has(handle::flag::kAuthoritative));
    CHECK(
        secondary.udp().ask(resolution("88.100.1/abc")).header().has(handle::flag::kAuthoritative));
}

TEST_CASE(
    "answers, and that a handle is missing, are remembered while the top-level node is away") {
    TopLevel top;
    Secondary secondary({top.port()});
    CHECK(secondary.udp().ask(resolution("99.1.1/abc")).rc() == 1);
    CHECK(secondary.udp().ask(resolution("99.1.1/missing")).rc() == 100);
    top.kill();
    CHECK(secondary.udp().ask(resolution("99.1.1/abc")).rc() == 1);
    CHECK(secondary.udp().ask(resolution("99.1.1/missing")).rc() == 100);
    CHECK(secondary.daemon().stop_and_find_faults() == "");
}

TEST_CASE("an answer of the top-level node that is too long for UDP is fetched over TCP") {
    TopLevel top;
    Secondary secondary({top.port()});
    CHECK(secondary.tcp().ask(resolution("99.1.1/30kB")).octets().size() == 30'000 + 20);
    CHECK(secondary.udp().ask(resolution("99.1.1/30kB")).rc() == 2);
}

TEST_CASE(
    "without a top-level node questions for others fail, local ones go on, and it may come back") {
    TopLevel top;
    Secondary secondary({top.port()}, {"upstream.timeout_ms=1500", "upstream.negative_ttl_s=0"});
    top.kill();

    // On one connection: the local answer does not wait for the one that fails.
    TcpClient tcp = secondary.tcp();
    Request foreign = resolution("99.1.1/abc");
    foreign.request_id = 1;
    tcp.send(encode(foreign));
    Request local = resolution("88.100.1/abc");
    local.request_id = 2;
    for (int i = 0; i < 10; ++i) tcp.send(encode(local));
    for (int i = 0; i < 11; ++i) {
        const Reply reply = tcp.receive_reply();
        CHECK(reply.rc() == (reply.envelope().request_id == 1 ? 2 : 1));
    }

    // A node that was away is tried again once a second.
    top.start();
    CHECK(answers_again(secondary.udp(), resolution("99.1.1/abc")));
    CHECK(secondary.daemon().stop_and_find_faults() == "");
}

TEST_CASE("a silent top-level node costs its timeout and does not hold up local answers") {
    ScriptedNode silent;
    Secondary secondary({silent.port()}, {"upstream.timeout_ms=1000"});
    TcpClient tcp = secondary.tcp();
    Request foreign = resolution("99.1.1/abc");
    foreign.request_id = 1;
    tcp.send(encode(foreign));
    for (int i = 0; i < 20; ++i) {
        CHECK(secondary.udp().ask(resolution("88.100.1/abc")).rc() == 1);
    }
    Request local = resolution("88.100.1/abc");
    local.request_id = 2;
    tcp.send(encode(local));
    CHECK(tcp.receive_reply().envelope().request_id == 2);  // overtakes the first question
    CHECK(tcp.receive_reply().rc() == 2);
    CHECK(secondary.daemon().stop_and_find_faults() == "");
}

TEST_CASE("with one top-level node dead the next one answers") {
    TopLevel top;
    const std::uint16_t dead = free_port();
    Secondary secondary({dead, top.port()});
    CHECK(secondary.udp().ask(resolution("99.1.1/abc")).rc() == 1);
}

TEST_CASE("H26: two nodes that point at each other end with recursion count too high") {
    const std::uint16_t first_port = free_port();
    const std::uint16_t second_port = free_port();
    NodeFolder first(node_options("88.100", {second_port}));
    NodeFolder second(node_options("88.200", {first_port}));
    const auto ports = [](std::uint16_t port) {
        return Settings{"listen.udp_port=" + std::to_string(port),
                        "listen.tcp_port=" + std::to_string(port)};
    };
    Daemon one(first, ports(first_port));
    Daemon two(second, ports(second_port));
    CHECK(UdpClient(first_port).ask(resolution("99.1.1/abc")).rc() == 6);
    CHECK(TcpClient(second_port).ask(resolution("99.1.1/other")).rc() == 6);
    CHECK(one.stop_and_find_faults() == "");
    CHECK(two.stop_and_find_faults() == "");
}

TEST_CASE("H25: a question that has come too far is refused") {
    TopLevel top;
    Secondary secondary({top.port()});
    Request request = resolution("99.1.1/abc");
    for (const std::uint8_t count : {std::uint8_t{11}, std::uint8_t{200}}) {
        request.recursion_count = count;
        CHECK(secondary.udp().ask(request).rc() == 6);
    }
}

TEST_CASE("a client outside the networks that forwarding is for is told who is not responsible") {
    TopLevel top;
    Secondary secondary({top.port()}, {R"(upstream.networks=["10.0.0.0/8"])"});
    CHECK(secondary.udp().ask(resolution("99.1.1/abc")).rc() == 301);
    CHECK(secondary.tcp().ask(resolution("99.1.1/abc")).rc() == 301);
    CHECK(secondary.udp().ask(resolution("88.100.1/abc")).rc() == 1);
}

TEST_CASE("without top-level nodes nothing is forwarded") {
    Secondary secondary({});
    CHECK(secondary.udp().ask(resolution("99.1.1/abc")).rc() == 301);
}

TEST_CASE("a client that does not ask for recursion gets none") {
    TopLevel top;
    Secondary secondary({top.port()});
    Request request = resolution("99.1.1/abc");
    request.flags &= ~handle::flag::kRecursive;
    CHECK(secondary.udp().ask(request).rc() == 301);
}

TEST_CASE("equal questions at the same time become one question to the top-level node") {
    ScriptedNode top;
    Secondary secondary({top.port()});
    constexpr std::uint32_t kClients = 50;
    TcpClient tcp = secondary.tcp();
    for (std::uint32_t id = 1; id <= kClients; ++id) {
        Request request = resolution("99.1.1/abc");
        request.request_id = id;
        tcp.send(encode(request));
    }
    // All have been taken once a later local question on the same connection is answered.
    CHECK(tcp.ask(resolution("88.100.1/abc")).rc() == 1);

    std::set<std::uint32_t> asked;
    std::optional<Bytes> last;
    while (auto question = top.receive(kSilence)) {
        asked.insert(request_id_of(*question));
        last = question;
    }
    REQUIRE(last);
    CHECK(asked.size() == 1);
    top.send(answer_to(*last, request_id_of(*last), "shared"));
    std::set<std::uint32_t> answered;
    for (std::uint32_t i = 0; i < kClients; ++i) {
        const Reply reply = tcp.receive_reply();
        CHECK(reply.rc() == 1);
        answered.insert(reply.envelope().request_id);
    }
    CHECK(answered.size() == kClients);
}

TEST_CASE("a forwarded question is one recursion further and suggests our version") {
    ScriptedNode top;
    Secondary secondary({top.port()});
    UdpClient udp = secondary.udp();
    Request request = resolution("99.1.1/abc");
    request.recursion_count = 3;
    udp.send(encode(request));
    const auto question = top.receive();
    REQUIRE(question);
    const Reply seen(*question);
    CHECK(seen.header().recursion_count == 4);
    CHECK(seen.envelope().suggested == handle::kOwnVersion);
    CHECK(seen.envelope().session_id == 0);
}

TEST_CASE("H39: an answer with another request id is ignored, the right one counts") {
    ScriptedNode top;
    Secondary secondary({top.port()});
    UdpClient udp = secondary.udp();
    Request request = resolution("99.1.1/abc");
    request.request_id = 7;
    udp.send(encode(request));
    const auto question = top.receive();
    REQUIRE(question);
    const auto id = request_id_of(*question);
    top.send(answer_to(*question, id + 1, "forged"));
    top.send(answer_to(*question, id, "true"));
    const Reply reply = udp.receive_reply(7);
    REQUIRE(reply.rc() == 1);
    CHECK(as_text(reply.values().at(0).data) == "true");
}

TEST_CASE("H38: an answer of 2,049 values is refused for that of the next server") {
    check_next_server_is_asked([](BytesView question) {
        std::vector<handle::Value> values(2'049);
        std::int32_t index = 0;
        for (auto& value : values) value.index = ++index;
        return answer_to(question, request_id_of(question), values);
    });
}

TEST_CASE("H35: an expired answer is refused for that of the next server") {
    check_next_server_is_asked([](BytesView question) {
        Bytes out = answer_to(question, request_id_of(question), "stale");
        ByteWriter(out).patch_u32(kExpirationAt, 1'000'000'000);
        return out;
    });
}

TEST_CASE("a question that the top-level node misses is asked again") {
    ScriptedNode top;
    Secondary secondary({top.port()}, {"upstream.timeout_ms=20000"});
    UdpClient udp = secondary.udp();
    Request request = resolution("99.1.1/abc");
    request.request_id = 7;
    udp.send(encode(request));
    REQUIRE(top.receive());
    const auto again = top.receive();
    REQUIRE(again);
    top.send(answer_to(*again, request_id_of(*again), "second try"));
    CHECK(udp.receive_reply(7).rc() == 1);
}

TEST_CASE("a daemon that waits for a silent top-level node still ends cleanly on SIGTERM") {
    ScriptedNode silent;
    Secondary secondary({silent.port()});
    UdpClient udp = secondary.udp();
    for (int i = 0; i < 100; ++i) udp.send(encode(resolution("99.1.1/" + std::to_string(i))));
    CHECK(silent.receive());
    CHECK(secondary.daemon().stop_and_find_faults() == "");
}

}  // namespace idnode::testing
