#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tests/support/process.h"
#include "tools/import.h"

namespace idnode::test {

/// A stopped node `88.100` with an empty store but for its prefix, in a folder of its own.
class Node {
  public:
    Node();

    tools::ImportOptions options;  // as the next import will have them

    struct Outcome {
        Result<tools::ImportReport> report;
        std::string out;
        std::string err;
        std::string complaint() const { return report ? "" : report.error().detail; }
    };
    /// Imports a text as standard input.
    Outcome import(const std::string& text);
    /// Imports files that exist.
    Outcome import_files(std::vector<std::string> files);

    /// Writes a file beside the store, and its path.
    std::string file(const std::string& name, const std::string& text) const;
    std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }

    /// The record as JSON, nothing when it is not there.
    std::optional<std::string> record(const std::string& handle) const;
    bool has(const std::string& handle) const { return record(handle).has_value(); }
    bool homes(const std::string& prefix_handle) const;
    model::SuffixCase suffix_case(const std::string& prefix_handle) const;
    std::string exported(const std::string& prefix = "") const;

  private:
    std::unique_ptr<model::RecordStore> open() const;

    testing::ScratchFolder folder_;
};

/// One record with one URL.
std::string line(const std::string& handle, const std::string& url = "http://x");

}  // namespace idnode::test
