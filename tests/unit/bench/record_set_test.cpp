#include "bench/record_set.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench/hash.h"
#include "bench/record_generator.h"
#include "tests/unit/bench/support.h"

using namespace idnode;
using namespace idnode::bench;
using idnode::bench::test::TemporaryFile;

namespace {

std::uint64_t text_value(std::int32_t index, std::string_view type, std::string_view data) {
    return hash_value(index, type, hash64(data));
}

}  // namespace

TEST_CASE("a record's handle and its values' hash are kept, whatever the order of values") {
    const TemporaryFile file(
        R"({"handle":"88.100.1/a","values":[{"index":1,"type":"URL","data":{"format":"string","value":"http://y"},"ttl":1},{"index":2,"type":"DESC","data":"泵\n"}]})"
        "\n"
        R"({"values":[{"data":{"value":"5rO1Cg==","format":"base64"},"type":"DESC","index":2},{"index":1,"type":"URL","data":"http:\/\/y"}],"handle":"88.100.1/b"})");
    const auto records = load_records(file.path());
    REQUIRE(records.has_value());
    REQUIRE(records->size() == 2);
    CHECK(records->handle(0) == "88.100.1/a");
    CHECK(records->handle(1) == "88.100.1/b");
    const std::uint64_t expected = text_value(1, "URL", "http://y") + text_value(2, "DESC", "泵\n");
    CHECK(records->values_hash(0) == expected);
    CHECK(records->values_hash(1) == expected);
}

TEST_CASE("an administrator value is hashed in its binary form") {
    const TemporaryFile file(
        R"({"handle":"88.100.1/a","values":[{"index":100,"type":"HS_ADMIN","data":{"format":"admin","value":{"handle":"0.NA/88.100","index":200,"permissions":"111111111111"}}}]})");
    const auto records = load_records(file.path());
    REQUIRE(records.has_value());
    // The example of section 2.5.
    constexpr char kData[] =
        "\x0f\xff\x00\x00\x00\x0b"
        "0.NA/88.100"
        "\x00\x00\x00\xc8";
    CHECK(records->values_hash(0) ==
          text_value(100, "HS_ADMIN", std::string_view(kData, sizeof kData - 1)));
}

TEST_CASE("values that strangers do not get are not expected") {
    const TemporaryFile file(
        R"({"handle":"88.100.1/a","values":[{"index":1,"type":"URL","data":"u","permissions":"1110"},{"index":2,"type":"COST","data":"7","permissions":"1100"}]})"
        "\n"
        R"({"handle":"88.100.1/hidden","values":[{"index":2,"type":"COST","data":"7","permissions":"1100"}]})");
    const auto records = load_records(file.path());
    REQUIRE(records.has_value());
    REQUIRE(records->size() == 1);
    CHECK(records->values_hash(0) == text_value(1, "URL", "u"));
}

TEST_CASE("a broken line is named by file and number") {
    for (
        const char* broken :
        {"{\"handle\":\"88.100.1/x\",\"values\":[", "[]", "{\"values\":[]}",
         R"({"handle":"88.100.1/x","values":[{"index":1,"type":"T","data":{"format":"key","value":{}}}]})",
         R"({"handle":"88.100.1/x","values":[{"index":1,"type":"T","data":{"format":"base64","value":"?"}}]})"}) {
        const TemporaryFile file(
            R"({"handle":"88.100.1/a","values":[{"index":1,"type":"URL","data":"u"}]})"
            "\n" +
            std::string(broken) + "\n");
        const auto records = load_records(file.path());
        INFO(broken);
        REQUIRE_FALSE(records.has_value());
        CHECK(records.error().code == Errc::kInvalid);
        CHECK(records.error().detail.find(file.path().string() + ":2: ") == 0);
    }
}

TEST_CASE("an empty or absent file is refused") {
    const TemporaryFile empty("");
    CHECK_FALSE(load_records(empty.path()).has_value());
    CHECK_FALSE(load_records(empty.path().string() + ".absent").has_value());
}

TEST_CASE("everything that the generator writes can be loaded") {
    const RecordGenerator generator({.seed = 4});
    std::string text;
    for (std::uint64_t i = 0; i < 3'000; ++i) generator.append_record(i, text);
    const TemporaryFile file(text);
    const auto records = load_records(file.path());
    REQUIRE(records.has_value());
    CHECK(records->size() == 3'000);
}

TEST_CASE("records that the generator makes are expected as those of its file are") {
    const RecordGenerator generator({.seed = 4});
    std::string text;
    for (std::uint64_t i = 0; i < 1'000; ++i) generator.append_record(i, text);
    const TemporaryFile file(text);
    const auto loaded = load_records(file.path());
    const auto generated = generate_records(generator, 1'000);
    REQUIRE(loaded.has_value());
    REQUIRE(generated.has_value());
    REQUIRE(generated->size() == loaded->size());
    for (std::size_t i = 0; i < loaded->size(); ++i) {
        CHECK(generated->handle(i) == loaded->handle(i));
        CHECK(generated->values_hash(i) == loaded->values_hash(i));
    }
}

TEST_CASE("a set that was saved is read back, and refused when anything of it is missing") {
    const auto records = generate_records(RecordGenerator({.seed = 4}), 20);
    REQUIRE(records.has_value());
    const TemporaryFile file("");
    REQUIRE(records->save(file.path()).has_value());
    const auto read = load_records(file.path());
    REQUIRE(read.has_value());
    REQUIRE(read->size() == records->size());
    for (std::size_t i = 0; i < read->size(); ++i) {
        CHECK(read->handle(i) == records->handle(i));
        CHECK(read->values_hash(i) == records->values_hash(i));
    }
    for (auto size = std::filesystem::file_size(file.path()); size > 0;) {
        std::filesystem::resize_file(file.path(), --size);
        CHECK_FALSE(load_records(file.path()).has_value());
    }
}
