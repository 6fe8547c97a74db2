// The way of a lookup from socket to socket must not touch the heap.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "resolver/net/server.h"
#include "resolver/net/sockets.h"
#include "tests/support/allocations.h"
#include "tests/unit/resolver/engine_fixture.h"

namespace idnode::test {
namespace {

constexpr std::size_t kAtOnce = 40;  // more than the listener takes in one batch
constexpr int kAttempts = 20;
constexpr int kRounds = 100;

/// A running server with two records, asked from this thread.
class Asked {
  public:
    Asked() {
        node_.home("0.NA/88.100.1");
        node_.put("88.100.1/a", {text_value(1, "URL", "https://pump.example/7"),
                                 text_value(2, "DESC", std::string(100, 'x'))});
        node_.put("88.100.1/b", {text_value(1, "URL", "https://pump.example/8")});
        node_.put("88.100.1/large", {text_value(1, "DESC", std::string(1'500, 'x'))});
        resolver::ServerSettings settings;
        settings.udp_port = settings.tcp_port = 0;
        settings.threads = 1;
        auto server = resolver::Server::start(settings, node_.context);
        REQUIRE(server);
        server_ = std::move(*server);
    }

    resolver::Descriptor connect(int type) const {
        const auto endpoints =
            type == SOCK_DGRAM ? server_->udp_endpoints() : server_->tcp_endpoints();
        const std::string& endpoint = endpoints.at(0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        to.sin_port =
            htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.find(':') + 1))));
        resolver::Descriptor socket(::socket(AF_INET, type, 0));
        const timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
        return socket;
    }

  private:
    EngineFixture node_;
    std::unique_ptr<resolver::Server> server_;
};

/// Found as it was registered and otherwise spelled, with a selector, and not found.
std::vector<Bytes> questions() {
    std::vector<Bytes> out;
    while (out.size() < kAtOnce) {
        out.push_back(EngineFixture::request("88.100.1/a"));
        out.push_back(EngineFixture::request("88.100.1/B"));
        out.push_back(EngineFixture::request("88.100.1/a", 0x19000000, {1}, {"DESC"}));
        out.push_back(EngineFixture::request("88.100.1/absent"));
    }
    return out;
}

/// How many allocations there are in all threads while `round` is repeated a hundred times, once
/// everything has grown as large as it will be: when that is depends on how many questions the
/// scheduler lets come together.
template <class Round>
std::size_t allocations_of(Round round) {
    std::size_t counted = 1;
    for (int attempt = 0; attempt < kAttempts && counted > 0; ++attempt) {
        const std::size_t before = testing::allocations();
        for (int i = 0; i < kRounds; ++i) round();
        counted = testing::allocations() - before;
    }
    return counted;
}

TEST_CASE("lookups over UDP allocate nothing, in batches and alone, found or not") {
    const Asked node;
    const resolver::Descriptor socket = node.connect(SOCK_DGRAM);
    const std::vector<Bytes> asked = questions();
    std::array<std::byte, limits::kDatagramBytesMax> answer{};
    std::size_t missing = 0;
    const auto take_answer = [&] {
        missing += ::recv(socket.get(), answer.data(), answer.size(), 0) > 0 ? 0 : 1;
    };
    const auto counted = allocations_of([&] {
        for (const Bytes& one : asked) ::send(socket.get(), one.data(), one.size(), 0);
        for (std::size_t i = 0; i < asked.size(); ++i) take_answer();
        ::send(socket.get(), asked[0].data(), asked[0].size(), 0);
        take_answer();
    });
    CHECK(missing == 0);
    CHECK(counted == 0);
}

TEST_CASE("lookups over TCP allocate nothing, sent ahead and alone, found or not") {
    const Asked node;
    const resolver::Descriptor socket = node.connect(SOCK_STREAM);
    Bytes ahead;
    const std::vector<Bytes> asked = questions();
    for (const Bytes& one : asked) ahead.insert(ahead.end(), one.begin(), one.end());

    Bytes received(1U << 20U);
    // Until so many whole messages came.
    const auto take_answers = [&](std::size_t count) {
        std::size_t bytes = 0;
        std::size_t at = 0;
        while (count > 0) {
            const ssize_t more =
                ::recv(socket.get(), received.data() + bytes, received.size() - bytes, 0);
            if (more <= 0) return false;
            bytes += static_cast<std::size_t>(more);
            for (;; --count) {
                const auto envelope =
                    handle::decode_envelope(BytesView(received).first(bytes).subspan(at));
                if (!envelope) break;
                const std::size_t length = limits::kEnvelopeBytes + envelope->message_length;
                if (at + length > bytes) break;
                at += length;
            }
        }
        return at == bytes;
    };
    bool all_came = true;
    const auto counted = allocations_of([&] {
        ::send(socket.get(), ahead.data(), ahead.size(), 0);
        const bool all = take_answers(asked.size());
        ::send(socket.get(), asked[0].data(), asked[0].size(), 0);
        all_came = all_came && all && take_answers(1);
    });
    CHECK(all_came);
    CHECK(counted == 0);
}

/// One answer, whole.
Bytes take_answer(const resolver::Descriptor& socket) {
    Bytes out(limits::kEnvelopeBytes);
    if (::recv(socket.get(), out.data(), out.size(), MSG_WAITALL) !=
        static_cast<ssize_t>(out.size())) {
        return {};
    }
    const auto envelope = handle::decode_envelope(out);
    out.resize(out.size() + envelope->message_length);
    const std::span<std::byte> rest = std::span(out).subspan(limits::kEnvelopeBytes);
    const ssize_t count = ::recv(socket.get(), rest.data(), rest.size(), MSG_WAITALL);
    return count == static_cast<ssize_t>(rest.size()) ? out : Bytes();
}

TEST_CASE("questions that come together on many connections are each answered on their own") {
    const Asked node;
    const std::vector<Bytes> asked = questions();
    std::vector<Bytes> expected;
    const resolver::Descriptor alone = node.connect(SOCK_STREAM);
    for (const Bytes& one : asked) {
        ::send(alone.get(), one.data(), one.size(), 0);
        expected.push_back(take_answer(alone));
        REQUIRE_FALSE(expected.back().empty());
    }
    // More than are answered in one go.
    std::vector<resolver::Descriptor> sockets;
    for (std::size_t i = 0; i < 4 * asked.size(); ++i) sockets.push_back(node.connect(SOCK_STREAM));
    for (int round = 0; round < 20; ++round) {
        for (std::size_t i = 0; i < sockets.size(); ++i) {
            const Bytes& first = asked[i % asked.size()];
            const Bytes& second = asked[(i + 1) % asked.size()];
            ::send(sockets[i].get(), first.data(), first.size(), 0);
            // A question that follows at once, perhaps in two pieces, keeps its place.
            if (i % 3 == 0) ::send(sockets[i].get(), second.data(), second.size(), 0);
            if (i % 3 == 1) {
                ::send(sockets[i].get(), second.data(), 30, 0);
                ::send(sockets[i].get(), second.data() + 30, second.size() - 30, 0);
            }
            // Nothing more will come; the answers are wanted all the same.
            if (round == 19) ::shutdown(sockets[i].get(), SHUT_WR);
        }
        for (std::size_t i = 0; i < sockets.size(); ++i) {
            REQUIRE(take_answer(sockets[i]) == expected[i % asked.size()]);
            if (i % 3 == 2) continue;
            REQUIRE(take_answer(sockets[i]) == expected[(i + 1) % asked.size()]);
        }
    }
    std::byte more{};
    for (const auto& socket : sockets) CHECK(::recv(socket.get(), &more, 1, 0) == 0);
}

using Datagrams = std::map<Bytes, std::size_t>;

/// So many datagrams, or as many as come.
Datagrams take_datagrams(const resolver::Descriptor& socket, std::size_t count) {
    Datagrams out;
    std::array<std::byte, 2 * limits::kDatagramBytesMax> room{};
    for (; count > 0; --count) {
        const ssize_t bytes = ::recv(socket.get(), room.data(), room.size(), 0);
        if (bytes <= 0) break;
        ++out[Bytes(room.begin(), room.begin() + bytes)];
    }
    return out;
}

TEST_CASE("answers of all sizes reach whoever asked, however many are asked together over UDP") {
    const Asked node;
    std::vector<Bytes> asked = questions();
    asked.resize(8);
    asked.push_back(EngineFixture::request("88.100.1/large"));  // in four datagrams
    const resolver::Descriptor alone = node.connect(SOCK_DGRAM);
    std::vector<Datagrams> expected;
    for (const Bytes& one : asked) {
        ::send(alone.get(), one.data(), one.size(), 0);
        expected.push_back(take_datagrams(alone, one == asked.back() ? 4 : 1));
    }
    REQUIRE(expected.back().size() == 4);

    std::vector<resolver::Descriptor> sockets;
    for (int i = 0; i < 5; ++i) sockets.push_back(node.connect(SOCK_DGRAM));
    for (std::size_t round = 0; round < 100; ++round) {
        std::vector<Datagrams> wanted(sockets.size());
        std::vector<std::size_t> counts(sockets.size());
        for (std::size_t i = 0; i < 60; ++i) {
            // Some clients ask often, some once in a while.
            const std::size_t client = i % 7 < sockets.size() ? i % 7 : 0;
            const std::size_t question = (i * 5 + round) % asked.size();
            for (const auto& [datagram, count] : expected[question]) {
                wanted[client][datagram] += count;
                counts[client] += count;
            }
            ::send(sockets[client].get(), asked[question].data(), asked[question].size(), 0);
        }
        for (std::size_t i = 0; i < sockets.size(); ++i) {
            REQUIRE(take_datagrams(sockets[i], counts[i]) == wanted[i]);
        }
    }
}

}  // namespace
}  // namespace idnode::test
