// Checks 1 to 21 and 24 to 28, 76 of §10.1 of the protocol document against the running daemon,
// over UDP and TCP.
#include <algorithm>
#include <catch2/catch.hpp>

#include "resolver/crypto/digests.h"
#include "tests/server/setting.h"

namespace idnode::testing {
namespace {

using handle::OpCode;

using Indexes = std::vector<std::int32_t>;

Bytes digest_expected(BytesView request, bool sha256) {
    const auto digests = crypto::make_digests();
    const BytesView covered = header_and_body(request);
    Bytes out{std::byte(sha256 ? 3 : 2)};
    const auto append = [&out](const auto& octets) {
        out.insert(out.end(), octets.begin(), octets.end());
    };
    if (sha256) {
        append(digests->sha256(covered));
    } else {
        append(digests->sha1(covered));
    }
    return out;
}

bool begins_with(BytesView octets, BytesView beginning) {
    return octets.size() >= beginning.size() &&
           same_octets(octets.first(beginning.size()), beginning);
}

/// Answers over both carriers to a message whose octets a test has made itself.
std::vector<Reply> ask_both_raw(const Setting& setting, const Bytes& message) {
    std::vector<Reply> out;
    UdpClient udp = setting.udp();
    udp.send(message);
    out.push_back(udp.receive_reply(handle::decode_envelope(message)->request_id));
    TcpClient tcp = setting.tcp();
    tcp.send(message);
    out.push_back(tcp.receive_reply());
    return out;
}

}  // namespace

TEST_CASE("1: a plain question gets the public values, the site's serial and its own spelling") {
    Setting setting;
    const auto serial = setting.site().serial;
    for (const Reply& reply : setting.ask_both(resolution(kP))) {
        CHECK(reply.rc() == 1);
        CHECK(reply.header().op == OpCode::kResolution);
        CHECK(reply.header().flags == 0x99000000);
        CHECK(reply.header().site_serial == serial);
        CHECK(reply.handle() == kP);
        CHECK(reply.indexes() == Indexes{1, 2, 100, 200, 300});
    }
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

TEST_CASE("2: a prefix handle in lower case is found and echoed in lower case") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(resolution("0.na/88.100.1"))) {
        CHECK(reply.rc() == 1);
        CHECK(reply.handle() == "0.na/88.100.1");
        CHECK(reply.indexes() == Indexes{1, 2, 100, 200, 300});
    }
}

TEST_CASE("3: a prefix without slash means its prefix handle and is echoed as it came") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(resolution("88.100.1"))) {
        CHECK(reply.rc() == 1);
        CHECK(reply.handle() == "88.100.1");
        CHECK(reply.indexes() == Indexes{1, 2, 100, 200, 300});
    }
}

TEST_CASE("4: a missing handle under a homed prefix is not found, with an empty text") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(resolution("88.100.1/missing"))) {
        CHECK(reply.rc() == 100);
        CHECK(same_octets(reply.body(), Bytes(4)));
    }
}

TEST_CASE("5: a type that the record has not gives no values") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(resolution(kP, {}, {"EMAIL"}))) {
        CHECK(reply.rc() == 200);
    }
}

TEST_CASE("6: a type that ends with a dot selects the whole family") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(resolution(kP, {}, {"HS_SITE."}))) {
        CHECK(reply.rc() == 1);
        CHECK(reply.indexes() == Indexes{1, 2});
    }
    for (const Reply& reply : setting.ask_both(resolution(kP, {}, {"hs_site"}))) {
        CHECK(reply.indexes() == Indexes{1});
    }
}

TEST_CASE("7: an index and a type together select what fits either") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(resolution(kP, {300}, {"HS_ADMIN"}))) {
        CHECK(reply.rc() == 1);
        CHECK(reply.indexes() == Indexes{100, 300});
    }
}

TEST_CASE("8: a prefix of somebody else is not this server's responsibility") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(resolution("99.9/x"))) CHECK(reply.rc() == 301);
}

TEST_CASE("9: a missing prefix handle without delegation is not found") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(resolution("0.NA/88.300"))) CHECK(reply.rc() == 100);
}

TEST_CASE("10: a missing derived prefix is referred to the sites of its ancestor") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(resolution("0.NA/88.100.1.7"))) {
        CHECK(reply.rc() == 303);
        CHECK(reply.handle().empty());
        CHECK(reply.indexes() == Indexes{2});
    }
}

TEST_CASE("11: a client that wants no referral learns that the prefix is not found") {
    Setting setting;
    Request request = resolution("0.NA/88.100.1.7");
    request.flags |= handle::flag::kDoNotRefer;
    for (const Reply& reply : setting.ask_both(request)) CHECK(reply.rc() == 100);
}

