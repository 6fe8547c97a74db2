// Identities that lie on nodes which lie: whatever such a node says, few questions are asked of it,
// the time is bounded, and a request that it was to vouch for changes nothing.

#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "proto/handle/credential.h"
#include "proto/handle/requests.h"
#include "proto/handle/signing.h"
#include "resolver/client/remote_identities.h"
#include "resolver/client/site_walk.h"
#include "resolver/forward/forwarder.h"
#include "tests/unit/resolver/administered_node.h"
#include "tests/unit/resolver/forward_fake_server.h"

using namespace idnode;
using namespace idnode::test;
using namespace std::chrono_literals;
using handle::OpCode;
using handle::ResponseCode;
using Replies = std::vector<Bytes>;
using Request = FakeServer::Request;

namespace {

constexpr std::string_view kBoss = "77.1/boss";
constexpr std::string_view kShared = "88.100.1/shared";

std::string asked_handle(const Request& request) {
    const auto question = handle::decode_resolution_request(request.message.body);
    return question ? std::string(question->handle) : std::string();
}

Bytes values_answer(const Request& request, const std::vector<handle::Value>& values) {
    return response(request, ResponseCode::kSuccess, values_body(asked_handle(request), values));
}

Bytes site_value_data(std::uint16_t port) {
    handle::Server server;
    server.address = *handle::parse_site_address("127.0.0.1");
    server.public_key = *crypto::public_key_of(test_key());
    handle::Interface tcp;
    tcp.transport = handle::Transport::kTcp;
    tcp.port = port;
    server.interfaces.push_back(tcp);
    handle::Site site;
    site.protocol = handle::kOwnVersion;
    site.servers.push_back(std::move(server));
    return handle::encode_site(site);
}

/// The site record of the prefix: `count` times the server at `port`, with the key `test_key`.
Bytes site_answer(const Request& request, std::uint16_t port, std::int32_t count = 1) {
    std::vector<handle::Value> values;
    for (std::int32_t i = 1; i <= count; ++i) {
        values.push_back(text_value(i, "HS_SITE", {}));
        values.back().data = site_value_data(port);
    }
    return values_answer(request, values);
}

struct Reply {
    OpCode op;
    ResponseCode code;
    Bytes body;
};

/// Signed with this key.
Bytes signed_response(const Request& request, const Reply& reply, BytesView private_key) {
    const auto signer = crypto::make_signer(private_key);
    Bytes out;
    handle::MessageWriter writer(out);
    writer.body().raw(reply.body);
    handle::Envelope envelope;
    envelope.request_id = request.message.envelope.request_id;
    envelope.suggested = handle::kOwnVersion;
    handle::Header header;
    header.op = reply.op;
    header.response = reply.code;
    header.flags = handle::flag::kCertify;
    header.expiration = 0xFFFFFFF0U;
    const auto signature = signer.value()->sign(
        model::Signer::Hash::kSha256,
        handle::signature_input(envelope, 0, writer.sealed_header_and_body(header)));
    handle::Credential credential;
    credential.algorithm = as_bytes_view(std::string_view("SHA-256"));
    credential.signature = signature.value();
    Bytes encoded;
    ByteWriter credential_writer(encoded);
    handle::encode_credential(credential, credential_writer);
    writer.finish(envelope, header, encoded);
    return out;
}

/// "Yes, the answer is right".
Bytes signed_yes(const Request& request, BytesView private_key) {
    Bytes body;
    ByteWriter out(body);
    handle::encode_flag_response(true, out);
    return signed_response(
        request, {OpCode::kVerifyResponse, ResponseCode::kSuccess, std::move(body)}, private_key);
}

Bytes unsigned_yes(const Request& request) {
    return response(request, ResponseCode::kSuccess, Bytes{std::byte{1}});
}

/// The body of a referral to the server at `port`.
Bytes referral_body(std::uint16_t port) {
    Bytes body;
    ByteWriter out(body);
    out.text_u32({});
    std::vector<handle::Value> values{text_value(1, "HS_SITE", {}),
                                      text_value(2, "HS_SITE.PREFIX", {})};
    for (handle::Value& value : values) value.data = site_value_data(port);
    out.raw(handle::encode_values(values));
    return body;
}

/// This node, whose record 88.100.1/shared is administered by 77.1/boss (300), and a node above
/// that it believes to know 77.1.
class NodeBelow : public AdministeredNode {
  public:
    explicit NodeBelow(FakeServer::Behaviour behaviour,
                       handle::Reference administrator = {std::string(kBoss), 300})
        : above(std::move(behaviour)) {
        // The node above lives in the present.
        clock.time = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
        put(std::string(kShared),
            {admin_value(100, 0x0FFF, administrator.handle, administrator.index)});
        resolver::ForwardSettings forwarding;
        forwarding.servers = {above.name()};
        forwarding.timeout = 300ms;
        forwarder = resolver::make_forwarder(forwarding, clock, *entropy);
        client::RemoteSettings settings;
        settings.loopback = true;
        remote = client::make_remote_identities(*forwarder, *digests, settings);
        context.remote = remote.get();
        own = std::make_unique<resolver::Engine>(context);
        log_end = store->counts()->log_end;
    }

