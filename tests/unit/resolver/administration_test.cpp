#include "tests/unit/resolver/administered_node.h"

using namespace idnode;
using namespace idnode::test;
using handle::OpCode;
using handle::ResponseCode;
using resolver::Carrier;
using resolver::Effort;

TEST_CASE("32: a new handle is challenged, and the right answer creates it") {
    AdministeredNode node;
    const Bytes create =
        message(OpCode::kCreateHandle, values_body("88.100.1/New", {text_value(1, "URL", "x")}));
    const Answer challenged = node.send(create);
    CHECK(challenged.code() == ResponseCode::kAuthenticationNeeded);
    CHECK(challenged.view.header.op == OpCode::kCreateHandle);
    const Answer created = node.send(node.answer(challenged, kSecret));
    CHECK(created.code() == ResponseCode::kSuccess);
    CHECK(created.view.header.op == OpCode::kCreateHandle);
    CHECK(created.view.envelope.request_id == 78);
    const auto name = handle::decode_create_response(created.view.body);
    REQUIRE(name);
    CHECK(name->value() == "88.100.1/New");
    CHECK(node.resolved("88.100.1/new") == ResponseCode::kSuccess);

    const auto log = node.store->read_log(0, 0, 100);
    REQUIRE(log);
    CHECK(log->back().who == "301:0.NA/88.100.1");
    CHECK(log->back().handle == "88.100.1/New");
}

TEST_CASE("55: every form of secret-key answer is accepted") {
    AdministeredNode node;
    int number = 0;
    for (const auto algorithm :
         {crypto::SecretAlgorithm::kSha1, crypto::SecretAlgorithm::kSha256,
          crypto::SecretAlgorithm::kHmacSha1, crypto::SecretAlgorithm::kHmacSha256,
          crypto::SecretAlgorithm::kPbkdf2HmacSha1}) {
        const std::string name = "88.100.1/form-" + std::to_string(number++);
        const Answer challenged = node.send(message(OpCode::kCreateHandle, values_body(name, {})));
        const Answer created =
            node.send(node.answer(challenged, kSecret, "0.NA/88.100.1", 301, algorithm));
        CHECK(created.code() == ResponseCode::kSuccess);
    }
}

TEST_CASE("a public key's answer authenticates as well, also with index 0") {
    AdministeredNode node;
    const auto signer = crypto::make_signer(test_key());
    REQUIRE(signer);
    for (const std::uint32_t index : {300U, 0U}) {
        const std::string name = "88.100.1/signed-" + std::to_string(index);
        const Answer challenged = node.send(message(OpCode::kCreateHandle, values_body(name, {})));
        const auto challenge =
            handle::decode_challenge(challenged.view.body, challenged.view.envelope.version);
        REQUIRE(challenge);
        const auto proof =
            crypto::answer_with_key(**signer, {challenge->nonce, challenge->digest.octets},
                                    challenged.view.envelope.version);
        REQUIRE(proof);
        CHECK(node.send(AdministeredNode::answer_with(challenged, *proof, "0.NA/88.100.1", index,
                                                      "HS_PUBKEY"))
                  .code() == ResponseCode::kSuccess);
    }
}

TEST_CASE("56 to 61: what a wrong answer gets, in the order authorisation before identity") {
    AdministeredNode node;
    const auto outcome = [&](std::string_view secret, std::string_view user, std::uint32_t index,
                             std::string_view type = "HS_SECKEY") {
        const Answer challenged =
            node.send(message(OpCode::kCreateHandle, values_body("88.100.1/w", {})));
        return node
            .send(node.answer(challenged, secret, user, index, crypto::SecretAlgorithm::kSha256,
                              type))
            .code();
    };
    CHECK(outcome("wrong", "0.NA/88.100.1", 301) == ResponseCode::kAuthenticationFailed);
    CHECK(outcome("wrong", "0.NA/88.100.1", 302) == ResponseCode::kInvalidAdmin);
    CHECK(outcome("other", "0.NA/88.100.1", 302) == ResponseCode::kInvalidAdmin);
    CHECK(outcome(kSecret, "0.NA/88.100.1", 301, "FOO") == ResponseCode::kInvalidCredential);
    CHECK(outcome(kSecret, "0.NA/88.100.1", 301, "hs_seckey") == ResponseCode::kInvalidCredential);
    CHECK(outcome(kSecret, "0.NA/88.100.1", 300) == ResponseCode::kAuthenticationFailed);
    CHECK(outcome(kSecret, "88.100.1/Ops", 301) == ResponseCode::kInvalidAdmin);
    CHECK(node.resolved("88.100.1/w") == ResponseCode::kHandleNotFound);
    CHECK(outcome(kSecret, "0.na/88.100.1", 301) == ResponseCode::kSuccess);
}

