#include "node.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <utility>

#include "proto/handle/site.h"
#include "registry/json/record_json.h"
#include "storage/stores.h"
#include "tools/export.h"
#include "tools/system_clock.h"

namespace idnode::test {

Node::Node() {
    options.store.dir = path("data");
    options.own_prefix = "88.100";
    options.site = handle::encode_site(handle::Site{});
    options.quiet = true;
    options.memory_bytes = 32U << 20U;
    storage::RocksOptions made = options.store;
    made.create = true;
    const tools::SystemClock clock;
    const auto store = storage::open_rocks_store(made, clock);
    REQUIRE(store.has_value());
    model::Edit home;
    home.kind = model::Edit::Kind::kHome;
    home.handle = "0.NA/88.100";
    model::Edit put;
    put.handle = "0.NA/88.100";
    put.values = model::encode_record_values({put.handle, {}}).value();
    REQUIRE((*store)->commit({.who = "init", .edits = {home, put}}).has_value());
}

Node::Outcome Node::import(const std::string& text) {
    options.files = {"-"};
    std::istringstream in(text);
    std::ostringstream out;
    std::ostringstream err;
    auto report = tools::run_import(options, {in, out, err});
    return {std::move(report), out.str(), err.str()};
}

Node::Outcome Node::import_files(std::vector<std::string> files) {
    options.files = std::move(files);
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    auto report = tools::run_import(options, {in, out, err});
    return {std::move(report), out.str(), err.str()};
}

std::string Node::file(const std::string& name, const std::string& text) const {
    std::ofstream out(path(name), std::ios::binary);
    out << text;
    return path(name).string();
}

std::unique_ptr<model::RecordStore> Node::open() const {
    static const tools::SystemClock clock;
    storage::RocksOptions read = options.store;
    read.read_only = true;
    auto store = storage::open_rocks_store(read, clock);
    if (!store) FAIL(store.error().detail);
    return std::move(*store);
}

std::optional<std::string> Node::record(const std::string& handle) const {
    const auto store = open();
    const auto setting = store->prefixes().current()->find(
        model::prefix_handle_of(model::split_handle(handle).prefix));
    std::optional<std::string> out;
    const auto found =
        store->read(model::key_of(handle, setting.value_or(model::SuffixCase::kFold)),
                    model::ReadTier::kAny, [&](const model::RecordView& view) {
                        out.emplace();
                        CHECK(json::write_record(view.handle, view.values, *out).has_value());
                    });
    REQUIRE(found.has_value());
    return out;
}

bool Node::homes(const std::string& prefix_handle) const {
    return open()->prefixes().current()->contains(prefix_handle);
}

model::SuffixCase Node::suffix_case(const std::string& prefix_handle) const {
    return open()->prefixes().current()->find(prefix_handle).value();
}

std::string Node::exported(const std::string& prefix) const {
    std::ostringstream out;
    std::ostringstream err;
    const auto count = tools::run_export(
        {.store = options.store, .prefix = prefix, .file = {}, .quiet = true}, out, err);
    if (!count) FAIL(count.error().detail);
    return out.str();
}

std::string line(const std::string& handle, const std::string& url) {
    return R"({"handle":")" + handle + R"(","values":[{"index":1,"type":"URL","data":{"format":)" +
           R"("string","value":")" + url + R"("},"ttl":86400}]})" + "\n";
}

}  // namespace idnode::test