    Answer tell(const Bytes& octets) {
        const auto envelope = handle::decode_envelope(octets);
        Bytes out;
        peer.carrier = resolver::Carrier::kTcp;
        REQUIRE(own->handle(*envelope, BytesView(octets).subspan(limits::kEnvelopeBytes), peer,
                            resolver::Effort::kPool, out, question) == resolver::Outcome::kReply);
        return parse(std::move(out));
    }

    /// What deleting the record comes to with a secret, or with a public key.
    ResponseCode erase_with_secret() {
        return tell(answer(challenged(), "a guess", kBoss, 300)).code();
    }
    ResponseCode erase_with_key() {
        const Answer asked = challenged();
        const auto challenge =
            handle::decode_challenge(asked.view.body, asked.view.envelope.version);
        REQUIRE(challenge);
        const auto proof =
            crypto::answer_with_key(**crypto::make_signer(test_key()),
                                    {challenge->nonce, challenge->digest.octets}, {2, 11});
        REQUIRE(proof);
        return tell(answer_with(asked, *proof, kBoss, 300, "HS_PUBKEY")).code();
    }

    /// Nothing changed, one line in the audit, own records are answered.
    void check_refused(ResponseCode code) {
        CHECK(store->counts()->log_end == log_end);
        REQUIRE(audit.events.size() == 1);
        CHECK(audit.events.front().outcome == code);
        CHECK(audit.events.front().who == "300:77.1/boss");
        CHECK(resolved(kP) == ResponseCode::kSuccess);
    }

    int requests() const { return above.udp_requests() + above.tcp_requests(); }

    static constexpr std::string_view kP = "0.NA/88.100.1";
    FakeServer above;
    std::unique_ptr<resolver::Upstream> forwarder;
    std::unique_ptr<resolver::RemoteIdentities> remote;
    std::unique_ptr<resolver::Engine> own;
    model::LogPosition log_end;

  private:
    Answer challenged() {
        const Answer out = tell(message(OpCode::kDeleteHandle, handle_body(kShared)));
        REQUIRE(out.code() == ResponseCode::kAuthenticationNeeded);
        return out;
    }
};

/// Resolves to a site record that names the liar itself, and tells it about operation 201.
FakeServer::Behaviour verifier(const std::uint16_t& port, FakeServer::Behaviour verify,
                               std::int32_t sites = 1) {
    return [&port, verify = std::move(verify), sites](const Request& request) -> Replies {
        if (request.message.header.op == OpCode::kVerifyResponse) return verify(request);
        return {site_answer(request, port, sites)};
    };
}

}  // namespace

TEST_CASE("65: the word of a node elsewhere counts when its own key signed it") {
    std::uint16_t port = 0;
    NodeBelow node(verifier(
        port, [](const Request& request) -> Replies { return {signed_yes(request, test_key())}; }));
    port = node.above.port();
    CHECK(node.erase_with_secret() == ResponseCode::kSuccess);
    CHECK(node.requests() == 2);
}

