#include "bench/lookup.h"

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <future>
#include <thread>

#include "bench/echo.h"
#include "bench/socket.h"
#include "tests/unit/bench/fake_node.h"

using namespace idnode;
using namespace idnode::bench;
using namespace idnode::bench::test;
using std::chrono::milliseconds;

namespace {

/// Answers datagrams on a free port in a thread of its own; `manner_of` decides by the request's
/// number.
class UdpNode {
  public:
    explicit UdpNode(std::function<Manner(int)> manner_of,
                     std::vector<handle::Value> values = node_values()) {
        auto socket = bind_socket(resolve_endpoint("127.0.0.1:0").value(), SOCK_DGRAM);
        REQUIRE(socket.has_value());
        server_ = "127.0.0.1:" + std::to_string(bound_port(*socket).value());
        thread_ = std::jthread([socket = std::move(*socket), manner_of = std::move(manner_of),
                                values = std::move(values)](const std::stop_token& stop) {
            serve(socket, manner_of, values, stop);
        });
    }
    const std::string& server() const { return server_; }

  private:
    static void serve(const Descriptor& socket, const std::function<Manner(int)>& manner_of,
                      const std::vector<handle::Value>& values, const std::stop_token& stop) {
        Bytes buffer(1024);
        for (int number = 0; !stop.stop_requested();) {
            pollfd readable{socket.get(), POLLIN, 0};
            if (::poll(&readable, 1, 20) <= 0) continue;
            sockaddr_storage peer{};
            socklen_t peer_size = sizeof peer;
            auto* const address = reinterpret_cast<sockaddr*>(&peer);
            const ssize_t size =
                ::recvfrom(socket.get(), buffer.data(), buffer.size(), 0, address, &peer_size);
            if (size <= 0) continue;
            const Bytes reply = answer(BytesView(buffer).first(static_cast<std::size_t>(size)),
                                       manner_of(number++), values);
            for (const Bytes& part : to_datagrams(reply)) {
                ::sendto(socket.get(), part.data(), part.size(), 0, address, peer_size);
            }
        }
    }

    std::string server_;
    std::jthread thread_;
};

/// The echo of the tool itself, on a free port.
class Echo {
  public:
    explicit Echo(Transport transport) {
        std::promise<std::uint16_t> port;
        auto bound = port.get_future();
        thread_ = std::jthread([transport, &port](const std::stop_token& stop) {
            const auto done = run_echo({.transport = transport}, stop,
                                       [&port](std::uint16_t number) { port.set_value(number); });
            IDNODE_ASSERT(done.has_value());
        });
        server_ = "127.0.0.1:" + std::to_string(bound.get());
    }
    const std::string& server() const { return server_; }

  private:
    std::string server_;
    std::jthread thread_;
};

LookupOptions short_lookup(const std::string& server) {
    LookupOptions out;
    out.server = server;
    out.duration = milliseconds(200);
    out.sockets = 2;
    out.window = 4;
    return out;
}

}  // namespace

TEST_CASE("a node that always answers rightly is found right") {
    const UdpNode node([](int) { return Manner::kRight; });
    LookupOptions options = short_lookup(node.server());
    options.questions.miss_ratio = 0.5;
    options.threads = 2;
    const auto result = run_lookup(options, make_records());
    REQUIRE(result.has_value());
    CHECK(result->tally.correct > 0);
    CHECK(result->tally.absent > 0);
    CHECK(result->tally.absent < result->tally.correct);
    CHECK(result->tally.wrong == 0);
    CHECK(result->tally.asked == result->tally.correct + result->tally.missing);
    CHECK(result->rate() > 0);
}

TEST_CASE("a node's wrong answers are counted one by one") {
    std::atomic<int> lies = 0;
    const UdpNode node([&lies](int number) {
        if (number % 5 != 0) return Manner::kRight;
        ++lies;
        return Manner::kOtherData;
    });
    const auto result = run_lookup(short_lookup(node.server()), make_records());
    REQUIRE(result.has_value());
    CHECK(result->tally.wrong > 0);
    // A lie that took a second to arrive is one question missing instead.
    const auto told = static_cast<std::uint64_t>(lies.load());
    CHECK(result->tally.wrong <= told);
    CHECK(result->tally.wrong + result->tally.missing >= told);
    CHECK(result->tally.correct > result->tally.wrong);
    CHECK(result->tally.first_wrong.find("values") != std::string::npos);
}

