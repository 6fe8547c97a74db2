// What the audit learns: every proof, identity or session that is not accepted, and every change.

#include "tests/unit/resolver/administered_node.h"

using namespace idnode;
using namespace idnode::test;
using handle::OpCode;
using handle::ResponseCode;
using model::AuditEvent;

namespace {

Bytes creation() {
    return message(OpCode::kCreateHandle, values_body("88.100.1/new", {text_value(1, "URL", "x")}));
}

/// The log of changes must not have grown.
class Unchanged {
  public:
    explicit Unchanged(const AdministeredNode& node) : node_(node), end_(end()) {}
    bool holds() const { return end() == end_; }

  private:
    model::LogPosition end() const { return node_.store->counts()->log_end; }
    const AdministeredNode& node_;
    const model::LogPosition end_;
};

void check_refused(const AdministeredNode& node, ResponseCode code, std::string_view who,
                   std::string_view handle) {
    REQUIRE(node.audit.events.size() == 1);
    const KeptAudit::Event& event = node.audit.events.front();
    CHECK(event.what == AuditEvent::What::kRefused);
    CHECK(event.outcome == code);
    CHECK(event.who == who);
    CHECK(event.handle == handle);
}

}  // namespace

TEST_CASE("32: what was changed is told to the audit with who, what and the log entry") {
    AdministeredNode node;
    REQUIRE(node.administer(creation()).code() == ResponseCode::kSuccess);
    REQUIRE(node.audit.events.size() == 1);
    const KeptAudit::Event& event = node.audit.events.front();
    CHECK(event.what == AuditEvent::What::kChanged);
    CHECK(event.who == "301:0.NA/88.100.1");
    CHECK(event.handle == "88.100.1/new");
    CHECK(event.operation == OpCode::kCreateHandle);
    CHECK(event.transaction == node.store->read_log(0, 0, 100)->back().id);
}

TEST_CASE("56: a wrong key changes nothing and leaves an audit event") {
    AdministeredNode node;
    const Answer challenged = node.send(creation());
    const Unchanged unchanged(node);
    CHECK(node.send(node.answer(challenged, "wrong")).code() ==
          ResponseCode::kAuthenticationFailed);
    CHECK(unchanged.holds());
    check_refused(node, ResponseCode::kAuthenticationFailed, "301:0.NA/88.100.1", "88.100.1/new");
    CHECK(node.audit.events.front().operation == OpCode::kCreateHandle);
}

TEST_CASE("57: an unlisted identity changes nothing and leaves an audit event") {
    AdministeredNode node;
    const Answer challenged = node.send(creation());
    const Unchanged unchanged(node);
    CHECK(node.send(node.answer(challenged, "other", "0.NA/88.100.1", 302)).code() ==
          ResponseCode::kInvalidAdmin);
    CHECK(unchanged.holds());
    check_refused(node, ResponseCode::kInvalidAdmin, "302:0.NA/88.100.1", "88.100.1/new");
}

TEST_CASE("H15: an answer with the nonce of another challenge is refused and audited") {
    AdministeredNode node;
    const Answer one = node.send(creation());
    const Answer two = node.send(creation());
    const Unchanged unchanged(node);
    Bytes crossed = node.answer(one, kSecret);
    ByteWriter(crossed).patch_u32(4, two.view.envelope.session_id);
    CHECK(node.send(crossed).code() == ResponseCode::kAuthenticationFailed);
    CHECK(unchanged.holds());
    check_refused(node, ResponseCode::kAuthenticationFailed, "301:0.NA/88.100.1", "88.100.1/new");
}

TEST_CASE("H15: an answer that comes again with other octets is refused and audited") {
    AdministeredNode node;
    const Answer challenged = node.send(creation());
    REQUIRE(node.send(node.answer(challenged, kSecret)).code() == ResponseCode::kSuccess);
    node.audit.events.clear();
    const Unchanged unchanged(node);
    CHECK(node.send(node.answer(challenged, kSecret, "0.NA/88.100.1", 301,
                                crypto::SecretAlgorithm::kSha256))
              .code() == ResponseCode::kAuthenticationTimeout);
    CHECK(unchanged.holds());
    check_refused(node, ResponseCode::kAuthenticationTimeout, "301:0.NA/88.100.1", "");
}

TEST_CASE("H15: an answer that comes after its challenge expired is refused and audited") {
    AdministeredNode node;
    const Answer challenged = node.send(creation());
    const Bytes answer = node.answer(challenged, kSecret);
    node.clock.time += 61'000;
    const Unchanged unchanged(node);
    CHECK(node.send(answer).code() == ResponseCode::kSessionTimeout);
    CHECK(unchanged.holds());
    check_refused(node, ResponseCode::kSessionTimeout, "", "");
}

TEST_CASE("70: a message in the session of somebody else is refused and audited") {
    AdministeredNode node;
    resolver::Session::Terms terms;
    terms.identity = service::Identity{"0.NA/88.100.1", 301};
    terms.version = handle::kOwnVersion;
    terms.key = Bytes(32, std::byte{7});
    const auto session = node.sessions.open(std::move(terms), 0, node.clock.time);
    node.sessions.mark_authenticated(*session);
    const Unchanged unchanged(node);
    const Bytes body = values_body("88.100.1/new", {text_value(1, "URL", "x")});
    CHECK(node.send(message(OpCode::kCreateHandle, body, kPlain, 9, session->terms().id)).code() ==
          ResponseCode::kInvalidCredential);
    CHECK(unchanged.holds());
    check_refused(node, ResponseCode::kInvalidCredential, "301:0.NA/88.100.1", "88.100.1/new");
}

TEST_CASE("63: a wrong answer that another server asks about leaves an audit event") {
    AdministeredNode node;
    Bytes body;
    ByteWriter writer(body);
    const Bytes nonce(16, std::byte{1});
    handle::encode_verify_request({"0.NA/88.100.1", 301, nonce, nonce, false, nonce}, writer);
    CHECK(node.send(message(OpCode::kVerifyResponse, body)).code() == ResponseCode::kSuccess);
    check_refused(node, ResponseCode::kAuthenticationFailed, "301:0.NA/88.100.1", "0.NA/88.100.1");
}

TEST_CASE("ordinary questions, missing handles and challenges are no audit events") {
    AdministeredNode node;
    node.send(EngineFixture::request("88.100.1/none"));
    node.send(EngineFixture::request("0.NA/88.100.1"));
    node.send(creation());
    CHECK(node.audit.events.empty());
}