TEST_CASE("H14: the same answer again gets the stored response, another one is refused") {
    AdministeredNode node;
    const Answer challenged = node.send(
        message(OpCode::kCreateHandle, values_body("88.100.1/once", {text_value(1, "URL", "x")})));
    const Bytes answer = node.answer(challenged, kSecret);
    const Answer first = node.send(answer);
    const Answer again = node.send(answer);
    CHECK(first.code() == ResponseCode::kSuccess);
    CHECK(first.octets == again.octets);
    const Bytes other =
        node.answer(challenged, kSecret, "0.NA/88.100.1", 301, crypto::SecretAlgorithm::kSha256);
    CHECK(node.send(other).code() == ResponseCode::kAuthenticationTimeout);
    node.clock.time += 61'000;
    CHECK(node.send(answer).code() == ResponseCode::kSessionTimeout);
}

TEST_CASE(
    "30, 31, 33 to 36, 39: what is decided about a creation before anybody is asked who they are") {
    AdministeredNode node;
    node.put("88.100.1/old", {text_value(1, "URL", "x")});
    const auto create = [&](std::string_view name, std::vector<handle::Value> values,
                            std::uint32_t flags = kPlain) {
        return node.send(message(OpCode::kCreateHandle, values_body(name, values), flags)).code();
    };
    CHECK(create("88.100.1/old", {}) == ResponseCode::kHandleAlreadyExists);
    CHECK(create("88.100.1/old", {}, kPlain | handle::flag::kOverwrite) ==
          ResponseCode::kAuthenticationNeeded);
    CHECK(create("88.100.1/n", {text_value(0, "URL", "x")}) == ResponseCode::kInvalidValue);
    CHECK(create("88.100.1/n", {text_value(-1, "URL", "x")}) == ResponseCode::kInvalidValue);
    CHECK(create("88.100.1/n", {text_value(1, "URL", "x"), text_value(1, "URL", "y")}) ==
          ResponseCode::kValueAlreadyExists);
    CHECK(create("88.100.1/\xFF\xFE", {}) == ResponseCode::kInvalidHandle);
    CHECK(create("88.100.1/a\nb", {}) == ResponseCode::kInvalidHandle);
    CHECK(create("88.100.1/" + std::string(2048, 'x'), {}) == ResponseCode::kInvalidHandle);
    CHECK(create("99.9/x", {}) == ResponseCode::kServerNotResponsible);

    CHECK(
        node.administer(message(OpCode::kCreateHandle, values_body("88.100.1/none", {}))).code() ==
        ResponseCode::kSuccess);
    CHECK(node.resolved("88.100.1/none") == ResponseCode::kValuesNotFound);
}

TEST_CASE("37: a minted suffix is a random UUID behind what was asked for") {
    AdministeredNode node;
    const Answer created = node.administer(message(
        OpCode::kCreateHandle, values_body("88.100.1/x-", {}), kPlain | handle::flag::kMintSuffix));
    REQUIRE(created.code() == ResponseCode::kSuccess);
    CHECK(created.view.header.has(handle::flag::kMintSuffix));
    const auto name = handle::decode_create_response(created.view.body);
    REQUIRE(name);
    CHECK(name->value().size() == std::string_view("88.100.1/x-").size() + 36);
    CHECK(name->value().starts_with("88.100.1/x-"));
    CHECK(node.resolved(name->value()) == ResponseCode::kValuesNotFound);
}

TEST_CASE("38: the overwrite flag in the response says whether something was replaced") {
    AdministeredNode node;
    const Bytes create =
        message(OpCode::kCreateHandle,
                values_body("88.100.1/o", {admin_value(100, 0x0FFF, "0.NA/88.100.1", 301)}),
                kPlain | handle::flag::kOverwrite);
    CHECK_FALSE(node.administer(create).view.header.has(handle::flag::kOverwrite));
    CHECK(node.administer(create).view.header.has(handle::flag::kOverwrite));
}

