#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>

#include "proto/base/result.h"
#include "storage/stores.h"

namespace idnode::tools {

enum class ExportForm : std::uint8_t {
    kNdjson,
    kBinary,  // record_file.h
};

struct ExportOptions {
    storage::RocksOptions store;  // opened for reading only
    ExportForm form = ExportForm::kNdjson;
    std::string prefix;          // records of this prefix alone; empty: all
    std::filesystem::path file;  // empty: the stream
    bool quiet = false;
};

/// Writes all records in key order, in a form that an import takes. A file appears
/// whole or not at all: it is written beside its place, flushed to the disk and renamed. Returns
/// the number of records.
Result<std::uint64_t> run_export(const ExportOptions& options, std::ostream& out,
                                 std::ostream& err);

}  // namespace idnode::tools
