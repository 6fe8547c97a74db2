// The way of a lookup through the codec must not touch the heap.
#include <catch2/catch.hpp>

#include "proto/handle/message.h"
#include "proto/handle/requests.h"
#include "proto/handle/resolution.h"
#include "proto/schemes/canonical.h"
#include "tests/support/allocations.h"
#include "tests/support/vectors.h"

namespace idnode::test {
namespace {

using namespace handle;

// Decodes a lookup and answers it with those of the stored values that it selects.
bool answer(BytesView datagram, BytesView stored_values, Bytes& reply) {
    const auto envelope = decode_envelope(datagram);
    if (!envelope) return false;
    const auto message = decode_message(*envelope, datagram.subspan(limits::kEnvelopeBytes));
    if (!message) return false;
    const auto request = decode_resolution_request(message->body);
    if (!request) return false;

    MessageWriter out(reply);
    out.body().text_u32(request->handle);
    const std::size_t count_at = out.body().at();
    out.body().u32(0);
    std::uint32_t count = 0;
    ByteReader in(stored_values);
    ValuesReader values(in);
    while (const auto value = values.next()) {
        if (!value->is_public() || !request->selects(*value)) continue;
        out.body().raw(value->octets);
        ++count;
    }
    out.body().patch_u32(count_at, count);
    Header header = message->header;
    header.response = ResponseCode::kSuccess;
    out.finish(*envelope, header);
    return in.ok();
}

TEST_CASE("a lookup is decoded and answered without an allocation") {
    const Bytes& request = wire_vector("request-resolution-types-and-indexes").octets;
    const Bytes values =
        encode_values(std::vector<Value>{{.index = 1, .type = "URL", .data = Bytes(100)},
                                         {.index = 2, .type = "EMAIL", .data = Bytes(50)}});
    Bytes reply;
    reply.reserve(4'096);
    const std::size_t before = testing::allocations();
    const bool answered = answer(request, values, reply);
    const std::size_t after = testing::allocations();
    CHECK(answered);
    CHECK(after == before);
    CHECK(reply.size() > limits::kEnvelopeBytes + limits::kHeaderBytes);
}

TEST_CASE("refusing hostile octets allocates nothing") {
    const Bytes request = from_hex("7fffffff38382e3130302e312f61");
    const std::size_t before = testing::allocations();
    const bool refused = !decode_resolution_request(request) && !decode_values_request(request);
    const std::size_t after = testing::allocations();
    CHECK(refused);
    CHECK(after == before);
}

TEST_CASE("the CID of an identifier in an event costs one allocation, its key none") {
    std::string key;
    key.reserve(64);
    for (const std::string_view uri :
         {"https://id.example.cn/01/06901234567892/10/B7/21/PUMP-0001", "hdl:88.100.7/P-000123",
          "gs1:/00/069012340000000016", "https://id.example.cn/414/6901234000016/254/L3"}) {
        INFO(uri);
        const std::size_t before = testing::allocations();
        const auto found = schemes::parse_uri(uri);
        const std::size_t parsed = testing::allocations();
        key.clear();
        schemes::append_key(found->cid, true, key);
        const std::size_t after = testing::allocations();
        CHECK(parsed - before == 1);
        CHECK(after == parsed);
    }
}

TEST_CASE("several messages fit into one buffer, and an abandoned one leaves no trace") {
    Bytes buffer;
    MessageWriter first(buffer);
    first.body().text_u32("88.100.1/a");
    first.finish({}, {});
    const Bytes alone = buffer;

    MessageWriter second(buffer);
    second.body().raw(Bytes(1'000));
    second.abandon();
    CHECK(same_octets(buffer, alone));

    MessageWriter third(buffer);
    third.body().raw(Bytes(1'000));
    third.rewind_body();
    CHECK(third.body_bytes() == 0);
    third.body().text_u32("88.100.1/a");
    const Bytes sealed = [&] {
        const BytesView view = third.sealed_header_and_body({});
        return Bytes(view.begin(), view.end());
    }();
    third.finish({}, {});
    REQUIRE(buffer.size() == 2 * alone.size());
    const BytesView again = BytesView(buffer).subspan(alone.size());
    CHECK(same_octets(again, alone));
    CHECK(same_octets(again.subspan(limits::kEnvelopeBytes, sealed.size()), sealed));
}

}  // namespace
}  // namespace idnode::test
