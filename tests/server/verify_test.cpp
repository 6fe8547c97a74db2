// `idnode verify` against a real node that keeps a signed record and the certificates behind it
// (§2.9). Each part of the chain is broken on the node, in turn.
#include <boost/json/object.hpp>
#include <catch2/catch.hpp>
#include <chrono>

#include "tests/server/administrator.h"
#include "tests/support/signed_record.h"

namespace idnode::testing {
namespace {

using handle::OpCode;
using test::certificate;
using test::party;
using test::record_signature;

const std::string kRoot = "300:0.0/0.0";
const std::string kRegistrar = "300:88.100.1/registrar";
const std::string kOwner = "300:88.100.1/owner";
const std::string kRecord = "88.100.1/signed";
constexpr std::int32_t kSignatureIndex = 400;
constexpr std::int32_t kCertificateIndex = 401;

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::vector<handle::Value> content() {
    return {text_value(1, "URL", "https://e.example"), text_value(2, "DESC", "two")};
}

/// A node with a record that its owner signed, whom the registrar vouches for, whom the root does.
class SignedNode : public Setting {
  public:
    SignedNode() {
        root_file_ = node().scratch().write("root.pub", as_text(party(kRoot).signer->public_key()));
        put("88.100.1/registrar", {certificate_value(kRoot, kRegistrar, now() + 3'600)});
        put("88.100.1/owner", {certificate_value(kRegistrar, kOwner, now() + 3'600)});
        auto values = content();
        values.push_back(signature_value(values));
        put(kRecord, values);
    }

    static handle::Value certificate_value(const std::string& issuer, const std::string& subject,
                                           std::int64_t expires) {
        return text_value(kCertificateIndex, "HS_CERT",
                          certificate(issuer, subject, expires, {"everything", "0.NA/88"}));
    }
    static handle::Value signature_value(const std::vector<handle::Value>& values) {
        return text_value(kSignatureIndex, "HS_SIGNATURE",
                          record_signature(kRecord, values, party(kOwner)));
    }
    /// Creates or replaces.
    void put(std::string_view handle, const std::vector<handle::Value>& values) const {
        const Reply reply = ask_as_administrator(
            *this, with_values(OpCode::kCreateHandle, handle, values, handle::flag::kOverwrite));
        REQUIRE(reply.rc() == 1);
    }
    void modify(const handle::Value& value) const {
        REQUIRE(
            ask_as_administrator(*this, with_values(OpCode::kModifyValue, kRecord, {value})).rc() ==
            1);
    }
    Finished verify(const std::string& trusted = {}) {
        return run({program("idnode"), "verify", kRecord, "--trust",
                    trusted.empty() ? root_file_.string() : trusted, "--server",
                    "127.0.0.1:" + std::to_string(daemon().tcp_port())});
    }
    void check_fails_with(const std::string& reason) {
        const Finished done = verify();
        CHECK(done.exit_code == 1);
        CHECK_THAT(done.output + done.errors, Catch::Contains(reason));
    }

  private:
    std::filesystem::path root_file_;
};

}  // namespace

TEST_CASE("a signed record on a node is verified up to the trusted root key") {
    SignedNode node;
    const Finished done = node.verify();
    INFO(done.output << done.errors);
    CHECK(done.exit_code == 0);
    CHECK(done.output.find("valid for values 1, 2") != std::string::npos);
    CHECK(done.output.find(kRoot) != std::string::npos);
}

TEST_CASE("a signed record that was changed on its node does not verify") {
    SignedNode node;
    node.modify(text_value(2, "DESC", "three"));
    node.check_fails_with("value 2 was changed");
    node.modify(text_value(2, "DESC", "two"));
    CHECK(node.verify().exit_code == 0);
    REQUIRE(ask_as_administrator(node, removal(kRecord, {1})).rc() == 1);
    node.check_fails_with("value 1 is missing");
    node.put(kRecord, content());
    node.check_fails_with("is not signed");
}

TEST_CASE("a value that was added to a signed record on its node is named as unsigned") {
    SignedNode node;
    REQUIRE(ask_as_administrator(node, with_values(OpCode::kAddValue, kRecord,
                                                   {text_value(3, "DESC", "added later")}))
                .rc() == 1);
    node.check_fails_with("values without a valid signature: 3");
}

TEST_CASE("a signature with another key, or of another record, does not verify") {
    SignedNode node;
    auto forged = SignedNode::signature_value(content());
    const std::string other = record_signature(kRecord, content(), party("300:88.100.1/stranger"));
    const std::string own = std::string(as_text(forged.data));
    forged.data = to_bytes(own.substr(0, own.rfind('.')) + other.substr(other.rfind('.')));
    node.modify(forged);
    node.check_fails_with("NOT VALID");
    forged.data = to_bytes(record_signature("88.100.1/another", content(), party(kOwner)));
    node.modify(forged);
    node.check_fails_with("it is about 88.100.1/another");
}

TEST_CASE("a broken chain of certificates on the node makes the signature worthless") {
    SignedNode node;
    node.put("88.100.1/owner", {SignedNode::certificate_value(kRegistrar, kOwner, now() - 60)});
    node.check_fails_with("has expired");
    node.put("88.100.1/owner", {text_value(1, "DESC", "no certificate")});
    node.check_fails_with("no certificate of");
    node.put("88.100.1/owner", {text_value(kCertificateIndex, "HS_CERT",
                                           certificate(kRegistrar, kOwner, now() + 3'600,
                                                       {"thisHandle", "88.100.1/another"}))});
    node.check_fails_with("may not vouch");
    node.put("88.100.1/owner", {SignedNode::certificate_value(kRegistrar, kOwner, now() + 3'600)});
    CHECK(node.verify().exit_code == 0);
    node.put("88.100.1/registrar",
             {SignedNode::certificate_value(kRegistrar, kRegistrar, now() + 3'600)});
    node.check_fails_with("nobody vouches for");
}

TEST_CASE("another root key than the trusted one does not count") {
    SignedNode node;
    const auto other = node.node().scratch().write(
        "other.pub", as_text(party("300:88.100.1/stranger").signer->public_key()));
    CHECK(node.verify(other.string()).exit_code == 1);
}

}  // namespace idnode::testing