TEST_CASE("12: a secret value does not exist for a question about public values") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(resolution(kP, {301}))) CHECK(reply.rc() == 200);
}

TEST_CASE("13: a secret value asked for openly gets a challenge with nonce and digest") {
    Setting setting;
    Request request = resolution(kP, {301});
    request.flags = 0x18000000;
    const Bytes message = encode(request);
    for (const Reply& reply : ask_both_raw(setting, message)) {
        CHECK(reply.rc() == 402);
        CHECK(reply.header().flags == 0x98800000);
        CHECK(reply.envelope().session_id > 0);
        CHECK(reply.envelope().session_id <= 0x7FFFFFFF);
        REQUIRE(reply.body().size() == 33 + 20);
        CHECK(begins_with(reply.body(), digest_expected(message, true)));
        CHECK(same_octets(reply.body().subspan(33, 4),
                          Bytes{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{16}}));
    }
}

TEST_CASE("13: every challenge has a session id and a nonce of its own") {
    Setting setting;
    Request request = resolution(kP, {301});
    request.flags = 0x18000000;
    const auto replies = setting.ask_both(request);
    CHECK(replies[0].envelope().session_id != replies[1].envelope().session_id);
    CHECK_FALSE(same_octets(replies[0].body().last(16), replies[1].body().last(16)));
}

TEST_CASE("14: a public value asked for openly comes without a challenge") {
    Setting setting;
    Request request = resolution(kP, {300});
    request.flags = 0x18000000;
    for (const Reply& reply : setting.ask_both(request)) {
        CHECK(reply.rc() == 1);
        CHECK(reply.envelope().session_id == 0);
        CHECK(reply.indexes() == Indexes{300});
    }
}

TEST_CASE("15: a value that not even administrators may read is refused") {
    Setting setting;
    Request request = resolution("88.100.1/hidden");
    request.flags = 0x18000000;
    for (const Reply& reply : setting.ask_both(request)) CHECK(reply.rc() == 401);
}

TEST_CASE("16: octets that an industrial client appends to the question are ignored") {
    Setting setting;
    Request request = resolution(kP);
    request.body.resize(request.body.size() + 4);
    for (const Reply& reply : setting.ask_both(request)) {
        CHECK(reply.rc() == 1);
        CHECK(reply.indexes() == Indexes{1, 2, 100, 200, 300});
    }
}

TEST_CASE("17: a message that ends after its body, without credential length, is answered") {
    Setting setting;
    Bytes message = encode(resolution(kP));
    const std::size_t shorter = message.size() - 4;
    message.resize(shorter);
    Bytes length;
    ByteWriter(length).u32(static_cast<std::uint32_t>(shorter - 20));
    std::ranges::copy(length, message.begin() + 16);
    for (const Reply& reply : ask_both_raw(setting, message)) CHECK(reply.rc() == 1);
}

TEST_CASE("18: a question that wants its digest gets the SHA-256 of header and body first") {
    Setting setting;
    Request request = resolution("88.100.1/abc");
    request.flags |= handle::flag::kRequestDigest;
    const Bytes message = encode(request);
    for (const Reply& reply : ask_both_raw(setting, message)) {
        CHECK(reply.rc() == 1);
        CHECK(reply.header().has(handle::flag::kRequestDigest));
        CHECK(begins_with(reply.body(), digest_expected(message, true)));
        const auto rest = handle::decode_values(reply.body().subspan(33 + 4 + 12));
        REQUIRE(rest);
        CHECK(rest->size() == 2);
    }
}

TEST_CASE("18: an error carries the digest too") {
    Setting setting;
    Request request = resolution("88.100.1/missing");
    request.flags |= handle::flag::kRequestDigest;
    const Bytes message = encode(request);
    for (const Reply& reply : ask_both_raw(setting, message)) {
        CHECK(reply.rc() == 100);
        CHECK(begins_with(reply.body(), digest_expected(message, true)));
        CHECK(reply.body().size() == 33 + 4);
    }
}

TEST_CASE("19: a 2.3 client is answered in 2.3 with a SHA-1 digest") {
    Setting setting;
    Request request = resolution("88.100.1/abc");
    request.flags |= handle::flag::kRequestDigest;
    request.version = request.suggested = {2, 3};
    const Bytes message = encode(request);
    for (const Reply& reply : ask_both_raw(setting, message)) {
        CHECK(reply.rc() == 1);
        CHECK(reply.envelope().version == handle::Version{2, 3});
        CHECK(begins_with(reply.body(), digest_expected(message, false)));
    }
}