TEST_CASE("H40: a yes that the node's key did not sign is no proof") {
    static const Bytes another = *crypto::generate_rsa_key();
    const bool is_signed = GENERATE(true, false);
    std::uint16_t port = 0;
    NodeBelow node(verifier(port, [is_signed](const Request& request) -> Replies {
        return {is_signed ? signed_yes(request, another) : unsigned_yes(request)};
    }));
    port = node.above.port();
    CHECK(node.erase_with_secret() == ResponseCode::kAuthenticationError);
    CHECK(node.requests() == 2);
    node.check_refused(ResponseCode::kAuthenticationError);
}

TEST_CASE("H40: nobody is asked whether a public key's answer is right") {
    static const Bytes another = *crypto::generate_rsa_key();
    NodeBelow node([](const Request& request) -> Replies {
        if (request.message.header.op == OpCode::kVerifyResponse) return {unsigned_yes(request)};
        handle::Value key = text_value(300, "HS_PUBKEY", {});
        key.data = *crypto::public_key_of(another);
        return {values_answer(request, {key})};
    });
    CHECK(node.erase_with_key() == ResponseCode::kAuthenticationFailed);
    CHECK(node.requests() == 1);
    node.check_refused(ResponseCode::kAuthenticationFailed);
}

TEST_CASE("H39: an answer to operation 201 for another request is refused") {
    std::uint16_t port = 0;
    NodeBelow node(verifier(port, [](const Request& request) -> Replies {
        return {with_request_id(signed_yes(request, test_key()),
                                request.message.envelope.request_id + 1)};
    }));
    port = node.above.port();
    CHECK(node.erase_with_secret() == ResponseCode::kAuthenticationError);
    CHECK(node.requests() == 2);
    node.check_refused(ResponseCode::kAuthenticationError);
}

