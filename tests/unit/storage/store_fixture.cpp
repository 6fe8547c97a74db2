#include "tests/unit/storage/store_fixture.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "proto/handle/value.h"
#include "registry/model/record.h"
#include "storage/codec.h"

namespace idnode::test {

TemporaryFolder::TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "idnode-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Bytes values_of(const std::vector<Line>& lines) {
    std::vector<handle::Value> values;
    for (const Line& line : lines) {
        handle::Value value;
        value.index = line.index;
        value.timestamp = line.timestamp;
        if (!line.is_public) value.permissions = handle::permission::kAdminRead;
        value.type = "URL";
        value.data = to_bytes(line.data);
        values.push_back(std::move(value));
    }
    return handle::encode_values(values);
}

std::vector<Line> lines_of(BytesView values) {
    const auto decoded = handle::decode_values(values);
    REQUIRE(decoded);
    std::vector<Line> lines;
    for (const handle::Value& value : *decoded) {
        lines.push_back({value.index, std::string(as_text(value.data)),
                         (value.permissions & handle::permission::kPublicRead) != 0,
                         value.timestamp});
    }
    return lines;
}

model::Edit put(std::string handle, const std::vector<Line>& lines) {
    model::Edit edit;
    edit.handle = std::move(handle);
    edit.values = values_of(lines);
    return edit;
}

model::Edit put(std::string handle, std::string data) {
    return put(std::move(handle), {{1, std::move(data)}});
}

model::Edit erase(std::string handle) {
    model::Edit edit;
    edit.kind = model::Edit::Kind::kErase;
    edit.handle = std::move(handle);
    return edit;
}

model::Edit home(std::string prefix_handle, model::SuffixCase suffix_case) {
    model::Edit edit;
    edit.kind = model::Edit::Kind::kHome;
    edit.handle = std::move(prefix_handle);
    edit.suffix_case = suffix_case;
    return edit;
}

model::Edit unhome(std::string prefix_handle) {
    model::Edit edit = home(std::move(prefix_handle));
    edit.kind = model::Edit::Kind::kUnhome;
    return edit;
}

model::Change change_of(std::vector<model::Edit> edits) {
    return {"300:0.NA/88.100", std::move(edits)};
}

model::Committed must_commit(model::RecordStore& store, std::vector<model::Edit> edits) {
    const auto committed = store.commit(change_of(std::move(edits)));
    if (!committed) FAIL(committed.error().detail);
    return *committed;
}

std::optional<Found> find(const model::RecordStore& store, std::string_view handle,
                          model::SuffixCase suffix_case) {
    std::optional<Found> found;
    const auto read = store.read(model::key_of(handle, suffix_case), model::ReadTier::kAny,
                                 [&found](const model::RecordView& view) {
                                     found = Found{std::string(view.handle), view.version,
                                                   view.all_public, lines_of(view.values)};
                                 });
    if (!read) FAIL(read.error().detail);
    REQUIRE(*read == (found ? model::Lookup::kFound : model::Lookup::kNotFound));
    return found;
}

std::string data_of(const model::RecordStore& store, std::string_view handle) {
    const auto found = find(store, handle);
    return found && !found->lines.empty() ? found->lines.front().data : std::string();
}

std::vector<std::string> scan(const model::RecordStore& store, std::string_view key_prefix,
                              std::string_view after_key) {
    std::vector<std::string> handles;
    const auto cursor = store.scan(key_prefix, after_key);
    for (;;) {
        const auto record = cursor->next();
        if (!record) FAIL(record.error().detail);
        if (!*record) return handles;
        handles.emplace_back((*record)->handle);
    }
}

std::vector<model::LogEntry> whole_log(const model::RecordStore& store) {
    const auto entries = store.read_log(0, 0, 1'000'000);
    if (!entries) FAIL(entries.error().detail);
    return *entries;
}

}  // namespace idnode::test
