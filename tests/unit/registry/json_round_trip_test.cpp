// Holds for any record: what is written as JSON reads back to the same octets.
#include <catch2/catch.hpp>

#include "proto/base/hex.h"
#include "proto/base/limits.h"
#include "random_records.h"
#include "registry/json/encoding.h"
#include "registry/json/record_json.h"

using namespace idnode;

namespace {

constexpr int kRecords = 4'000;

void check_round_trip(const model::Record& record) {
    const Bytes octets = handle::encode_values(record.values);
    std::string line;
    REQUIRE(json::write_record(record.handle, octets, line).has_value());
    INFO(line);
    CHECK(line.find('\n') == std::string::npos);
    const auto back = json::parse_record(line);
    if (!back) FAIL(back.error().detail);
    CHECK(back->handle == record.handle);
    CHECK(handle::encode_values(back->values) == octets);
}

}  // namespace

TEST_CASE("an ordinary record survives the way to JSON and back") {
    test::RandomRecords random(1);
    for (int i = 0; i < kRecords; ++i) check_round_trip(random.ordinary());
}

TEST_CASE("whatever octets a record holds, nothing is lost on the way to JSON and back") {
    test::RandomRecords random(2);
    for (int i = 0; i < kRecords; ++i) check_round_trip(random.odd());
}

TEST_CASE("octets that are no values are not written") {
    test::RandomRecords random(3);
    Bytes octets = handle::encode_values(
        std::vector{handle::Value{.index = 1, .type = "URL", .data = {}, .references = {}}});
    octets.pop_back();
    std::string line = "kept";
    const auto written = json::write_record("88.100.7/x", octets, line);
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().code == Errc::kDamaged);
    CHECK(line == "kept");
}

TEST_CASE("Base64, base64url and hexadecimal read back what they write, and nothing else") {
    test::RandomRecords random(4);
    for (int i = 0; i < 500; ++i) {
        const Bytes octets = random.octets(40);
        std::string standard;
        json::append_base64(octets, standard);
        CHECK(json::parse_base64(standard) == octets);
        std::string url;
        json::append_base64url(octets, url);
        CHECK(json::parse_base64url(url) == octets);
        CHECK(url.find_first_of("+/=") == std::string::npos);
    }
    CHECK(json::parse_base64("AA==").has_value());
    for (const auto* wrong : {"AA", "AB==", "A===", "AA=", "A-==", "AA==AA==", "====", " AA="}) {
        CHECK_FALSE(json::parse_base64(wrong).has_value());
    }
    CHECK(parse_hex("00fFA0").value() == Bytes{std::byte{0}, std::byte{255}, std::byte{160}});
    CHECK_FALSE(parse_hex("0").has_value());
    CHECK_FALSE(parse_hex("0g").has_value());
}

TEST_CASE("times read back what they write, before 1970 too") {
    for (const std::uint32_t time :
         {0U, 1U, 1'700'000'000U, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU}) {
        std::string text;
        json::append_time(time, text);
        CHECK(json::parse_time(text) == time);
    }
    std::string text;
    json::append_time(1'700'000'000U, text);
    CHECK(text == "2023-11-14T22:13:20Z");
}

TEST_CASE("times of another form are refused") {
    CHECK(json::parse_time("2024-02-29T00:00:00Z").has_value());
    for (const auto* wrong :
         {"2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-01-01T24:00:00Z",
          "2023-01-01T00:60:00Z", "2023-01-01T00:00:60Z", "2023-01-01 00:00:00Z",
          "2023-01-01T00:00:00", "2023-01-01T00:00:00.0Z", "2039-01-01T00:00:00Z",
          "1900-01-01T00:00:00Z", "-023-01-01T00:00:00Z", ""}) {
        INFO(wrong);
        CHECK_FALSE(json::parse_time(wrong).has_value());
    }
}
