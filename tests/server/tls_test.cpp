// TLS on the HTTP port (§3.7) and on the TCP port (§3.8), and H37 of §10.2 for the latter.
#include <catch2/catch.hpp>
#include <map>

#include "proto/handle/key.h"
#include "tests/server/setting.h"
#include "tests/support/http_client.h"
#include "tests/support/tls_socket.h"

namespace idnode::testing {
namespace {

constexpr int kTls11 = 0x0302;
constexpr int kTls12 = 0x0303;
constexpr int kTls13 = 0x0304;

HttpClient https(Setting& setting, const TlsOptions& options = {}) {
    return HttpClient(setting.daemon().http_port(), options);
}

TlsSocket native(Setting& setting, const TlsOptions& options = {}) {
    return TlsSocket(setting.daemon().tcp_port(), options);
}

/// The first octets of a TLS hello, which announces more than comes.
Bytes begun_hello() {
    return {std::byte{0x16}, std::byte{3}, std::byte{1}, std::byte{1}, std::byte{0}, std::byte{1}};
}

Bytes site_modulus(Setting& setting) {
    const auto key = handle::decode_public_key(setting.site().servers.at(0).public_key);
    REQUIRE(key);
    const auto& modulus = std::get<handle::RsaPublicKey>(*key).modulus;
    return Bytes(modulus.octets().begin(), modulus.octets().end());
}

void check_unharmed(Setting& setting) {
    CHECK(setting.serves());
    CHECK(https(setting).ask(resolution("88.100.1/abc")).rc() == 1);
    CHECK(native(setting).ask(resolution("88.100.1/abc")).rc() == 1);
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

}  // namespace

TEST_CASE("81: the tunnel on the same port inside TLS 1.2 and 1.3, and in nothing older") {
    Setting setting;
    for (const int version : {kTls12, kTls13}) {
        HttpClient client = https(setting, {.version = version});
        CHECK(client.tls().version() == version);
        CHECK(client.ask(resolution("88.100.1/abc")).rc() == 1);
        CHECK(client.ask(resolution("88.100.1/200kB")).octets().size() == 200'020);
    }
    CHECK_THROWS(https(setting, {.version = kTls11}));
    CHECK_THROWS(native(setting, {.version = kTls11}));
    check_unharmed(setting);
}

TEST_CASE("the key of the TLS certificate is the key of the site record") {
    Setting setting;
    const Bytes modulus = site_modulus(setting);
    CHECK_FALSE(modulus.empty());
    const HttpClient client = https(setting);
    CHECK(rsa_modulus(client.tls().server_key()) == modulus);
    CHECK(client.tls().server_name() == "0.NA/88.100");
    CHECK(rsa_modulus(native(setting).server_key()) == modulus);
}

TEST_CASE("clients that ask for a host name see the operator's certificate, others the site's") {
    NodeFolder node;
    node.import(setting_records());
    write_certificate(node.root(), "browser", "node.example");
    Daemon daemon(node, {"listen.tls_certificate=browser.crt", "listen.tls_key=browser.key"});
    const TlsSocket browser(daemon.http_port(), {.host_name = "node.example"});
    CHECK(browser.server_name() == "node.example");
    HttpClient by_name(daemon.http_port(), TlsOptions{.host_name = "node.example"});
    CHECK(by_name.ask(resolution("88.100.1/abc")).rc() == 1);
    CHECK(TlsSocket(daemon.http_port()).server_name() == "0.NA/88.100");
    CHECK(TlsSocket(daemon.tcp_port()).server_name() == "0.NA/88.100");
    CHECK(daemon.stop_and_find_faults() == "");
}

TEST_CASE("a certificate that cannot be used stops the start with the reason") {
    NodeFolder node;
    write_certificate(node.root(), "one", "one.example");
    write_certificate(node.root(), "two", "two.example");
    const auto failure_of = [&](const Settings& settings) {
        Settings all{"listen.udp_port=0", "listen.tcp_port=0", "listen.http_port=0"};
        all.insert(all.end(), settings.begin(), settings.end());
        const Finished finished = run(daemon_command(node.config(), all));
        CHECK(finished.exit_code == 1);
        return finished.errors;
    };
    CHECK_THAT(failure_of({"listen.tls_certificate=one.crt"}), Catch::Contains("belong together"));
    CHECK_THAT(failure_of({"listen.tls_certificate=one.crt", "listen.tls_key=two.key"}),
               Catch::Contains("two.key"));
    CHECK_THAT(failure_of({"listen.tls_certificate=none.crt", "listen.tls_key=two.key"}),
               Catch::Contains("none.crt"));
}

TEST_CASE("any client certificate is accepted, whoever issued it") {
    Setting setting;
    write_certificate(setting.node().root(), "client", "anonymous");
    const TlsOptions options{.certificate = setting.node().root() / "client.crt",
                             .key = setting.node().root() / "client.key"};
    for (const int version : {kTls12, kTls13}) {
        TlsOptions with_version = options;
        with_version.version = version;
        CHECK(https(setting, with_version).ask(resolution("88.100.1/abc")).rc() == 1);
        CHECK(native(setting, with_version).ask(resolution("88.100.1/abc")).rc() == 1);
    }
}

TEST_CASE("sessions are never resumed, so that each connection shows its certificate") {
    Setting setting;
    for (const int version : {kTls12, kTls13}) {
        HttpClient first = https(setting, {.version = version});
        CHECK(first.ask(resolution("88.100.1/abc")).rc() == 1);
        HttpClient second = https(setting, {.version = version, .resume = first.tls().session()});
        CHECK(second.ask(resolution("88.100.1/abc")).rc() == 1);
        CHECK_FALSE(second.tls().was_resumed());
    }
}

TEST_CASE("the TCP port goes on inside TLS when a connection begins with a handshake") {
    Setting setting;
    for (const int version : {kTls12, kTls13}) {
        TlsSocket client = native(setting, {.version = version});
        for (int i = 0; i < 3; ++i) CHECK(client.ask(resolution("88.100.1/abc")).rc() == 1);
        CHECK(client.ask(resolution("88.100.1/200kB")).octets().size() == 200'020);
        Request create = about(handle::OpCode::kCreateHandle, "88.100.1/new");
        ByteWriter(create.body).u32(0);
        CHECK(client.ask(create).rc() == 402);
    }
    check_unharmed(setting);
}

TEST_CASE("80: questions sent ahead inside TLS are all answered, each once") {
    Setting setting;
    TlsSocket client = native(setting);
    Bytes burst;
    std::map<std::uint32_t, int> answers;
    for (std::uint32_t id = 1; id <= 200; ++id) {
        Request question = resolution(id % 20 == 0 ? "88.100.1/200kB" : "88.100.1/abc");
        if (id % 10 == 1) question.flags |= handle::flag::kCertify;
        question.request_id = id;
        const Bytes message = encode(question);
        burst.insert(burst.end(), message.begin(), message.end());
    }
    client.send(burst);
    for (int i = 0; i < 200; ++i) {
        const Reply reply = client.receive_reply();
        CHECK(reply.rc() == 1);
        ++answers[reply.envelope().request_id];
    }
    CHECK(answers.size() == 200);
}

TEST_CASE("a connection that began plain cannot turn to TLS") {
    Setting setting;
    TcpClient client = setting.tcp();
    CHECK(client.ask(resolution("88.100.1/abc")).rc() == 1);
    // As a message: major version 22, and shorter than its header.
    Bytes hello = begun_hello();
    hello.resize(20);
    client.send(hello);
    CHECK(client.receive_reply().rc() == 4);
    CHECK(client.ask(resolution("88.100.1/abc")).rc() == 1);
    check_unharmed(setting);
}

TEST_CASE("H37: a TLS handshake that is begun and never finished ends with the deadline") {
    Setting setting({"limits.tcp_partial_s=1", "limits.http_request_s=1"});
    TcpClient tcp = setting.tcp();
    tcp.send(begun_hello());
    TcpClient drips = setting.tcp();
    drips.send(BytesView(begun_hello()).first(1));
    HttpClient http(setting.daemon().http_port());
    const Bytes hello = begun_hello();
    http.send({reinterpret_cast<const char*>(hello.data()), hello.size()});
    for (std::size_t i = 1; i < hello.size(); ++i) {
        if (drips.is_closed_within(milliseconds{700})) break;
        drips.send(BytesView(hello).subspan(i, 1));
    }
    CHECK(tcp.is_closed_within(std::chrono::seconds(10)));
    CHECK(drips.is_closed_within(std::chrono::seconds(10)));
    CHECK(http.is_closed_within(std::chrono::seconds(10)));
    check_unharmed(setting);
}

TEST_CASE("octets that only begin like TLS end the connection") {
    Setting setting;
    for (const char filling : {'\0', '\x16', '\xFF', 'a'}) {
        Bytes garbage(5'000, static_cast<std::byte>(filling));
        garbage.front() = std::byte{0x16};
        TcpClient tcp = setting.tcp();
        tcp.send(garbage);
        CHECK(tcp.is_closed_within());
        HttpClient http(setting.daemon().http_port());
        http.send({reinterpret_cast<const char*>(garbage.data()), garbage.size()});
        CHECK(http.is_closed_within());
    }
    check_unharmed(setting);
}

TEST_CASE("lookups go on while hundreds begin TLS handshakes") {
    Setting setting;
    std::vector<TcpClient> crowd;
    for (int i = 0; i < 300; ++i) {
        crowd.push_back(setting.tcp());
        crowd.back().send(begun_hello());
        if (i % 50 == 0) CHECK(setting.serves());
    }
    crowd.clear();
    check_unharmed(setting);
}

}  // namespace idnode::testing