TEST_CASE("20: a client from the future is answered in 2.11") {
    Setting setting;
    Request request = resolution("88.100.1/abc");
    request.version = {2, 20};
    request.suggested = {3, 0};
    for (const Reply& reply : setting.ask_both(request)) {
        CHECK(reply.rc() == 1);
        CHECK(reply.envelope().version == handle::Version{2, 11});
        CHECK(reply.envelope().suggested == handle::Version{2, 11});
    }
}

TEST_CASE("21: a client that suggests no version is answered in the one it writes") {
    Setting setting;
    Request request = resolution("88.100.1/abc");
    request.version = {2, 5};
    request.suggested = {0, 0};
    for (const Reply& reply : setting.ask_both(request)) {
        CHECK(reply.rc() == 1);
        CHECK(reply.envelope().version == handle::Version{2, 5});
    }
}

TEST_CASE("24: get-site-info answers with the site record and nothing else") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(about(OpCode::kGetSiteInfo, "/"))) {
        CHECK(reply.rc() == 1);
        const auto site = handle::decode_site(reply.body());
        REQUIRE(site);
        CHECK(same_octets(handle::encode_site(*site), reply.body()));
        CHECK(site->primary);
        CHECK(site->serial == reply.header().site_serial);
        REQUIRE(site->servers.size() == 1);
        const auto& server = site->servers.front();
        CHECK(handle::format_site_address(server.address) == "127.0.0.1");
        const auto port_of = [&](handle::Transport transport) {
            const auto at =
                std::ranges::find(server.interfaces, transport, &handle::Interface::transport);
            return at == server.interfaces.end() ? 0U : at->port;
        };
        CHECK(port_of(handle::Transport::kUdp) == setting.daemon().udp_port());
        CHECK(port_of(handle::Transport::kTcp) == setting.daemon().tcp_port());
    }
}

TEST_CASE("25: operation 0 is a protocol error") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(about(OpCode::kReserved, "/")))
        CHECK(reply.rc() == 4);
}

TEST_CASE("26: operations that this server does not know are errors") {
    Setting setting;
    for (const std::uint32_t op : {106U, 9999U, 2001U}) {
        for (const Reply& reply : setting.ask_both(about(static_cast<OpCode>(op), "/"))) {
            CHECK(reply.rc() == 2);
            CHECK(reply.header().op == static_cast<OpCode>(op));
        }
    }
}

TEST_CASE("27: a creation over UDP, which is for queries, is a protocol error") {
    Setting setting;
    Request request = about(OpCode::kCreateHandle, "88.100.1/new");
    ByteWriter(request.body).u32(0);
    CHECK(setting.udp().ask(request).rc() == 4);
}

TEST_CASE("28: lists over UDP are protocol errors") {
    Setting setting;
    CHECK(setting.udp().ask(about(OpCode::kListHandles, kP)).rc() == 4);
    CHECK(setting.udp().ask(about(OpCode::kListHomedPrefixes, "/")).rc() == 4);
}

TEST_CASE("76: a session id that nobody was given is refused in every operation") {
    Setting setting;
    for (Request request : {resolution(kP), about(OpCode::kGetSiteInfo, "/"),
                            about(OpCode::kChallengeResponse, "/")}) {
        request.session_id = 77'777;
        for (const Reply& reply : setting.ask_both(request)) {
            CHECK(reply.rc() == 500);
            CHECK(reply.envelope().session_id == 77'777);
        }
    }
}

TEST_CASE("76: nor does it help an operation that changes something or opens a session") {
    Setting setting;
    TcpClient client = setting.tcp();
    for (const std::uint32_t op : {100U, 101U, 102U, 103U, 104U, 105U, 201U, 300U, 301U, 302U, 400U,
                                   401U, 402U, 1000U, 1001U, 1002U, 1003U}) {
        CAPTURE(op);
        Request request = about(static_cast<OpCode>(op), "88.100.1/abc");
        request.session_id = 77'777;
        CHECK(client.ask(request).rc() == 500);
    }
    CHECK(client.ask(resolution("88.100.1/abc")).rc() == 1);
}

TEST_CASE("a suffix is found in any case and echoed in the client's") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(resolution("88.100.1/ABC"))) {
        CHECK(reply.rc() == 1);
        CHECK(reply.handle() == "88.100.1/ABC");
    }
}

TEST_CASE("a record with a secret beside public values shows the public ones") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(resolution("88.100.1/mixed"))) {
        CHECK(reply.rc() == 1);
        CHECK(reply.indexes() == Indexes{1});
    }
    Request open = resolution("88.100.1/mixed");
    open.flags = 0x18000000;
    for (const Reply& reply : setting.ask_both(open)) CHECK(reply.rc() == 402);
}

}  // namespace idnode::testing
