#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/model/identifier.h"
#include "storage/stores.h"
#include "tools/import_blocks.h"

namespace idnode::tools {

struct ImportOptions {
    std::vector<std::string> files;  // `-`: standard input
    ImportFormat format = ImportFormat::kDetect;
    storage::RocksOptions store;
    std::string own_prefix;
    Bytes site;  // this node's site record, for prefix handles that are made here
    model::SuffixCase suffix_case = model::SuffixCase::kFold;  // of prefixes homed now
    unsigned max_levels = 3;
    bool home_foreign = false;
    bool keep_going = false;
    std::filesystem::path errors_file;  // empty: none
    bool json = false;
    bool quiet = false;
    unsigned threads = 2;                      // that parse
    std::uint64_t memory_bytes = 1ULL << 30U;  // before records are spilled to disk
};

struct ImportReport {
    std::uint64_t created = 0;
    std::uint64_t replaced = 0;
    std::uint64_t unchanged = 0;
    std::uint64_t homed = 0;
    std::uint64_t refused = 0;
    double seconds = 0;

    std::uint64_t records() const { return created + replaced + unchanged; }
};

/// Where an import reads and speaks.
struct ImportStreams {
    std::istream& in;   // standard input
    std::ostream& out;  // the totals
    std::ostream& err;  // progress and bad lines
};

/// Loads files into the store of a stopped node: all of it or, after an error, nothing. Prints the
/// totals. kInvalid: a line that cannot be loaded, as `file:line: what`, unless `keep_going` skips
/// such lines. Other errors are those of the store.
Result<ImportReport> run_import(const ImportOptions& options, ImportStreams streams);

/// `ndjson`, `csv`, `root-info`, `binary` or `detect`.
Result<ImportFormat> parse_import_format(std::string_view name);

}  // namespace idnode::tools