TEST_CASE("40 to 48: adding, modifying, removing and deleting follow their own order") {
    AdministeredNode node;
    const handle::Value admin = admin_value(100, 0x0FFF, "0.NA/88.100.1", 301);
    node.put("88.100.1/v", {text_value(1, "URL", "x"), text_value(2, "URL", "fixed", 0x0A),
                            text_value(3, "URL", "open", 0x0F), admin});
    const auto add = [](std::string_view name, std::vector<handle::Value> values,
                        std::uint32_t flags = kPlain) {
        return message(OpCode::kAddValue, values_body(name, values), flags);
    };
    const auto modify = [](std::string_view name, std::vector<handle::Value> values) {
        return message(OpCode::kModifyValue, values_body(name, values));
    };
    const auto remove = [](std::string_view name, std::vector<std::int32_t> indexes) {
        return message(OpCode::kRemoveValue, indexes_body(name, std::move(indexes)));
    };

    CHECK(node.send(add("88.100.1/v", {})).code() == ResponseCode::kInvalidValue);
    CHECK(node.administer(add("88.100.1/v", {text_value(1, "URL", "y")})).code() ==
          ResponseCode::kValueAlreadyExists);
    const Answer replaced = node.administer(
        add("88.100.1/v", {text_value(1, "URL", "y")}, kPlain | handle::flag::kOverwrite));
    CHECK(replaced.code() == ResponseCode::kSuccess);
    CHECK(replaced.view.header.has(handle::flag::kOverwrite));
    CHECK(node.administer(add("88.100.1/none", {text_value(1, "URL", "y")})).code() ==
          ResponseCode::kHandleNotFound);

    CHECK(node.send(modify("88.100.1/none", {text_value(1, "URL", "y")})).code() ==
          ResponseCode::kHandleNotFound);
    CHECK(node.send(modify("88.100.1/v", {text_value(9, "URL", "y")})).code() ==
          ResponseCode::kValuesNotFound);
    CHECK(node.send(modify("88.100.1/v", {text_value(2, "URL", "y")})).code() ==
          ResponseCode::kInsufficientPermissions);
    CHECK(node.send(modify("88.100.1/v", {text_value(3, "URL", "anyone", 0x0F)})).code() ==
          ResponseCode::kSuccess);
    CHECK(node.send(modify("88.100.1/v", {text_value(3, "HS_ADMIN", "anyone")})).code() ==
          ResponseCode::kAuthenticationNeeded);

    CHECK(node.administer(remove("88.100.1/v", {9})).code() == ResponseCode::kValuesNotFound);
    CHECK(node.administer(remove("88.100.1/v", {2, 2})).code() == ResponseCode::kSuccess);
    const Answer left = node.send(EngineFixture::request("88.100.1/v"));
    REQUIRE(left.values().size() == 3);
    CHECK(as_text(left.values()[0].data) == "y");
    CHECK(as_text(left.values()[1].data) == "anyone");

    CHECK(node.administer(message(OpCode::kDeleteHandle, handle_body("88.100.1/none"))).code() ==
          ResponseCode::kHandleNotFound);
    CHECK(node.send(message(OpCode::kDeleteHandle, handle_body("99.9/x"))).code() ==
          ResponseCode::kAuthenticationNeeded);
    CHECK(node.administer(message(OpCode::kDeleteHandle, handle_body("88.100.1/v"))).code() ==
          ResponseCode::kSuccess);
    CHECK(node.resolved("88.100.1/v") == ResponseCode::kHandleNotFound);
}

TEST_CASE("50 to 54: homing and lists are for server administrators and list administrators") {
    AdministeredNode node;
    const auto as_server = [&](const Bytes& octets) {
        const Answer challenged = node.send(octets);
        REQUIRE(challenged.code() == ResponseCode::kAuthenticationNeeded);
        return node.send(node.answer(challenged, kSecret, "0.NA/88.100", 300));
    };
    CHECK(node.send(message(OpCode::kHomePrefix, handle_body("88.9/x"))).code() ==
          ResponseCode::kInvalidHandle);
    CHECK(node.administer(message(OpCode::kHomePrefix, handle_body("88.9"))).code() ==
          ResponseCode::kInvalidAdmin);
    for (int i = 0; i < 2; ++i) {
        CHECK(as_server(message(OpCode::kHomePrefix, handle_body("88.9"))).code() ==
              ResponseCode::kSuccess);
    }
    CHECK(as_server(message(OpCode::kUnhomePrefix, handle_body("0.NA/88.77"))).code() ==
          ResponseCode::kSuccess);
    const Answer prefixes = as_server(message(OpCode::kListHomedPrefixes, handle_body("/")));
    const auto names = handle::decode_list_response(prefixes.view.body);
    REQUIRE(names);
    CHECK(*names ==
          std::vector<std::string_view>{"0.NA/0.NA/88.100", "0.NA/88.100.1", "0.NA/88.9"});

    CHECK(node.send(message(OpCode::kListHandles, handle_body("0.NA/88.300"))).code() ==
          ResponseCode::kServerNotResponsible);
    for (int i = 0; i < 60; ++i) node.put("88.100.1/Item-" + std::to_string(100 + i), {});
    const Answer challenged =
        node.send(message(OpCode::kListHandles, handle_body("0.NA/88.100.1")));
    Bytes out;
    REQUIRE(node.give(node.answer(challenged, kSecret), out, Effort::kPool) ==
            resolver::Outcome::kReply);
    const auto first = handle::decode_envelope(out);
    REQUIRE(first);
    const std::size_t first_bytes = limits::kEnvelopeBytes + first->message_length;
    const Answer one = EngineFixture::parse(
        Bytes(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(first_bytes)));
    const Answer two = EngineFixture::parse(
        Bytes(out.begin() + static_cast<std::ptrdiff_t>(first_bytes), out.end()));
    CHECK(one.view.header.flags == 0x9D000000);
    CHECK(two.view.header.flags == 0x99000000);
    CHECK(one.view.envelope.request_id == two.view.envelope.request_id);
    CHECK(handle::decode_list_response(one.view.body)->size() == 50);
    CHECK(handle::decode_list_response(two.view.body)->size() == 10);
    CHECK(handle::decode_list_response(one.view.body)->front() == "88.100.1/ITEM-100");
}

