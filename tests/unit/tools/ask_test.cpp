#include "tools/ask.h"

#include <catch2/catch.hpp>

#include "proto/handle/message.h"
#include "proto/handle/resolution.h"
#include "tools/network_text.h"

using idnode::as_bytes_view;
using idnode::Bytes;
using idnode::BytesView;
using idnode::ByteWriter;
using namespace idnode::tools;
namespace handle = idnode::handle;

namespace {

handle::Envelope envelope_of(BytesView message) {
    const auto envelope = handle::decode_envelope(message);
    REQUIRE(envelope);
    return *envelope;
}

BytesView payload_of(BytesView message) {
    return message.subspan(idnode::limits::kEnvelopeBytes);
}

Bytes error_message(handle::ResponseCode code, std::string_view text) {
    Bytes out;
    handle::MessageWriter writer(out);
    writer.body().text_u32(text);
    handle::Header header;
    header.op = handle::OpCode::kResolution;
    header.response = code;
    writer.finish({}, header);
    return out;
}

}  // namespace

TEST_CASE("a resolution of the command line asks for public values and for recursion") {
    const Bytes message =
        encode_request({.handle = "88.100.7/泵", .indexes = {1, 2}, .types = {"URL"}}, 42);
    const auto envelope = envelope_of(message);
    CHECK(envelope.request_id == 42);
    const auto decoded = handle::decode_message(envelope, payload_of(message));
    REQUIRE(decoded);
    CHECK(decoded->header.op == handle::OpCode::kResolution);
    CHECK(decoded->header.has(handle::flag::kPublicOnly));
    CHECK(decoded->header.has(handle::flag::kRecursive));
    const auto body = handle::decode_resolution_request(decoded->body);
    REQUIRE(body);
    CHECK(body->handle == "88.100.7/泵");
    CHECK(body->index_count == 2);
    CHECK(body->type_count == 1);
}

TEST_CASE("an error answer has its code and its text") {
    const Bytes message = error_message(handle::ResponseCode::kHandleNotFound, "no such handle");
    const auto answer = decode_answer({}, envelope_of(message), payload_of(message));
    REQUIRE(answer);
    CHECK(answer->code == handle::ResponseCode::kHandleNotFound);
    CHECK(answer->code_number == 100);
    CHECK(answer->message == "no such handle");
}

TEST_CASE("every shortened answer is refused, not misread") {
    const Bytes message = error_message(handle::ResponseCode::kSuccess, "88.100.7/x");
    for (std::size_t size = idnode::limits::kEnvelopeBytes; size < message.size(); ++size) {
        const Bytes cut(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size));
        INFO(size);
        CHECK(!decode_answer({}, envelope_of(message), payload_of(cut)));
    }
    // A handle without the list of values is no answer either.
    CHECK(!decode_answer({}, envelope_of(message), payload_of(message)));
}

TEST_CASE("a server that nobody runs gives an error that names it and the transport") {
    const auto answer = ask({.server = "127.0.0.1:1",
                             .carriers = Carriers::kTcp,
                             .timeout = std::chrono::milliseconds(500)},
                            {.handle = "88.100.7/x"});
    REQUIRE(!answer);
    CHECK(answer.error().detail.find("127.0.0.1:1 over TCP") != std::string::npos);
}
