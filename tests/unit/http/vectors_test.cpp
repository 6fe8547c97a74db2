// The `restJson` forms of tests/vectors/handle-wire.json, through the interface.

#include "tests/support/vectors.h"

#include <catch2/catch.hpp>

#include "tests/unit/http/rest_fixture.h"

using namespace idnode;
using namespace idnode::test;

namespace {

bj::object without_time(bj::object value) {
    value.erase("timestamp");
    return value;
}

}  // namespace

TEST_CASE("every value vector is shown in its JSON form, and put back in it") {
    RestNode node;
    std::size_t count = 0;
    for (const WireVector& vector : wire_vectors()) {
        const bj::value* form = vector.json.if_contains("restJson");
        if (vector.kind != "value" || form == nullptr) continue;
        INFO(vector.name);
        const bj::object expected = without_time(form->as_object());
        const auto put = node.put_json("/api/handles/88.100.1/v", bj::serialize(*form));
        if (expected.at("index").as_int64() <= 0) {
            CHECK(code_of(put) == 202);
            continue;
        }
        CHECK(put.result() == Status::created);
        ByteReader in(vector.octets);
        const handle::ValueView value = handle::read_value(in);
        const auto shown = node.get("/api/handles/88.100.1/v");
        if (value.is_public()) {
            CHECK(without_time(object_of(shown).at("values").at(0).as_object()) == expected);
        } else {
            CHECK(code_of(shown) == 200);
        }
        ++count;
        model::Edit erase;
        erase.kind = model::Edit::Kind::kErase;
        erase.handle = "88.100.1/v";
        REQUIRE(node.store->commit({"test", {erase}}));
    }
    CHECK(count == 36);
}

TEST_CASE("every site vector is shown in its JSON form") {
    RestNode node;
    std::size_t count = 0;
    for (const WireVector& vector : wire_vectors()) {
        const bj::value* form = vector.json.if_contains("restJson");
        if (vector.kind != "site" || form == nullptr) continue;
        INFO(vector.name);
        node.context.site = vector.octets;
        CHECK(object_of(node.get("/api/site")).at("site") == *form);
        ++count;
    }
    CHECK(count == 14);
}
