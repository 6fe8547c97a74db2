// Which servers are asked about identities elsewhere, when the site records come from anybody.
#include "resolver/client/remote_identities.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>

#include "proto/handle/site.h"
#include "proto/handle/value.h"
#include "resolver/crypto/digests.h"

namespace idnode::client {
namespace {

/// Answers every question with these site records.
class Sites final : public resolver::Upstream {
  public:
    Sites(std::size_t count, std::string_view address, std::uint32_t port)
        : Sites(count, *handle::parse_site_address(address), port) {}
    Sites(std::size_t count, const std::array<std::byte, 16>& address, std::uint32_t port) {
        handle::Site site;
        handle::Server server;
        server.address = address;
        handle::Interface tcp;
        tcp.transport = handle::Transport::kTcp;
        tcp.port = port;
        server.interfaces.push_back(tcp);
        site.servers.push_back(server);
        handle::Value value;
        value.type = "HS_SITE";
        value.data = handle::encode_site(site);
        std::vector<handle::Value> values;
        for (std::size_t i = 1; i <= count; ++i) {
            value.index = static_cast<std::int32_t>(i);
            values.push_back(value);
        }
        answer_ = std::make_shared<resolver::UpstreamAnswer>(resolver::UpstreamAnswer{
            handle::ResponseCode::kSuccess, handle::encode_values(values), true});
    }
    bool serves(const resolver::Address&) const override { return true; }
    resolver::UpstreamAnswerPtr cached(const resolver::Question&) override { return nullptr; }
    void ask(resolver::Question, std::function<void(resolver::UpstreamAnswerPtr)> done) override {
        done(answer_);
    }

  private:
    resolver::UpstreamAnswerPtr answer_;
};

/// Counts who connects, and hangs up on them.
class Listener {
  public:
    Listener() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const plain = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(descriptor_, plain, size) == 0);
        REQUIRE(::listen(descriptor_, 64) == 0);
        ::getsockname(descriptor_, plain, &size);
        port_ = ntohs(address.sin_port);
    }
    ~Listener() { ::close(descriptor_); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    std::uint16_t port() const { return port_; }
    int connections() const {
        int out = 0;
        pollfd waiting{descriptor_, POLLIN, 0};
        while (::poll(&waiting, 1, 100) > 0) {
            ::close(::accept(descriptor_, nullptr, nullptr));
            ++out;
        }
        return out;
    }

  private:
    int descriptor_;
    std::uint16_t port_ = 0;
};

Result<service::SecretVerdict> ask(Sites& sites, bool loopback) {
    const auto digests = crypto::make_digests();
    RemoteSettings settings;
    settings.loopback = loopback;
    const auto remote = make_remote_identities(sites, *digests, settings);
    const Bytes octets(16, std::byte{1});
    return remote->ask_about_secret({"77.1/boss", 300, octets, octets, false, octets}, {2, 11},
                                    std::chrono::steady_clock::now() + std::chrono::seconds(1));
}

}  // namespace

TEST_CASE("H28: site records that name this machine or its link are not followed") {
    const Listener listener;
    for (const char* address : {"127.0.0.1", "127.1.2.3", "::1", "0.0.0.0", "169.254.1.1",
                                "fe80::1", "224.0.0.1", "ff02::1"}) {
        Sites sites(1, address, listener.port());
        const auto answer = ask(sites, false);
        REQUIRE_FALSE(answer);
        CHECK_THAT(answer.error().detail, Catch::Contains("names no server to ask"));
    }
    CHECK(listener.connections() == 0);
}

TEST_CASE("H28: an IPv4 address in IPv6 clothes is judged as what it is") {
    const Listener listener;
    auto address = *handle::parse_site_address("127.0.0.1");
    address[10] = address[11] = std::byte{0xFF};
    Sites sites(1, address, listener.port());
    CHECK_FALSE(ask(sites, false));
    CHECK(listener.connections() == 0);
}

TEST_CASE("H28: a site record without a usable port is not followed") {
    Sites sites(1, "127.0.0.1", 0);
    const auto answer = ask(sites, true);
    REQUIRE_FALSE(answer);
    CHECK_THAT(answer.error().detail, Catch::Contains("names no server to ask"));
}

TEST_CASE("H28: of a thousand sites few are tried") {
    const Listener listener;
    Sites sites(1'000, "127.0.0.1", listener.port());
    CHECK_FALSE(ask(sites, true));
    const int connections = listener.connections();
    CHECK(connections > 0);
    CHECK(connections <= 3);
}

}  // namespace idnode::client