TEST_CASE("answers of several datagrams are taken over a real socket") {
    const std::vector<handle::Value> values{make_value(1, "META", std::string(1'500, 'x'))};
    const UdpNode node([](int) { return Manner::kRight; }, values);
    const auto result = run_lookup(short_lookup(node.server()), make_records(10, values));
    REQUIRE(result.has_value());
    CHECK(result->tally.correct > 0);
    CHECK(result->tally.wrong == 0);
}

TEST_CASE("the tool's own echo answers over UDP and TCP") {
    for (const Transport transport : {Transport::kUdp, Transport::kTcp}) {
        const Echo echo(transport);
        LookupOptions options = short_lookup(echo.server());
        options.transport = transport;
        options.questions.echo = true;
        const auto result = run_lookup(options, make_records());
        REQUIRE(result.has_value());
        CHECK(result->tally.correct > 0);
        CHECK(result->tally.wrong == 0);
        CHECK(result->tally.answer_bytes == 264 * result->tally.correct);
    }
}

TEST_CASE("the echo is not taken for a node") {
    const Echo echo(Transport::kTcp);
    LookupOptions options = short_lookup(echo.server());
    options.transport = Transport::kTcp;
    const auto result = run_lookup(options, make_records());
    REQUIRE(result.has_value());
    CHECK(result->tally.correct == 0);
    CHECK(result->tally.wrong > 0);
}

TEST_CASE("a rate that is set is not exceeded") {
    const Echo echo(Transport::kUdp);
    LookupOptions options = short_lookup(echo.server());
    options.questions.echo = true;
    options.rate = 500;
    const auto result = run_lookup(options, make_records());
    REQUIRE(result.has_value());
    CHECK(result->tally.asked > 0);
    CHECK(result->tally.asked <= 101);
}

TEST_CASE("with a rate, questions that had to wait for the window count their waiting") {
    // This node lets everybody wait 40 ms for each answer: one question outstanding, 200 due a
    // second.
    const UdpNode node([](int) {
        std::this_thread::sleep_for(milliseconds(40));
        return Manner::kRight;
    });
    LookupOptions options = short_lookup(node.server());
    options.sockets = 1;
    options.window = 1;
    options.rate = 200;
    options.duration = milliseconds(400);
    const auto result = run_lookup(options, make_records());
    REQUIRE(result.has_value());
    // The last of them was due long before it could be sent.
    CHECK(result->tally.latency.max() > milliseconds(200));
}

TEST_CASE("a server that is not there over TCP is an error, over UDP all is missing") {
    std::string nobody;
    {
        const auto socket = bind_socket(resolve_endpoint("127.0.0.1:0").value(), SOCK_DGRAM);
        REQUIRE(socket.has_value());
        nobody = "127.0.0.1:" + std::to_string(bound_port(*socket).value());
    }
    LookupOptions options = short_lookup(nobody);
    const auto over_udp = run_lookup(options, make_records());
    REQUIRE(over_udp.has_value());
    CHECK(over_udp->tally.missing == over_udp->tally.asked);
    options.transport = Transport::kTcp;
    CHECK_FALSE(run_lookup(options, make_records()).has_value());
}

TEST_CASE("options that contradict each other are refused") {
    LookupOptions options = short_lookup("127.0.0.1:1");
    SECTION("more threads than sockets") {
        options.threads = 3;
    }
    SECTION("no window") {
        options.window = 0;
    }
    SECTION("a window that request ids cannot number") {
        options.window = kWindowMax + 1;
    }
    SECTION("a server without a port") {
        options.server = "127.0.0.1";
    }
    const auto result = run_lookup(options, make_records());
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == Errc::kInvalid);
}
