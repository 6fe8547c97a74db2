#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "node.h"
#include "registry/json/record_json.h"
#include "registry/model/record.h"

using namespace idnode;
using test::line;
using test::Node;
namespace bj = boost::json;

namespace {

std::string one_line(const std::string& handle) {
    std::string out = line(handle);
    out.pop_back();
    return out;
}

/// The published root information, which is not part of the sources.
std::filesystem::path root_handles_file() {
    if (const char* named = std::getenv("IDNODE_ROOT_HANDLES")) return named;
    return IDNODE_SOURCE_DIR "/../shared/data/root-handles.json";
}

}  // namespace

TEST_CASE("a root information file is recognised and loaded") {
    Node node;
    node.options.home_foreign = true;
    const auto outcome =
        node.import("{\n \"lastUpdate\" : 1700000000000,\n \"handles\" : {\"0.NA/0.NA\":" +
                    one_line("0.NA/0.NA") + ",\"0.GHR/86\":" + one_line("0.ghr/86") + "}}");
    REQUIRE(outcome.complaint() == "");
    CHECK(outcome.report->created == 2);
    CHECK(node.has("0.NA/0.NA"));
    CHECK(node.has("0.GHR/86"));
    CHECK(node.homes("0.NA/0.GHR"));
    CHECK_FALSE(node.has("0.NA/0.GHR"));
}

TEST_CASE("a bad record of a root information file is named by its handle") {
    Node node;
    node.options.home_foreign = true;
    const auto broken = node.import(R"({"handles":{"0.0/0.0":)" + one_line("0.0/0.0") +
                                    R"(,"0.NA/0.NA":{"handle":"0.NA/0.NA"}}})");
    CHECK(broken.complaint().find("standard input: handles.0.NA/0.NA: values: is missing") == 0);
    const auto other = node.import(R"({"handles":{"0.0/0.0":)" + one_line("0.NA/0.NA") + "}}");
    CHECK(other.complaint().find("standard input: handles.0.0/0.0.handle: is not the name") == 0);
    CHECK(node.import(R"({"lastUpdate":1,"handles":[]})").complaint() ==
          "standard input: handles: must be an object");
    CHECK_FALSE(node.has("0.0/0.0"));
}

TEST_CASE("global handles of a root information file need the operator's word") {
    Node node;
    CHECK(node.import(R"({"handles":{"0.GHR/86":)" + one_line("0.GHR/86") + "}}")
              .complaint()
              .find("prefix 0.GHR is not under this node's prefix") != std::string::npos);
}

TEST_CASE("the published root handles are loaded, and each comes out as it went in") {
    const auto file = root_handles_file();
    if (!std::filesystem::exists(file)) {
        WARN("not tried: there is no " + file.string() +
             "; name the published root information in IDNODE_ROOT_HANDLES");
        return;
    }
    Node node;
    node.options.home_foreign = true;
    const auto outcome = node.import_files({file.string()});
    REQUIRE(outcome.complaint() == "");
    std::ifstream in(file);
    const bj::value published = bj::parse(std::string{std::istreambuf_iterator<char>(in), {}});
    const auto& handles = published.at("handles").as_object();
    REQUIRE_FALSE(handles.empty());
    for (const auto& entry : handles) {
        const std::string name(entry.key().data(), entry.key().size());
        INFO(name);
        auto stored = node.record(name);
        REQUIRE(stored.has_value());
        bj::value shown = bj::parse(*stored);
        // The published file keeps its values in another order.
        auto expected = entry.value();
        const auto by_index = [](const bj::value& a, const bj::value& b) {
            return a.at("index").as_int64() < b.at("index").as_int64();
        };
        auto& values = expected.at("values").as_array();
        std::sort(values.begin(), values.end(), by_index);
        CHECK(shown == expected);
    }
}
