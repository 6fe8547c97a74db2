#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "proto/base/result.h"
#include "tools/import_blocks.h"
#include "tools/remote.h"

/// Imports over the network: each record is registered on its own, many at a time.
namespace idnode::tools {

struct RemoteImportOptions {
    RemoteOptions remote;
    std::vector<std::string> files;  // `-`: standard input
    ImportFormat format = ImportFormat::kDetect;
    /// Records that exist are replaced. So an import that was broken off is simply run again.
    bool overwrite = false;
    bool keep_going = false;
    std::filesystem::path errors_file;  // empty: none
    bool json = false;
    bool quiet = false;
    unsigned connections = 4;
};

struct RemoteImportReport {
    std::uint64_t created = 0;
    std::uint64_t replaced = 0;
    std::uint64_t refused = 0;
    bool no_answer = false;
    double seconds = 0;
};

/// Prints the totals to `out`, progress and what was refused, with file and line, to `err`. Without
/// `keep_going` it ends at the first record that is refused; what was registered before stays.
/// Errors: nothing could be begun.
Result<RemoteImportReport> import_remotely(const RemoteImportOptions& options, std::istream& in,
                                           std::ostream& out, std::ostream& err);

}  // namespace idnode::tools