TEST_CASE("62: an answer to an unknown challenge is refused") {
    AdministeredNode node;
    Bytes body;
    ByteWriter writer(body);
    handle::encode_challenge_answer({"HS_SECKEY", "0.NA/88.100.1", 301, {}}, writer);
    CHECK(node.send(message(OpCode::kChallengeResponse, body, kPlain, 5, 4711)).code() ==
          ResponseCode::kSessionTimeout);
    CHECK(node.send(message(OpCode::kChallengeResponse, body)).code() ==
          ResponseCode::kAuthenticationTimeout);
}

TEST_CASE("63, 65: another server may ask whether an answer is right") {
    AdministeredNode node;
    const Bytes nonce(16, std::byte{1});
    const Bytes digest(32, std::byte{2});
    const auto verify = [&](std::string_view user, std::string_view secret) {
        const auto proof =
            crypto::answer_with_secret(as_bytes_view(secret), {nonce, digest},
                                       crypto::SecretAlgorithm::kSha256, *node.entropy);
        Bytes body;
        ByteWriter writer(body);
        handle::encode_verify_request({user, 301, nonce, digest, false, *proof}, writer);
        return node.send(message(OpCode::kVerifyResponse, body));
    };
    const auto is_valid = [](const Answer& answer) {
        return answer.code() == ResponseCode::kSuccess &&
               handle::decode_flag_response(answer.view.body).value_or(false);
    };
    CHECK(is_valid(verify("0.NA/88.100.1", kSecret)));
    CHECK_FALSE(is_valid(verify("0.NA/88.100.1", "wrong")));
    CHECK(verify("0.NA/88.100.99", kSecret).code() == ResponseCode::kSuccess);
    CHECK_FALSE(is_valid(verify("0.NA/88.100.99", kSecret)));
    CHECK(verify("99.9/x", kSecret).code() == ResponseCode::kServerNotResponsible);
}

TEST_CASE("a restricted value is given to who may read it, without those that nobody may read") {
    AdministeredNode node;
    const Bytes everything = EngineFixture::request("0.NA/88.100.1", 0x18000000);
    const Answer answer = node.send(node.answer(node.send(everything), kSecret));
    CHECK(answer.code() == ResponseCode::kSuccess);
    CHECK(answer.view.header.op == OpCode::kResolution);
    CHECK(answer.values().size() == 5);
    CHECK(node.send(node.answer(node.send(everything), "other", "0.NA/88.100.1", 302)).code() ==
          ResponseCode::kInvalidAdmin);
}

TEST_CASE("77: the status of the server is for its administrators") {
    AdministeredNode node;
    CHECK(node.send(EngineFixture::request("0.SITE/status")).code() ==
          ResponseCode::kValuesNotFound);
    const Answer challenged = node.send(EngineFixture::request("0.site/STATUS", 0x18000000));
    CHECK(challenged.code() == ResponseCode::kAuthenticationNeeded);
    CHECK(node.send(node.answer(challenged, kSecret)).code() == ResponseCode::kInvalidAdmin);
    const Answer again = node.send(EngineFixture::request("0.site/STATUS", 0x18000000));
    const Answer status = node.send(node.answer(again, kSecret, "0.NA/88.100", 300));
    CHECK(status.code() == ResponseCode::kSuccess);
    CHECK(status.values().size() == 1);
}

TEST_CASE("H27: a group that contains itself, and a chain of groups, end") {
    AdministeredNode node;
    node.put("88.100.1/g", {admin_value(100, 0x0FFF, "88.100.1/g", 200),
                            group_value(200, {{"88.100.1/g", 200}, {"88.100.1/g", 201}}),
                            group_value(201, {{"88.100.1/g", 200}, {"0.NA/88.100.1", 301}})});
    CHECK(node.administer(message(OpCode::kDeleteHandle, handle_body("88.100.1/g"))).code() ==
          ResponseCode::kSuccess);
    node.put("88.100.1/h", {admin_value(100, 0x0FFF, "88.100.1/h", 200),
                            group_value(200, {{"88.100.1/h", 200}})});
    CHECK(node.administer(message(OpCode::kDeleteHandle, handle_body("88.100.1/h"))).code() ==
          ResponseCode::kInvalidAdmin);
}
