#include "tools/export.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <sstream>

#include "node.h"

using namespace idnode;
using test::line;
using test::Node;

namespace {

constexpr const char* kEmptyPrefixHandle = "{\"handle\":\"0.NA/88.100\",\"values\":[]}\n";

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

Result<std::uint64_t> export_to(const Node& node, const std::filesystem::path& file) {
    std::ostringstream out;
    std::ostringstream err;
    return tools::run_export(
        {.store = node.options.store, .prefix = "", .file = file, .quiet = true}, out, err);
}

}  // namespace

TEST_CASE("an export has all records in the order of their keys") {
    Node node;
    REQUIRE(node.import(line("88.100.70/a") + line("88.100.7/b") + line("88.100.7/A") +
                        line("0.NA/88.100.7") + line("0.NA/88.100.70"))
                .complaint() == "");
    CHECK(node.exported() == kEmptyPrefixHandle + line("0.NA/88.100.7") + line("0.NA/88.100.70") +
                                 line("88.100.7/A") + line("88.100.7/b") + line("88.100.70/a"));
}

TEST_CASE("an export of one prefix has its records alone") {
    Node node;
    REQUIRE(node.import(line("88.100.7/a") + line("88.100.70/b")).complaint() == "");
    CHECK(node.exported("88.100.7") == line("88.100.7/a"));
    CHECK(node.exported("88.100.9").empty());
}

TEST_CASE("an export replaces a file, but nothing else") {
    Node node;
    REQUIRE(node.import(line("88.100.7/a")).complaint() == "");
    const std::filesystem::path there = node.path("there");
    REQUIRE(mkfifo(there.c_str(), 0600) == 0);
    const auto exported = export_to(node, there);
    REQUIRE_FALSE(exported);
    CHECK(exported.error().detail.find("redirect the output") != std::string::npos);
    CHECK(std::filesystem::is_fifo(there));
}

TEST_CASE("the export of an import of an export is the same, octet by octet") {
    Node node;
    REQUIRE(
        node.import(
                line("88.100.7/Ä\\u0001") + line("88.100.8/x", "http://é") +
                R"({"handle":"88.100.8/odd","values":[)"
                R"({"index":7,"type":"HS_ADMIN","data":{"format":"base64","value":"AAE="},"ttl":0},)"
                R"({"index":2,"type":"X","data":{"format":"hex","value":"00ff"},"permissions":"00001111",)"
                R"("ttl":"2033-05-18T03:33:20Z","timestamp":"1969-12-31T23:59:59Z",)"
                R"("references":[{"handle":"88.100.7/y","index":-1}]}]})"
                "\n")
            .complaint()
            .find("control character") != std::string::npos);
    REQUIRE(
        node.import(
                line("88.100.7/Ä") + line("88.100.8/x", "http://é") +
                R"({"handle":"88.100.8/odd","values":[)"
                R"({"index":7,"type":"HS_ADMIN","data":{"format":"base64","value":"AAE="},"ttl":0},)"
                R"({"index":2,"type":"X","data":{"format":"hex","value":"00ff"},"permissions":"11110001",)"
                R"("ttl":"2033-05-18T03:33:20Z","timestamp":"1969-12-31T23:59:59Z",)"
                R"("references":[{"handle":"88.100.7/y","index":-1}]}]})"
                "\n")
            .complaint() == "");
    const std::string first = node.exported();
    Node other;
    REQUIRE(other.import(first).complaint() == "");
    CHECK(other.exported() == first);
}

TEST_CASE("an export to a file replaces it whole and leaves nothing beside it") {
    Node node;
    const auto file = node.path("records.json");
    node.file("records.json",
              "what was there before, and was longer than what comes now, by far\n");
    CHECK(export_to(node, file).value() == 1);
    CHECK(read_file(file) == kEmptyPrefixHandle);
    CHECK_FALSE(std::filesystem::exists(node.path("records.json.tmp")));
}

TEST_CASE("an exported file is for its owner alone: it may hold secret keys") {
    Node node;
    const auto file = node.path("records.json");
    REQUIRE(export_to(node, file).has_value());
    struct stat status{};
    REQUIRE(stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
}

TEST_CASE("an export to a place that cannot be written is refused and named") {
    Node node;
    const auto result = export_to(node, "/nowhere/records.json");
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().detail.find("/nowhere/records.json.tmp: cannot be written") == 0);
}

TEST_CASE("an export that cannot be put in place leaves nothing beside it") {
    Node node;
    std::filesystem::create_directory(node.path("taken"));
    const auto result = export_to(node, node.path("taken"));
    REQUIRE_FALSE(result.has_value());
    CHECK_FALSE(std::filesystem::exists(node.path("taken.tmp")));
}
