#include "bench/record_generator.h"

#include <simdjson.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_set>

#include "proto/base/text.h"

using idnode::bench::RecordGenerator;

namespace {

std::string generate(const RecordGenerator::Options& options, std::uint64_t start,
                     std::uint64_t count) {
    const RecordGenerator generator(options);
    std::string out;
    for (std::uint64_t i = 0; i < count; ++i) generator.append_record(start + i, out);
    return out;
}

}  // namespace

TEST_CASE("the same seed gives the same octets, another seed others") {
    CHECK(generate({.seed = 5}, 0, 1'000) == generate({.seed = 5}, 0, 1'000));
    CHECK(generate({.seed = 5}, 0, 1'000) != generate({.seed = 6}, 0, 1'000));
}

TEST_CASE("the octets of the first records are fixed for all time") {
    // Published figures name a seed: whoever repeats them must get the same records.
    CHECK(
        generate({.seed = 1}, 1, 1) ==
        R"({"handle":"88.100.20/P-00000001","values":[)"
        R"({"index":1,"type":"URL","data":{"format":"string","value":"https://id.plant20.example.cn/q/00000001"},"ttl":86400,"timestamp":"2025-08-09T11:16:44Z"},)"
        R"({"index":2,"type":"DESC","data":{"format":"string","value":"数控车床主轴箱 CK6150-ZX"},"ttl":86400,"timestamp":"2025-08-09T11:16:44Z"},)"
        R"({"index":3,"type":"MFG","data":{"format":"string","value":"batch=20250809-27;line=1;检验=返工合格"},"ttl":3600,"timestamp":"2025-08-09T11:16:44Z"},)"
        R"({"index":6,"type":"META","data":{"format":"base64","value":"vO9mEQHh2XyC/QMPu89YeXmP1a7FJ+kVcGVvF1irBUeV3R+QIe2xDnA3VqHqDKEhff+9oBuqR1M0sikcCmyadivmjdk/"},"ttl":86400,"timestamp":"2025-08-09T11:16:44Z"},)"
        R"({"index":100,"type":"HS_ADMIN","data":{"format":"admin","value":{"handle":"0.NA/88.100.20","index":200,"permissions":"011111110011"}},"ttl":86400,"timestamp":"2025-08-09T11:16:44Z"}]})"
        "\n");
}

TEST_CASE("a later part of a set is the same as when the whole set is made") {
    const std::string whole = generate({.seed = 2}, 0, 500);
    CHECK(whole == generate({.seed = 2}, 0, 200) + generate({.seed = 2}, 200, 300));
}

TEST_CASE("every record is a line of JSON in the import form") {
    std::set<std::string> types;
    simdjson::dom::parser parser;
    for (std::uint64_t number = 0; number < 5'000; ++number) {
        const std::string line = generate({}, number, 1);
        REQUIRE(line.find('\n') == line.size() - 1);
        const simdjson::dom::element record = parser.parse(line);
        const auto handle = std::string(std::string_view(record["handle"]));
        INFO(handle);
        REQUIRE(handle.starts_with("88.100."));
        REQUIRE(handle.find('/') != std::string::npos);
        REQUIRE(idnode::is_utf8(line));

        std::int64_t last_index = 0;
        for (const simdjson::dom::element value : simdjson::dom::array(record["values"])) {
            const std::int64_t index = value["index"];
            REQUIRE(index > last_index);
            last_index = index;
            const std::string_view type = value["type"];
            const std::string_view format = value["data"]["format"];
            REQUIRE_FALSE(value["data"]["value"].is_null());
            REQUIRE(std::int64_t(value["ttl"]) > 0);
            const std::string_view stamp = value["timestamp"];
            REQUIRE(stamp.size() == 20);
            REQUIRE(stamp.back() == 'Z');
            types.insert(std::string(type) + " " + std::string(format));
        }
        REQUIRE(last_index >= 3);
    }
    CHECK(types == std::set<std::string>{"DESC string", "HS_ADMIN admin", "HS_SITE site",
                                         "META base64", "MFG string", "URL string"});
}

TEST_CASE("no two records share a handle, with ASCII case folded") {
    constexpr std::uint64_t kCount = 100'000;
    const RecordGenerator generator({.seed = 3, .enterprises = 3});
    std::unordered_set<std::string> seen;
    std::string line;
    for (std::uint64_t i = 0; i < kCount; ++i) {
        line.clear();
        // Numbers of every length: a short one must not look like the end of a long one.
        generator.append_record(i * i * i, line);
        const std::size_t start = std::string_view("{\"handle\":\"").size();
        seen.insert(idnode::fold_ascii(line.substr(start, line.find('"', start) - start)));
    }
    CHECK(seen.size() == kCount);
}

TEST_CASE("a single enterprise has the single prefix 88.100.1") {
    const RecordGenerator generator({.enterprises = 1});
    std::string out;
    generator.append_record(17, out);
    CHECK(out.starts_with("{\"handle\":\"88.100.1/"));
}

TEST_CASE("enterprises are of very different sizes") {
    const RecordGenerator generator({.enterprises = 50});
    std::map<std::string, int> sizes;
    std::string line;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        line.clear();
        generator.append_record(i, line);
        ++sizes[line.substr(11, line.find('/') - 11)];
    }
    CHECK(sizes.size() == 50);
    int largest = 0;
    int smallest = 20'000;
    for (const auto& [prefix, size] : sizes) {
        largest = std::max(largest, size);
        smallest = std::min(smallest, size);
    }
    CHECK(largest > 20 * smallest);
}
