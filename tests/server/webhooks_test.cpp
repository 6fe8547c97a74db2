#include "registry/http/epcis/webhooks.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "registry/http/epcis/outside.h"
#include "tests/support/daemon.h"
#include "tests/support/tls_socket.h"

namespace idnode::testing {

namespace {

const std::vector<std::string> kThisMachine{"127.0.0.0/8"};

Result<unsigned> send_to(const std::string& destination, const std::vector<std::string>& networks) {
    const auto sender = http::make_webhook_sender(networks);
    REQUIRE(sender);
    return (*sender)->send({.destination = destination, .body = "{}", .signature = {}});
}

}  // namespace

TEST_CASE(
    "15: deliveries over HTTPS go to who has a certificate for the name, and to nobody else") {
    NodeFolder node;
    write_certificate(node.root(), "subscriber", "localhost");
    Daemon subscriber(node,
                      {"listen.tls_certificate=subscriber.crt", "listen.tls_key=subscriber.key"});
    const std::string port = std::to_string(subscriber.http_port());
    const auto stranger = send_to("https://localhost:" + port + "/hook", kThisMachine);
    CHECK_FALSE(stranger);

    // The authorities of this machine, which the sender reads each time.
    REQUIRE(::setenv("SSL_CERT_FILE", (node.root() / "subscriber.crt").c_str(), 1) == 0);
    const auto known = send_to("https://localhost:" + port + "/hook", kThisMachine);
    const auto other_name = send_to("https://127.0.0.1:" + port + "/hook", kThisMachine);
    const auto not_allowed = send_to("https://localhost:" + port + "/hook", {});
    REQUIRE(::unsetenv("SSL_CERT_FILE") == 0);
    REQUIRE(known);
    CHECK(*known == 404);
    CHECK_FALSE(other_name);
    REQUIRE_FALSE(not_allowed);
    CHECK(not_allowed.error().code == Errc::kRefused);
    CHECK(subscriber.stop_and_find_faults().empty());
}

TEST_CASE("15: nobody reaches through the node what is not public, unless the operator allows it") {
    const auto nothing = http::Outside::make({});
    REQUIRE(nothing);
    for (const std::string host :
         {"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
          "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fd00::1",
          "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1"}) {
        INFO(host);
        const auto reached = nothing->reach(host, 443, true);
        REQUIRE_FALSE(reached);
        CHECK(reached.error().code == Errc::kRefused);
    }
    for (const std::string host : {"9.9.9.9", "172.15.255.255", "2620:fe::fe"}) {
        INFO(host);
        CHECK(nothing->reach(host, 443, true));
        CHECK_FALSE(nothing->reach(host, 80, false));
    }
    const std::vector<std::string> plant{"10.1.0.0/16"};
    const auto allowed = http::Outside::make(plant);
    REQUIRE(allowed);
    CHECK(allowed->reach("10.1.2.3", 443, true));
    CHECK_FALSE(allowed->reach("10.1.2.3", 80, false));
    CHECK_FALSE(allowed->reach("10.2.0.1", 443, true));
    CHECK_FALSE(http::Outside::make(std::vector<std::string>{"10.1.0.0/99"}));
}

}  // namespace idnode::testing
