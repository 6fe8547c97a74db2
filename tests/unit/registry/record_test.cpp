#include "registry/model/record.h"

#include <catch2/catch.hpp>

#include "proto/base/limits.h"

using namespace idnode;
using namespace idnode::model;

namespace {

handle::Value value_at(std::int32_t index, std::size_t data_bytes = 1) {
    return {
        .index = index, .type = "URL", .data = Bytes(data_bytes, std::byte{'x'}), .references = {}};
}

}  // namespace

TEST_CASE("values are stored in ascending order of their indexes") {
    const Record record{.handle = "88.100.7/x", .values = {value_at(3), value_at(1), value_at(2)}};
    const auto octets = encode_record_values(record);
    REQUIRE(octets.has_value());
    const auto back = to_record({.handle = record.handle, .values = *octets});
    REQUIRE(back.has_value());
    CHECK(back->handle == record.handle);
    REQUIRE(back->values.size() == 3);
    CHECK(back->values[0] == value_at(1));
    CHECK(back->values[1] == value_at(2));
    CHECK(back->values[2] == value_at(3));
}

TEST_CASE("a record without values is a record") {
    const auto octets = encode_record_values({.handle = "88.100.7/x", .values = {}});
    REQUIRE(octets.has_value());
    CHECK(*octets == Bytes(4, std::byte{0}));
}

TEST_CASE("an index that is not positive or comes twice is refused and named") {
    const auto zero = encode_record_values({.handle = "h/x", .values = {value_at(0)}});
    REQUIRE_FALSE(zero.has_value());
    CHECK(zero.error().code == Errc::kInvalid);
    CHECK(zero.error().detail == "index 0: must be positive");
    CHECK_FALSE(encode_record_values({.handle = "h/x", .values = {value_at(-1)}}).has_value());
    const auto twice =
        encode_record_values({.handle = "h/x", .values = {value_at(7), value_at(1), value_at(7)}});
    REQUIRE_FALSE(twice.has_value());
    CHECK(twice.error().detail == "index 7: comes twice");
}

TEST_CASE("the largest record fits and one octet more does not") {
    const std::string handle = "88.100.7/x";
    const std::size_t around = 4 + handle::kValueBytesMin + 3;
    const std::size_t largest = record_values_bytes_max(handle) - around;
    CHECK(encode_record_values({.handle = handle, .values = {value_at(1, largest)}}).has_value());
    const auto more =
        encode_record_values({.handle = handle, .values = {value_at(1, largest + 1)}});
    REQUIRE_FALSE(more.has_value());
    CHECK(more.error().code == Errc::kLimit);
}

TEST_CASE("more values than a client accepts are refused") {
    Record record{.handle = "88.100.7/x", .values = {}};
    for (std::int32_t i = 1; i <= 2'048; ++i) record.values.push_back(value_at(i, 0));
    CHECK(encode_record_values(record).has_value());
    record.values.push_back(value_at(2'049, 0));
    CHECK(encode_record_values(record).error().code == Errc::kLimit);
}

TEST_CASE("stored octets that are no values are reported as damaged") {
    auto octets = encode_record_values({.handle = "h/x", .values = {value_at(1)}}).value();
    octets.pop_back();
    const auto damaged = to_record({.handle = "h/x", .values = octets});
    REQUIRE_FALSE(damaged.has_value());
    CHECK(damaged.error().code == Errc::kDamaged);
}
