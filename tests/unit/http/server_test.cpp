// What the HTTP server does when its handlers do not keep up, or fail.
#include "registry/http/server.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <latch>
#include <stdexcept>
#include <thread>

#include "registry/http/handler.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/tls.h"
#include "tests/support/http_client.h"
#include "tests/unit/resolver/engine_fixture.h"

namespace idnode::test {
namespace {

using testing::http_request;
using testing::HttpClient;

/// Three pieces, with a pause before the last; or for ever, or broken off after the first.
class Pieces final : public http::Download {
  public:
    Pieces(std::string_view target, std::atomic<int>& alive) : target_(target), alive_(alive) {
        alive_.fetch_add(1);
    }
    ~Pieces() override { alive_.fetch_sub(1); }
    Next give(Bytes& out) override {
        ++given_;
        const Bytes piece = to_bytes("piece " + std::to_string(given_) + "\n");
        out.insert(out.end(), piece.begin(), piece.end());
        if (target_ == "/pieces/broken") return Next::kBroken;
        if (target_ == "/pieces/forever") return Next::kMore;
        return given_ == 1 ? Next::kMore : given_ == 2 ? Next::kLater : Next::kEnd;
    }

  private:
    const std::string target_;
    std::atomic<int>& alive_;
    int given_ = 0;
};

/// Holds whoever asks for `/wait` until the test lets go.
class SlowHandler final : public http::Handler {
  public:
    http::Response handle(const http::Request& request, const http::Caller&) override {
        if (request.target() == "/throw") throw std::runtime_error("a bug");
        if (request.target() == "/wait") {
            entered.fetch_add(1);
            let_go.wait();
        }
        return http::Response(boost::beast::http::status::ok, 11);
    }

    bool gives_download(const http::Request& request) const override {
        return request.target().starts_with("/pieces");
    }
    http::DownloadStart begin_download(const http::Request& request,
                                       const http::Caller& /*caller*/) override {
        return {http::Response(boost::beast::http::status::ok, 11),
                std::make_unique<Pieces>(request.target(), downloads)};
    }

    std::atomic<int> entered = 0;
    std::atomic<int> downloads = 0;
    std::latch let_go{1};
};

class ServedHandler : public EngineFixture {
  public:
    ServedHandler() {
        const auto key = crypto::generate_rsa_key();
        REQUIRE(key);
        auto made = crypto::TlsServer::make(*key, "test");
        REQUIRE(made);
        tls = *made;
        http::ServerSettings settings;
        settings.port = 0;
        settings.threads = 1;
        settings.queue_max = 1;
        auto started =
            http::Server::start(settings, {.engine = context, .handler = handler, .tls = *tls});
        REQUIRE(started);
        server = std::move(*started);
        const std::string endpoint = server->endpoints().at(0);
        port = static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
    }

    SlowHandler handler;
    std::shared_ptr<crypto::TlsServer> tls;
    std::unique_ptr<http::Server> server;
    std::uint16_t port = 0;
};

}  // namespace

TEST_CASE("requests that find the queue full are told to come again, and the others are answered") {
    ServedHandler node;
    HttpClient running(node.port);
    running.send(http_request("GET", "/wait"));
    while (node.handler.entered == 0) std::this_thread::yield();
    // One more waits in the queue; which one is up to the server.
    std::vector<HttpClient> others;
    for (int i = 0; i < 3; ++i) {
        others.emplace_back(node.port);
        others.back().send(http_request("GET", "/wait"));
    }
    int refused = 0;
    while (refused < 2) {
        for (HttpClient& client : others) {
            const auto reply = client.receive(testing::milliseconds{10});
            if (!reply) continue;
            CHECK(reply->status == 503);
            CHECK_FALSE(reply->field("retry-after").empty());
            ++refused;
        }
    }
    node.handler.let_go.count_down();
    CHECK(running.receive()->status == 200);
    int answered = 0;
    for (HttpClient& client : others) {
        if (const auto reply = client.receive(testing::kSilence)) answered += reply->status == 200;
    }
    CHECK(answered == 1);
}

TEST_CASE("an exception of a handler is an answer, and the connection goes on") {
    ServedHandler node;
    HttpClient client(node.port);
    CHECK(client.ask(http_request("GET", "/throw")).status == 500);
    CHECK(client.ask(http_request("GET", "/")).status == 200);
}

TEST_CASE("a server that stops answers what it has taken") {
    ServedHandler node;
    HttpClient client(node.port);
    client.send(http_request("GET", "/wait"));
    while (node.handler.entered == 0) std::this_thread::yield();
    std::thread stopping([&] { node.server->stop(); });
    node.handler.let_go.count_down();
    const auto reply = client.receive();
    stopping.join();
    REQUIRE(reply);
    CHECK(reply->status == 200);
    CHECK(client.is_closed_within());
}

TEST_CASE("an answer in pieces comes whole, and one that breaks off has no end") {
    ServedHandler node;
    const auto reply = HttpClient(node.port).ask(http_request("GET", "/pieces"));
    CHECK(reply.status == 200);
    CHECK(reply.body == "piece 1\npiece 2\npiece 3\n");
    HttpClient broken(node.port);
    broken.send(http_request("GET", "/pieces/broken"));
    const std::string octets = broken.receive_all();
    CHECK(octets.find("piece 1\n") != std::string::npos);
    CHECK(octets.find("\r\n0\r\n") == std::string::npos);
}

TEST_CASE("who goes away ends an answer that has no end") {
    ServedHandler node;
    {
        HttpClient client(node.port);
        client.send(http_request("GET", "/pieces/forever"));
        while (node.handler.downloads == 0) std::this_thread::yield();
    }
    while (node.handler.downloads != 0) std::this_thread::yield();
    CHECK(HttpClient(node.port).ask(http_request("GET", "/")).status == 200);
}

}  // namespace idnode::test
