// Administration of a real node over the network with the keys that `idnode init` made.

#include <catch2/catch.hpp>
#include <csignal>

#include "resolver/crypto/key_file.h"
#include "resolver/crypto/keys.h"
#include "tests/server/administrator.h"

using namespace idnode;
using namespace idnode::testing;
using handle::OpCode;

TEST_CASE("the administrator's secret creates a handle, which then resolves over both transports") {
    Setting setting;
    TcpClient client = setting.tcp();
    const Reply challenged = client.ask(creation("88.100.1/By-Secret"));
    REQUIRE(challenged.rc() == 402);
    const Reply created = client.ask(answer(challenged, administrator(setting.node())));
    CHECK(created.rc() == 1);
    CHECK(created.header().op == OpCode::kCreateHandle);
    for (const Reply& reply : setting.ask_both(resolution("88.100.1/by-secret"))) {
        REQUIRE(reply.rc() == 1);
        CHECK(as_text(reply.values().at(0).data) == "https://created.example");
    }
}

TEST_CASE("the administrator's private key administers as the secret does") {
    Setting setting;
    const auto key = crypto::read_key_file(setting.node().root() / "keys" / "admin.key");
    REQUIRE(key);
    const auto signer = crypto::make_signer(*key);
    REQUIRE(signer);
    const auto administer = [&](const Request& request) {
        const Reply challenged = setting.tcp().ask(request);
        REQUIRE(challenged.rc() == 402);
        const auto proof = crypto::answer_with_key(**signer, Challenged(challenged).view(),
                                                   challenged.envelope().version);
        REQUIRE(proof);
        // The answer may come on another connection: reference clients open one for each request.
        return setting.tcp().ask(
            answer_with(challenged, handle::kPublicKeyAuthentication, {.index = 300}, *proof));
    };
    CHECK(administer(creation("88.100.1/by-key")).rc() == 1);
    CHECK(administer(about(OpCode::kDeleteHandle, "88.100.1/by-key")).rc() == 1);
    CHECK(setting.tcp().ask(resolution("88.100.1/by-key")).rc() == 100);
    CHECK(administer(about(OpCode::kHomePrefix, "88.200")).rc() == 1);
    CHECK(setting.tcp().ask(resolution("88.200/x")).rc() == 100);
}

TEST_CASE("what was created is there after the node was killed and started again") {
    Setting setting;
    const Reply challenged = setting.tcp().ask(creation("88.100.1/kept"));
    REQUIRE(setting.tcp().ask(answer(challenged, administrator(setting.node()))).rc() == 1);
    setting.daemon().process().send_signal(SIGKILL);
    REQUIRE(setting.daemon().process().wait());
    Daemon again(setting.node());
    CHECK(TcpClient(again.tcp_port()).ask(resolution("88.100.1/kept")).rc() == 1);
}