TEST_CASE("H39: garbage for an answer to operation 201 is refused") {
    const std::size_t octets = GENERATE(44U, 5'000U);
    std::uint16_t port = 0;
    NodeBelow node(verifier(
        port, [octets](const Request&) -> Replies { return {Bytes(octets, std::byte{0xFF})}; }));
    port = node.above.port();
    CHECK(node.erase_with_secret() == ResponseCode::kAuthenticationError);
    CHECK(node.requests() == 2);
    node.check_refused(ResponseCode::kAuthenticationError);
}

TEST_CASE("H28: a referral is followed to its site, which is not believed without a signature") {
    const ResponseCode code =
        GENERATE(ResponseCode::kServiceReferral, ResponseCode::kPrefixReferral);
    std::uint16_t port = 0;
    NodeBelow node([&port, code](const Request& request) -> Replies {
        return {response(request, code, referral_body(port))};
    });
    port = node.above.port();
    const bool by_key = GENERATE(true, false);
    CHECK((by_key ? node.erase_with_key() : node.erase_with_secret()) ==
          ResponseCode::kAuthenticationError);
    CHECK(node.above.tcp_requests() == 1);
    node.check_refused(ResponseCode::kAuthenticationError);
    // What did not help is not asked again at once.
    const int requests = node.requests();
    CHECK((by_key ? node.erase_with_key() : node.erase_with_secret()) ==
          ResponseCode::kAuthenticationError);
    CHECK(node.requests() == requests);
}

TEST_CASE("H26: nodes that refer to themselves or each other are left after sixteen questions") {
    const ResponseCode code =
        GENERATE(ResponseCode::kServiceReferral, ResponseCode::kPrefixReferral);
    const auto refer_to = [code](std::uint16_t& port) {
        return [&port, code](const Request& request) -> Replies {
            return {signed_response(request, {OpCode::kResolution, code, referral_body(port)},
                                    test_key())};
        };
    };
    std::uint16_t port = 0;
    std::uint16_t other_port = 0;
    FakeServer other(refer_to(port));
    NodeBelow node(refer_to(other_port));
    port = node.above.port();
    other_port = GENERATE(true, false) ? other.port() : node.above.port();
    CHECK(node.erase_with_key() == ResponseCode::kAuthenticationError);
    const int requests = node.requests() + other.udp_requests() + other.tcp_requests();
    CHECK(requests == static_cast<int>(client::SiteWalk::kQuestionsMax));
    node.check_refused(ResponseCode::kAuthenticationError);
}

TEST_CASE("H28: of sites that are not responsible for the user three are asked") {
    std::uint16_t port = 0;
    NodeBelow node(verifier(
        port,
        [](const Request& request) -> Replies {
            return {error(request, ResponseCode::kServerNotResponsible)};
        },
        8));
    port = node.above.port();
    CHECK(node.erase_with_secret() == ResponseCode::kAuthenticationError);
    CHECK(node.above.tcp_requests() == 3);
    node.check_refused(ResponseCode::kAuthenticationError);
}

TEST_CASE("H28: a node that is silent or late about a record costs its time once") {
    const bool is_late = GENERATE(true, false);
    NodeBelow node([is_late](const Request& request) -> Replies {
        if (!is_late) return {};
        std::this_thread::sleep_for(400ms);
        return {values_answer(request, {text_value(1, "HS_VLIST", {})})};
    });
    CHECK(node.erase_with_key() == ResponseCode::kAuthenticationError);
    const int requests = node.requests();
    CHECK(requests <= 4);  // UDP is sent again, then TCP is tried
    node.check_refused(ResponseCode::kAuthenticationError);
    CHECK(node.erase_with_key() == ResponseCode::kAuthenticationError);
    CHECK(node.requests() <= requests + (is_late ? 3 : 0));  // late: those still in its queue
}

TEST_CASE("H28: a node that is silent about an answer is not waited for beyond the deadline") {
    const bool has_begun = GENERATE(true, false);
    std::uint16_t port = 0;
    NodeBelow node(verifier(
        port,
        [has_begun](const Request&) -> Replies {
            return has_begun ? Replies{Bytes(10, std::byte{2})} : Replies{};
        },
        3));
    port = node.above.port();
    const Bytes octets(16, std::byte{1});
    const auto ask = [&] {
        return node.remote->ask_about_secret({kBoss, 300, octets, octets, false, octets}, {2, 11},
                                             std::chrono::steady_clock::now() + 300ms);
    };
    auto one = std::async(std::launch::async, ask);
    auto two = std::async(std::launch::async, ask);
    // Meanwhile this node goes on for everybody else.
    CHECK(node.resolved(NodeBelow::kP) == ResponseCode::kSuccess);
    CHECK_FALSE(one.get());
    CHECK_FALSE(two.get());
    CHECK(node.above.tcp_requests() <= 2);  // the first site took all the time there was
}

TEST_CASE("H27: an enormous group elsewhere is read once, and few of its members") {
    NodeBelow node(
        [](const Request& request) -> Replies {
            if (request.transport == handle::Transport::kUdp &&
                asked_handle(request) == "77.1/group") {
                return {error(request, ResponseCode::kError, "too large")};
            }
            if (asked_handle(request) != "77.1/group") {
                return {error(request, ResponseCode::kHandleNotFound)};
            }
            std::vector<handle::Reference> members;
            for (std::uint32_t i = 0; i < 10'000; ++i) {
                members.push_back({"77.2/" + std::to_string(i), 200});
            }
            return {values_answer(request, {group_value(200, std::move(members))})};
        },
        {"77.1/group", 200});
    CHECK(node.erase_with_secret() == ResponseCode::kInvalidAdmin);
    CHECK(node.above.tcp_requests() == 1);
    CHECK(node.above.udp_requests() <= static_cast<int>(limits::kGroupResolutionsMax));
    node.check_refused(ResponseCode::kInvalidAdmin);
}

TEST_CASE("H27: groups that lead to ever more groups elsewhere end at the bound") {
    NodeBelow node(
        [](const Request& request) -> Replies {
            const std::string name = asked_handle(request);
            return {values_answer(request, {group_value(200, {{name + "x", 200}, {name, 200}})})};
        },
        {"77.1/group", 200});
    CHECK(node.erase_with_secret() == ResponseCode::kInvalidAdmin);
    // Own groups count too.
    CHECK(node.requests() <= static_cast<int>(limits::kGroupResolutionsMax));
    CHECK(node.requests() > static_cast<int>(limits::kGroupResolutionsMax) / 2);
    node.check_refused(ResponseCode::kInvalidAdmin);
}
