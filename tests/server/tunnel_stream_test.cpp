// What is longer than one message through the tunnel (§3.7): continued lists and streams for
// mirrors, in the body of one response.
#include <catch2/catch.hpp>

#include "proto/base/limits.h"
#include "proto/handle/replication.h"
#include "proto/handle/responses.h"
#include "proto/handle/stream.h"
#include "resolver/crypto/keys.h"
#include "tests/server/administrator.h"
#include "tests/support/http_client.h"

namespace idnode::testing {
namespace {

using handle::OpCode;

/// Both doors of the tunnel.
HttpClient tunnel(Setting& setting, bool secure) {
    const std::uint16_t port = setting.daemon().http_port();
    return secure ? HttpClient(port, TlsOptions{}) : HttpClient(port);
}

/// The body of the response to a request that the administrator proved.
Bytes proved_body(Setting& setting, HttpClient& client, const Request& request) {
    const Reply challenged = client.ask(request);
    REQUIRE(challenged.rc() == 402);
    Request proof = answer(challenged, administrator(setting.node()));
    proof.version = challenged.envelope().version;
    proof.suggested = request.suggested;
    const HttpReply reply = client.ask(tunnel_request(encode(proof)));
    CHECK(reply.status == 200);
    CHECK(reply.field("content-type") == "application/x-hdl-message");
    return to_bytes(reply.body);
}

/// Takes the first message from the octets.
Reply take_message(BytesView& octets) {
    const auto envelope = handle::decode_envelope(octets);
    REQUIRE(envelope);
    const std::size_t size = limits::kEnvelopeBytes + envelope->message_length;
    REQUIRE(octets.size() >= size);
    Reply out(Bytes(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size)));
    octets = octets.subspan(size);
    return out;
}

std::string many_records() {
    std::string out = setting_records();
    for (int i = 0; i < 120; ++i) out += text_record("88.200/" + std::to_string(i), {"x"});
    return out;
}

}  // namespace

TEST_CASE("a list of several messages comes in one body through the tunnel") {
    Setting setting(many_records(), {});
    for (const bool secure : {false, true}) {
        HttpClient client = tunnel(setting, secure);
        const Bytes body = proved_body(setting, client, about(OpCode::kListHandles, "0.NA/88.200"));
        BytesView left = body;
        std::vector<std::size_t> sizes;
        while (!left.empty()) {
            const Reply reply = take_message(left);
            CHECK(reply.rc() == 1);
            CHECK(reply.header().has(handle::flag::kContinuous) == !left.empty());
            const auto handles = handle::decode_list_response(reply.body());
            REQUIRE(handles);
            sizes.push_back(handles->size());
        }
        CHECK(sizes == std::vector<std::size_t>{50, 50, 20});
        CHECK(client.ask(resolution(kP)).rc() == 1);  // and the connection serves on
    }
}

// Nobody could shake hands for TLS inside a body: the stream is signed, whatever the version.
TEST_CASE("a dump comes signed behind its answer, in the same body, through the tunnel") {
    Setting setting(many_records(), {});
    for (const bool secure : {false, true}) {
        for (const handle::Version version : {handle::Version{2, 7}, handle::kOwnVersion}) {
            HttpClient client = tunnel(setting, secure);
            Request dump;
            dump.op = OpCode::kDumpHandles;
            dump.version = dump.suggested = version;
            ByteWriter request_body(dump.body);
            handle::encode_dump_handles_request({}, request_body);
            const Bytes body = proved_body(setting, client, dump);
            BytesView left = body;
            CHECK(take_message(left).rc() == 1);
            ByteReader in(left);
            CHECK(handle::read_stream_start(in).protection == handle::StreamProtection::kSigned);
            const std::size_t from = in.at();
            handle::read_dump_header(in);
            const BytesView covered = left.subspan(from, in.at() - from);
            const Bytes signature = handle::read_stream_signature(in);
            CHECK(crypto::verify_signature(setting.site().servers.at(0).public_key,
                                           model::Signer::Hash::kSha1, covered, signature)
                      .value_or(false));
            std::size_t records = 0;
            while (!std::holds_alternative<handle::EndOfDump>(handle::read_dump_record(in))) {
                handle::read_stream_signature(in);
                REQUIRE(in.ok());
                ++records;
            }
            CHECK(records > 120);
            CHECK(in.left() == 0);
        }
    }
}

TEST_CASE("who may not mirror gets no stream through the tunnel either") {
    Setting setting;
    HttpClient client = tunnel(setting, false);
    Request dump;
    dump.op = OpCode::kDumpHandles;
    ByteWriter request_body(dump.body);
    handle::encode_dump_handles_request({}, request_body);
    const Reply challenged = client.ask(dump);
    REQUIRE(challenged.rc() == 402);
    const Prover stranger{.handle = std::string(kP), .secret = "secret"};
    CHECK(client.ask(answer(challenged, stranger)).rc() == 400);
    CHECK(client.ask(resolution(kP)).rc() == 1);
}

}  // namespace idnode::testing
