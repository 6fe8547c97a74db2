// §5.4: the secret lies on a node that is too old for the form of an answer, so the same challenge
// is put once more.

#include "tests/unit/resolver/administered_node.h"

using namespace idnode;
using namespace idnode::test;
using crypto::SecretAlgorithm;
using handle::OpCode;
using handle::ResponseCode;
using handle::Version;

namespace {

constexpr std::string_view kBoss = "77.1/boss";

/// A node elsewhere that keeps the secret of 300:77.1/boss and speaks an old protocol.
class OldKeeper final : public resolver::RemoteIdentities {
  public:
    explicit OldKeeper(Version version) : version_(version) {}

    Result<std::vector<handle::Value>> values(std::string_view name, resolver::Deadline) override {
        return Error{Errc::kNotFound, std::string(name)};
    }
    Result<service::SecretVerdict> ask_about_secret(const handle::VerifyRequest& question,
                                                    Version version, resolver::Deadline) override {
        ++asked;
        const Version spoken = version.at_least(version_) ? version_ : version;
        const auto form = handle::decode_secret_key_answer(question.signed_response, spoken);
        const bool is_known = form && form->proof <= handle::SecretKeyProof::kSha1;
        const bool is_valid =
            is_known &&
            crypto::verify_secret_answer(as_bytes_view(kSecret), {question.nonce, question.digest},
                                         question.signed_response, spoken);
        return service::SecretVerdict{.is_valid = is_valid, .version = version_};
    }

    int asked = 0;

  private:
    const Version version_;
};

/// The administrator of 88.100.1/shared is 300:77.1/boss.
class SharedNode : public AdministeredNode {
  public:
    explicit SharedNode(Version keeper_version) : keeper(keeper_version) {
        put("88.100.1/shared", {admin_value(100, 0x0FFF, std::string(kBoss), 300)});
        context.remote = &keeper;
        own = std::make_unique<resolver::Engine>(context);
    }

    Answer tell(const Bytes& octets) {
        const auto envelope = handle::decode_envelope(octets);
        Bytes out;
        peer.carrier = resolver::Carrier::kTcp;
        REQUIRE(own->handle(*envelope, BytesView(octets).subspan(limits::kEnvelopeBytes), peer,
                            resolver::Effort::kPool, out, question) == resolver::Outcome::kReply);
        return parse(std::move(out));
    }
    Answer ask_to_delete() {
        return tell(message(OpCode::kDeleteHandle, handle_body("88.100.1/shared")));
    }
    Bytes answer_of(const Answer& challenged, std::string_view secret, SecretAlgorithm algorithm,
                    std::uint32_t request_id) {
        Bytes out = answer(challenged, secret, kBoss, 300, algorithm);
        ByteWriter(out).patch_u32(8, request_id);
        return out;
    }

    OldKeeper keeper;
    std::unique_ptr<resolver::Engine> own;  // with the node elsewhere
};

handle::Challenge challenge_in(const Answer& challenged) {
    const auto out =
        handle::decode_challenge(challenged.view.body, challenged.view.envelope.version);
    REQUIRE(out);
    return *out;
}

}  // namespace

TEST_CASE("55: a node too old for an answer has the same challenge put again, with its version") {
    SharedNode node({2, 6});
    const Answer first = node.ask_to_delete();
    REQUIRE(first.code() == ResponseCode::kAuthenticationNeeded);
    CHECK(first.view.envelope.suggested == handle::kOwnVersion);

    const Bytes new_form = node.answer_of(first, kSecret, SecretAlgorithm::kPbkdf2HmacSha1, 78);
    const Answer second = node.tell(new_form);
    REQUIRE(second.code() == ResponseCode::kAuthenticationNeeded);
    CHECK(second.view.header.op == OpCode::kDeleteHandle);
    CHECK(second.view.envelope.request_id == 78);
    CHECK(second.view.envelope.session_id == first.view.envelope.session_id);
    CHECK(second.view.envelope.version == first.view.envelope.version);
    CHECK(second.view.envelope.suggested == Version{2, 6});
    CHECK(same_octets(second.view.body, first.view.body));  // nonce and digest
    CHECK(node.audit.events.empty());

    const Bytes old_form = node.answer_of(second, kSecret, SecretAlgorithm::kSha1, 79);
    const Answer done = node.tell(old_form);
    CHECK(done.code() == ResponseCode::kSuccess);
    CHECK(done.view.envelope.request_id == 79);
    CHECK(node.resolved("88.100.1/shared") == ResponseCode::kHandleNotFound);

    // Each answer again gets its own response again, and nobody is asked for that.
    CHECK(node.tell(new_form).octets == second.octets);
    CHECK(node.tell(old_form).octets == done.octets);
    CHECK(node.keeper.asked == 2);
}

TEST_CASE("55: a node older than 2.1 is suggested its version, and gets a bare MD5") {
    SharedNode node({2, 0});
    const Answer first = node.ask_to_delete();
    const Answer second =
        node.tell(node.answer_of(first, kSecret, SecretAlgorithm::kHmacSha256, 78));
    REQUIRE(second.code() == ResponseCode::kAuthenticationNeeded);
    CHECK(second.view.envelope.suggested == Version{2, 0});
    const handle::Challenge challenge = challenge_in(second);
    const auto bare = crypto::answer_with_secret(as_bytes_view(kSecret),
                                                 {challenge.nonce, challenge.digest.octets},
                                                 second.view.envelope.suggested, *node.entropy);
    REQUIRE(bare);
    CHECK(bare->size() == 16);
    // Also under the request id of the first answer: their octets differ.
    CHECK(node.tell(AdministeredNode::answer_with(second, *bare, kBoss, 300, "HS_SECKEY")).code() ==
          ResponseCode::kSuccess);
}

TEST_CASE("56: a second round that fails is the last, and is audited") {
    SharedNode node({2, 6});
    const Answer first = node.ask_to_delete();
    const Answer second =
        node.tell(node.answer_of(first, "a guess", SecretAlgorithm::kPbkdf2HmacSha1, 78));
    REQUIRE(second.code() == ResponseCode::kAuthenticationNeeded);
    SECTION("whatever form the answer has") {
        const auto form = GENERATE(SecretAlgorithm::kSha1, SecretAlgorithm::kPbkdf2HmacSha1);
        CHECK(node.tell(node.answer_of(second, "a guess", form, 79)).code() ==
              ResponseCode::kAuthenticationFailed);
        REQUIRE(node.audit.events.size() == 1);
        CHECK(node.audit.events.front().who == "300:77.1/boss");
        CHECK(node.tell(node.answer_of(second, kSecret, SecretAlgorithm::kSha1, 80)).code() ==
              ResponseCode::kAuthenticationTimeout);
    }
    CHECK(node.keeper.asked <= 2);
    CHECK(node.resolved("88.100.1/shared") != ResponseCode::kHandleNotFound);
}

TEST_CASE("56: nobody is asked again where an older form would not help") {
    SECTION("the node is new enough") {
        SharedNode node({2, 7});
        CHECK(node.tell(node.answer_of(node.ask_to_delete(), "a guess",
                                       SecretAlgorithm::kPbkdf2HmacSha1, 78))
                  .code() == ResponseCode::kAuthenticationFailed);
    }
    SECTION("the answer was of an old form already") {
        SharedNode node({2, 6});
        const auto form = GENERATE(SecretAlgorithm::kMd5, SecretAlgorithm::kSha1);
        CHECK(node.tell(node.answer_of(node.ask_to_delete(), "a guess", form, 78)).code() ==
              ResponseCode::kAuthenticationFailed);
    }
}
