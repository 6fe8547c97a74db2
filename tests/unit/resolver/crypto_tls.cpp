// TLS as octets in and octets out: both ends in memory.
#include <catch2/catch.hpp>

#include "resolver/crypto/keys.h"
#include "resolver/crypto/tls.h"
#include "tests/unit/resolver/crypto_vectors.h"

using namespace idnode;
using crypto::TlsServer;
using crypto::TlsSession;

namespace {

/// A client and a server that hear each other at once.
struct Pair {
    explicit Pair(const TlsServer& tls) : server(tls), client(TlsSession::client()) {
        client.begin(to_server);
    }

    void exchange() {
        while (!to_server.empty() || !to_client.empty()) {
            const Bytes up = std::exchange(to_server, {});
            server.receive(up, at_server, to_client);
            const Bytes down = std::exchange(to_client, {});
            client.receive(down, at_client, to_server);
        }
    }
    bool is_open() const {
        return server.state() == TlsSession::State::kOpen &&
               client.state() == TlsSession::State::kOpen;
    }

    TlsSession server;
    TlsSession client;
    Bytes to_server, to_client, at_server, at_client;
};

Bytes octets_of_vector(std::string_view name) {
    return test::vector_named(name).octets;
}

std::shared_ptr<TlsServer> server_with(BytesView key) {
    auto out = TlsServer::make(key, "0.NA/88.100");
    REQUIRE(out);
    return *out;
}

}  // namespace

TEST_CASE("both ends of a TLS session understand each other, whatever the site's key") {
    for (const std::string_view name : {"key-private-rsa2048", "key-private-rsa1024",
                                        "key-private-rsa1024-noncrt", "key-private-dsa2048"}) {
        CAPTURE(name);
        Pair pair(*server_with(octets_of_vector(name)));
        pair.exchange();
        REQUIRE(pair.is_open());
        const Bytes text(100'000, std::byte{'a'});
        pair.client.send(text, pair.to_server);
        pair.server.send(to_bytes("answer"), pair.to_client);
        pair.exchange();
        CHECK(pair.at_server == text);
        CHECK(pair.at_client == to_bytes("answer"));
        CHECK(pair.server.peer_certificate().empty());
        CHECK_FALSE(pair.client.peer_certificate().empty());
    }
}

TEST_CASE("octets of a TLS session may come one by one") {
    Pair pair(*server_with(octets_of_vector("key-private-rsa2048")));
    while (!pair.to_server.empty() || !pair.to_client.empty()) {
        for (const std::byte octet : std::exchange(pair.to_server, {})) {
            pair.server.receive(BytesView(&octet, 1), pair.at_server, pair.to_client);
        }
        for (const std::byte octet : std::exchange(pair.to_client, {})) {
            pair.client.receive(BytesView(&octet, 1), pair.at_client, pair.to_server);
        }
    }
    CHECK(pair.is_open());
}

TEST_CASE("the end of a TLS session is told to the other end") {
    Pair pair(*server_with(octets_of_vector("key-private-rsa2048")));
    pair.exchange();
    pair.server.end(pair.to_client);
    CHECK_FALSE(pair.to_client.empty());
    pair.exchange();
    CHECK(pair.client.state() == TlsSession::State::kEnded);
    CHECK(pair.server.state() == TlsSession::State::kEnded);
}

TEST_CASE("a changed octet ends a TLS session and yields nothing") {
    Pair pair(*server_with(octets_of_vector("key-private-rsa2048")));
    pair.exchange();
    pair.client.send(to_bytes("question"), pair.to_server);
    pair.to_server.back() ^= std::byte{1};
    pair.exchange();
    CHECK(pair.at_server.empty());
    CHECK(pair.server.state() == TlsSession::State::kEnded);
}
