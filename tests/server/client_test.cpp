// The client library (resolver/client) against a real node.
#include "resolver/client/client.h"

#include <catch2/catch.hpp>

#include "proto/handle/admin.h"
#include "proto/handle/header.h"
#include "proto/handle/resolution.h"
#include "resolver/crypto/key_file.h"
#include "tests/server/setting.h"

namespace idnode::testing {
namespace {

using client::Authenticator;
using client::Channel;
using client::ChannelOptions;
using client::Client;
using handle::ResponseCode;

constexpr std::string_view kAdmin = "0.NA/88.100";

Authenticator by_secret(const NodeFolder& node) {
    return Authenticator::with_secret({std::string(kAdmin), 301},
                                      to_bytes(read_file(node.root() / "keys" / "admin.secret")));
}

Authenticator by_key(const NodeFolder& node) {
    const auto key = crypto::read_key_file(node.root() / "keys" / "admin.key");
    REQUIRE(key);
    auto out = Authenticator::with_key({std::string(kAdmin), 300}, *key);
    REQUIRE(out);
    return std::move(*out);
}

Client client_of(Setting& setting, const ChannelOptions& options = {}) {
    return Client(Channel({.port = setting.daemon().tcp_port()}, options));
}

std::vector<handle::Value> url(std::string_view text, std::int32_t index = 1) {
    return {{.index = index, .type = "URL", .data = to_bytes(text)}};
}

std::string text_of(const client::CallResult<std::vector<handle::Value>>& values, std::size_t at) {
    REQUIRE(values);
    REQUIRE(values->size() > at);
    return std::string(as_text((*values)[at].data));
}

template <class T>
ResponseCode code_of(const client::CallResult<T>& result) {
    return result ? ResponseCode::kSuccess : result.error().response;
}

bool said(const client::CallResult<bool>& result, bool wanted) {
    return result.has_value() && *result == wanted;
}

}  // namespace

TEST_CASE("a client creates, changes and deletes with a secret or a key, in a session or without") {
    Setting setting;
    const bool use_session = GENERATE(true, false);
    const bool use_secret = GENERATE(true, false);
    Client client = client_of(setting, {.use_session = use_session});
    client.channel().authenticate_as(use_secret ? by_secret(setting.node())
                                                : by_key(setting.node()));
    const std::string id = "88.100.1/Life";
    const auto created = client.create(id, url("https://one.example"));
    REQUIRE(created);
    CHECK(created->handle == id);
    CHECK_FALSE(created->replaced);
    CHECK(code_of(client.create(id, url("https://two.example"))) ==
          ResponseCode::kHandleAlreadyExists);
    const auto replaced = client.create(id, url("https://two.example"), {.overwrite = true});
    REQUIRE(replaced);
    CHECK(replaced->replaced);
    CHECK(said(client.add(id, url("https://three.example", 2)), false));
    CHECK(code_of(client.add(id, url("https://four.example", 2))) ==
          ResponseCode::kValueAlreadyExists);
    CHECK(said(client.add(id, url("https://four.example", 2), true), true));
    REQUIRE(client.modify(id, url("https://five.example")));
    const auto values = client.resolve({.handle = id});
    CHECK(text_of(values, 0) == "https://five.example");
    CHECK(text_of(values, 1) == "https://four.example");
    REQUIRE(client.remove(id, std::vector<std::int32_t>{2}));
    CHECK(code_of(client.remove(id, std::vector<std::int32_t>{2})) ==
          ResponseCode::kValuesNotFound);
    REQUIRE(client.erase(id));
    CHECK(code_of(client.resolve({.handle = id})) == ResponseCode::kHandleNotFound);
    client.close();
}

TEST_CASE("a minted handle is told by its whole name") {
    Setting setting;
    Client client = client_of(setting);
    client.channel().authenticate_as(by_secret(setting.node()));
    const auto created = client.create("88.100.1/m-", url("https://m.example"), {.mint = true});
    REQUIRE(created);
    CHECK(created->handle.starts_with("88.100.1/m-"));
    CHECK(created->handle.size() > 40);
    CHECK(client.resolve({.handle = created->handle}));
}

TEST_CASE("72, 73: restricted and wanted-encrypted values arrive encrypted and are read") {
    Setting setting;
    Client client = client_of(setting, {.encrypt = GENERATE(false, true)});
    client.channel().authenticate_as(by_secret(setting.node()));
    const handle::Value restricted{
        .index = 1, .permissions = 0x0C, .type = "DESC", .data = to_bytes("for few")};
    const handle::Value owner{
        .index = 100,
        .type = "HS_ADMIN",
        .data = handle::encode_admin({.administrator = {std::string(kAdmin), 301}})};
    REQUIRE(client.create("88.100.1/few", std::vector{restricted, owner}));
    const auto values =
        client.resolve({.handle = "88.100.1/few", .indexes = {1}, .public_only = false});
    CHECK(text_of(values, 0) == "for few");
    client::Request request = {};
    ByteWriter body(request.body);
    handle::encode_resolution_request("88.100.1/abc", {}, {}, body);
    request.flags |= handle::flag::kEncrypt;
    const auto response = client.channel().call(request);
    REQUIRE(response);
    CHECK(response->is_success());
    CHECK(response->is_signed);
    CHECK(response->envelope.encrypted);
}

TEST_CASE("a client without credentials is told that it must say who it is") {
    Setting setting;
    Client client = client_of(setting);
    const auto created = client.create("88.100.1/nobody", url("https://x.example"));
    REQUIRE_FALSE(created);
    CHECK(created.error().response == ResponseCode::kAuthenticationNeeded);
    CHECK(created.error().code == Errc::kRefused);
}

TEST_CASE("56: a wrong secret is refused in a session and without") {
    Setting setting;
    Client client = client_of(setting, {.use_session = GENERATE(true, false)});
    client.channel().authenticate_as(
        Authenticator::with_secret({std::string(kAdmin), 301}, to_bytes("guessed")));
    CHECK(code_of(client.create("88.100.1/guess", url("https://x.example"))) ==
          ResponseCode::kAuthenticationFailed);
}

TEST_CASE("53: a list of many messages arrives whole, and the connection serves on") {
    std::string records = setting_records();
    for (int i = 0; i < 120; ++i) {
        records += text_record("88.100.1/list-" + std::to_string(i), {"x"});
    }
    Setting setting(records, {});
    Client client = client_of(setting);
    client.channel().authenticate_as(by_secret(setting.node()));
    std::size_t count = 0;
    const auto listed = client.list(kP, [&](std::string_view) { ++count; });
    INFO((listed ? "" : listed.error().detail));
    REQUIRE(listed);
    CHECK(count >= 120);
    CHECK(client.resolve({.handle = "88.100.1/list-7"}));
}

TEST_CASE("a session that the server has forgotten is set up again without a word") {
    Setting setting;
    Client client = client_of(setting);
    client.channel().authenticate_as(by_secret(setting.node()));
    REQUIRE(client.create("88.100.1/before", url("https://x.example")));
    const std::uint16_t port = setting.daemon().tcp_port();
    REQUIRE(setting.daemon().stop() == 0);
    Daemon again(setting.node(), {"listen.tcp_port=" + std::to_string(port)});
    CHECK(client.create("88.100.1/after", url("https://x.example")));
}

TEST_CASE("many requests may be under way in one session") {
    Setting setting;
    Client client = client_of(setting);
    client.channel().authenticate_as(by_secret(setting.node()));
    REQUIRE(client.create("88.100.1/pipe", url("https://x.example")));
    const Bytes values = handle::encode_values(url("https://y.example"));
    for (int i = 0; i < 50; ++i) {
        REQUIRE(client.channel().send(
            client::create_request("88.100.1/pipe-" + std::to_string(i), values)));
    }
    int created = 0;
    while (client.channel().pending() > 0) {
        const auto arrived = client.channel().receive();
        REQUIRE(arrived);
        created += arrived->response.is_success() ? 1 : 0;
        CHECK(arrived->response.is_signed);
    }
    CHECK(created == 50);
}

TEST_CASE("63: operation 201 tells a right answer from a wrong one") {
    Setting setting;
    Client client = client_of(setting);
    const Bytes nonce(16, std::byte{1});
    const Bytes digest(32, std::byte{2});
    const auto owner = Authenticator::with_secret(
        {std::string(kAdmin), 301},
        to_bytes(read_file(setting.node().root() / "keys/admin.secret")));
    const auto body = owner.answer({.digest = {.octets = digest}, .nonce = nonce},
                                   {.version = {2, 11}, .suggested = {2, 11}});
    REQUIRE(body);
    const auto answer = handle::decode_challenge_answer(*body);
    REQUIRE(answer);
    handle::VerifyRequest question{.user_handle = kAdmin,
                                   .user_index = 301,
                                   .nonce = nonce,
                                   .digest = digest,
                                   .signed_response = answer->signed_response};
    CHECK(said(client.verify(question), true));
    const Bytes other(16, std::byte{3});
    question.nonce = other;
    CHECK(said(client.verify(question), false));
}

}  // namespace idnode::testing
