#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "registry/model/ports.h"
#include "storage/stores.h"

/// What the tests of the store share: a clock that is set, a folder that goes away, both engines.
namespace idnode::test {

class SetClock final : public model::Clock {
  public:
    model::TimeMs now() const override { return now_.load(); }
    void set(model::TimeMs now) { now_.store(now); }

  private:
    std::atomic<model::TimeMs> now_{1'700'000'000'000};
};

/// A new folder, removed with everything in it.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

struct MemoryEngine {
    SetClock clock;
    std::unique_ptr<model::RecordStore> store = storage::make_memory_store(clock);
};

/// What the value says: enough to make records that differ.
struct Line {
    std::int32_t index = 1;
    std::string data;
    bool is_public = true;
    std::uint32_t timestamp = 0;

    bool operator==(const Line&) const = default;
};
Bytes values_of(const std::vector<Line>& lines);
std::vector<Line> lines_of(BytesView values);

model::Edit put(std::string handle, const std::vector<Line>& lines);
model::Edit put(std::string handle, std::string data);
model::Edit erase(std::string handle);
model::Edit home(std::string prefix_handle,
                 model::SuffixCase suffix_case = model::SuffixCase::kFold);
model::Edit unhome(std::string prefix_handle);
model::Change change_of(std::vector<model::Edit> edits);
/// Commits and requires success.
model::Committed must_commit(model::RecordStore& store, std::vector<model::Edit> edits);

/// A record as read, owning its octets.
struct Found {
    std::string handle;
    model::TransactionId version = 0;
    bool all_public = false;
    std::vector<Line> lines;

    bool operator==(const Found&) const = default;
};
std::optional<Found> find(const model::RecordStore& store, std::string_view handle,
                          model::SuffixCase suffix_case = model::SuffixCase::kFold);
/// The data of the record's first value; empty when there is none.
std::string data_of(const model::RecordStore& store, std::string_view handle);
/// Handles as spelled, in key order.
std::vector<std::string> scan(const model::RecordStore& store, std::string_view key_prefix,
                              std::string_view after_key = {});
std::vector<model::LogEntry> whole_log(const model::RecordStore& store);

}  // namespace idnode::test
