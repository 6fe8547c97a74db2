// Checks 66 to 76 of §10.1 and H19 to H24 of §10.2: sessions by Diffie-Hellman (§5.6 to §5.8).
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

#include "resolver/crypto/digests.h"
#include "resolver/crypto/key_agreement.h"
#include "tests/server/session_client.h"

namespace idnode::testing {
namespace {

using handle::OpCode;
namespace flag = handle::flag;

Request certified(Request request) {
    request.flags |= flag::kCertify;
    return request;
}

handle::DhPublicKey own_half() {
    const auto entropy = crypto::make_entropy();
    return *crypto::public_half(oakley_group(), crypto::new_exponent(*entropy));
}

/// The code for a setup with this public key.
std::uint32_t rc_of_setup(const Setting& setting, const handle::DhPublicKey& key) {
    const Bytes encoded = handle::encode_public_key(key);
    handle::SessionSetupRequest terms;
    terms.public_key = encoded;
    return setting.tcp().ask(session_setup(terms)).rc();
}

Request restricted_value() {
    Request out = resolution(kP, {301});
    out.flags = kNotPublicOnly;
    return out;
}

bool exists(const Setting& setting, std::string_view handle) {
    return setting.tcp().ask(resolution(handle)).rc() == 1;
}

}  // namespace

TEST_CASE("66: a Diffie-Hellman setup is answered with and without its two trailing octets") {
    const Setting setting;
    const Bytes key = handle::encode_public_key(own_half());
    std::uint32_t last = 0;
    for (const bool surplus : {true, false}) {
        handle::SessionSetupRequest terms;
        terms.public_key = key;
        terms.surplus = surplus;
        const Reply reply = setting.tcp().ask(session_setup(terms));
        REQUIRE(reply.rc() == 1);
        CHECK(reply.envelope().session_id > 0);
        CHECK(reply.envelope().session_id != last);
        last = reply.envelope().session_id;
        CHECK(same_octets(reply.body().last(2), Bytes(2)));
        const auto response = session_response(reply);
        CHECK(response.surplus);
        CHECK(same_octets(response.data.first(4), as_bytes_view({"\0\0\0\3", 4})));
        const auto theirs = handle::decode_public_key(response.data.subspan(4));
        REQUIRE(theirs);
        const auto& half = std::get<handle::DhPublicKey>(*theirs);
        CHECK(half.p == oakley_group().p);
        CHECK(half.g == oakley_group().g);
    }
}

TEST_CASE("66: the answer to a setup is signed by the server's key") {
    const Setting setting;
    SessionClient(setting).open();
}

TEST_CASE("67: an unknown mode of key exchange is refused") {
    const Setting setting;
    handle::SessionSetupRequest terms;
    terms.mode = static_cast<handle::KeyExchangeMode>(9);
    CHECK(setting.tcp().ask(session_setup(terms)).rc() == 501);
}

TEST_CASE("68: the first change in a session gets a challenge with its id and a MAC") {
    const Setting setting;
    SessionClient client(setting);
    client.open();
    const Reply challenged = client.send(client.sealed(certified(creation("88.100.1/first"))));
    CHECK(challenged.rc() == 402);
    CHECK(challenged.envelope().session_id == client.session_id);
    CHECK(client.checked_counter(challenged) == 1);
    CHECK_FALSE(exists(setting, "88.100.1/first"));
}

TEST_CASE("69: after the answer changes need a MAC only, and responses count 1, 2, 3") {
    const Setting setting;
    SessionClient client(setting);
    client.open();
    const Reply challenged = client.send(client.sealed(certified(creation("88.100.1/s0"))));
    REQUIRE(challenged.rc() == 402);
    CHECK(client.checked_counter(challenged) == 1);
    const Request proof = certified(answer(challenged, administrator(setting.node())));
    const Reply first = client.send(client.sealed(proof));
    CHECK(first.rc() == 1);
    CHECK(client.checked_counter(first) == 2);
    for (std::uint32_t i = 1; i <= 3; ++i) {
        const std::string name = "88.100.1/s" + std::to_string(i);
        const Reply created = client.send(client.sealed(certified(creation(name))));
        CHECK(created.rc() == 1);
        CHECK(client.checked_counter(created) == 2 + i);
        CHECK(exists(setting, name));
    }
}

TEST_CASE("70: a wrong MAC, none, and a repeated counter are told apart and change nothing") {
    const Setting setting;
    SessionClient client(setting);
    client.authenticate();
    const Request erase = about(OpCode::kDeleteHandle, "88.100.1/abc");
    const Bytes wrong_key(32, std::byte{7});
    CHECK(client.send(sealed(erase, client.session_id, 50, wrong_key)).rc() == 502);
    Request without = erase;
    without.session_id = client.session_id;
    CHECK(setting.tcp().ask(without).rc() == 404);
    CHECK(exists(setting, "88.100.1/abc"));

    const Bytes good = client.sealed(erase);
    CHECK(client.send(good).rc() == 1);
    CHECK(client.send(good).rc() == 505);
    CHECK(ask_as_administrator(setting, creation("88.100.1/abc")).rc() == 1);
    CHECK(client.send(good).rc() == 505);
    CHECK(exists(setting, "88.100.1/abc"));
}

TEST_CASE("71: public-only questions in a session need no MAC, others do") {
    const Setting setting;
    SessionClient client(setting);
    client.authenticate();
    Request question = resolution(kP, {300});
    question.session_id = client.session_id;
    CHECK(setting.tcp().ask(question).rc() == 1);
    question.flags = kNotPublicOnly;
    CHECK(setting.tcp().ask(question).rc() == 404);
    CHECK(client.send(client.sealed(question)).rc() == 1);
}

TEST_CASE("72: a restricted value comes encrypted to whoever is authenticated in a session") {
    const Setting setting;
    SessionClient client(setting);
    client.authenticate();
    const Reply reply = client.send_for_encrypted(client.sealed(certified(restricted_value())));
    CHECK(reply.rc() == 1);
    CHECK(client.checked_counter(reply) > 0);
    REQUIRE(reply.values().size() == 1);
    CHECK(as_text(reply.values()[0].data) == "secret");
}

TEST_CASE("73: a public value comes encrypted when it is wanted so") {
    const Setting setting;
    SessionClient client(setting);
    client.authenticate();
    Request question = certified(resolution("88.100.1/abc"));
    question.flags |= flag::kEncrypt;
    const Reply reply = client.send_for_encrypted(client.sealed(question));
    CHECK(reply.values().size() == 2);
    CHECK(client.checked_counter(reply) > 0);
}

TEST_CASE("74: an encrypted request needs a session that there is") {
    const Setting setting;
    for (const auto& [session_id, rc] : {std::pair{0U, 501U}, std::pair{77'777U, 500U}}) {
        Request request = resolution(kP);
        request.session_id = session_id;
        Bytes message = encode(request);
        message[2] |= std::byte{0x40};
        TcpClient stranger = setting.tcp();
        stranger.send(message);
        CHECK(stranger.receive_reply().rc() == rc);
    }
}

TEST_CASE("74: in its session an encrypted request is carried out") {
    const Setting setting;
    SessionClient client(setting);
    client.authenticate();
    CHECK(client.send(client.encrypted(creation("88.100.1/in-secret"))).rc() == 1);
    CHECK(exists(setting, "88.100.1/in-secret"));
}

TEST_CASE("75: only a right MAC ends a session, whose id is unknown from then on") {
    const Setting setting;
    SessionClient client(setting);
    client.open();
    const Request end = certified(about(OpCode::kSessionTerminate, "/"));
    CHECK(client.send(sealed(end, client.session_id, 1, Bytes(32, std::byte{1}))).rc() == 502);
    const Reply ended = client.send(client.sealed(end));
    CHECK(ended.rc() == 1);
    check_signed_by_server(setting, ended);
    CHECK(client.send(client.sealed(end)).rc() == 500);
    CHECK(client.send(client.sealed(resolution(kP))).rc() == 500);
}

TEST_CASE("H19: an unsound group or number is refused") {
    const Setting setting;
    CHECK(rc_of_setup(setting, own_half()) == 1);
    const auto with_p = [&](std::size_t octets, std::byte last) {
        handle::DhPublicKey key = own_half();
        Bytes p(octets, std::byte{0xFF});
        p.back() = last;
        key.p = handle::Integer(p);
        return key;
    };
    CHECK(rc_of_setup(setting, with_p(8, std::byte{0xFF})) == 501);
    CHECK(rc_of_setup(setting, with_p(8'192, std::byte{0xFF})) == 501);
    CHECK(rc_of_setup(setting, with_p(128, std::byte{0xFE})) == 501);
    const handle::DhPublicKey group = oakley_group();
    const BytesView p = group.p.octets();
    Bytes before_p(p.begin(), p.end());
    before_p.back() &= std::byte{0xFE};
    for (const Bytes& y : {Bytes{}, Bytes(1, std::byte{1}), before_p, Bytes(p.begin(), p.end())}) {
        handle::DhPublicKey key = own_half();
        key.y = handle::Integer(y);
        CHECK(rc_of_setup(setting, key) == 501);
    }
    for (const Bytes& g : {Bytes{}, Bytes(1, std::byte{1}), before_p}) {
        handle::DhPublicKey key = own_half();
        key.g = handle::Integer(g);
        CHECK(rc_of_setup(setting, key) == 501);
    }
    CHECK(setting.serves());
}

TEST_CASE("H21: a flood of setups drops the oldest unauthenticated session, no authenticated one") {
    Setting setting(Settings{"limits.sessions_max=16"});
    SessionClient proven(setting);
    proven.authenticate();
    SessionClient oldest(setting);
    oldest.open();
    for (int i = 0; i < 20; ++i) REQUIRE(rc_of_setup(setting, own_half()) == 1);
    CHECK(oldest.send(oldest.sealed(creation("88.100.1/oldest"))).rc() == 500);
    CHECK(proven.send(proven.sealed(creation("88.100.1/proven"))).rc() == 1);
}

TEST_CASE("H23: counter 0 and old counters are refused, and a peer that skips is not locked out") {
    const Setting setting;
    SessionClient client(setting);
    client.authenticate();
    int number = 0;
    const auto rc_with = [&](std::uint32_t counter) {
        const std::string name = "88.100.1/counter-" + std::to_string(++number);
        return client.send(client.sealed(creation(name), counter)).rc();
    };
    CHECK(rc_with(0) == 505);
    CHECK(rc_with(0) == 505);
    CHECK(rc_with(0x7FFFFFFF) == 1);
    CHECK(rc_with(0x7FFFFFFF) == 505);
    CHECK(rc_with(10) == 1);
    CHECK(rc_with(9) == 1);
    CHECK(rc_with(10) == 505);
    CHECK(rc_with(11) == 1);
    TcpClient connection = setting.tcp();
    for (std::uint32_t counter = 1'000; counter < 1'250; ++counter) {
        connection.send(client.sealed(restricted_value(), counter));
        REQUIRE(connection.receive());
    }
    CHECK(rc_with(500) == 505);  // older than what is remembered
    CHECK(rc_with(1'250) == 1);
}

TEST_CASE("H24: what is wrong inside an encrypted message is not told apart, nor by its time") {
    const Setting setting;
    SessionClient client(setting);
    client.authenticate();
    const Request erase = about(OpCode::kDeleteHandle, "88.100.1/abc");
    const auto cut = [&](std::size_t cipher_octets) {
        Bytes out = client.encrypted(erase);
        out.resize(20 + cipher_octets);
        ByteWriter(out).patch_u32(16, static_cast<std::uint32_t>(cipher_octets));
        return out;
    };
    Bytes bad_padding = client.encrypted(erase);
    bad_padding[bad_padding.size() - 17] ^= std::byte{0x80};
    Bytes bad_mac = client.sealed(erase);
    bad_mac.back() ^= std::byte{1};
    bad_mac = client.encrypted(bad_mac);
    Bytes bad_length = client.sealed(erase);
    bad_length[20 + 20] ^= std::byte{0x40};
    bad_length = client.encrypted(bad_length);
    for (const Bytes& message :
         {cut(0), cut(15), cut(16), cut(40), bad_padding, bad_mac, bad_length}) {
        const Reply reply = client.send(message);
        CHECK(reply.rc() == 501);
        CHECK(reply.text() == client.send(bad_padding).text());
    }
    CHECK(exists(setting, "88.100.1/abc"));

    // The shortest of many: what else the machine does only ever adds to a time.
    TcpClient connection = setting.tcp();
    std::array<std::vector<std::chrono::nanoseconds>, 2> times;
    for (int i = 0; i < 200; ++i) {
        for (std::size_t kind = 0; kind < 2; ++kind) {
            const auto begin = std::chrono::steady_clock::now();
            connection.send(kind == 0 ? bad_padding : bad_mac);
            REQUIRE(connection.receive());
            times[kind].push_back(std::chrono::steady_clock::now() - begin);
        }
    }
    const auto padding = std::ranges::min(times[0]);
    const auto mac = std::ranges::min(times[1]);
    CHECK(padding < 3 * mac);
    CHECK(mac < 3 * padding);
}

}  // namespace idnode::testing
