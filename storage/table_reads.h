#pragma once

#include <memory>

namespace rocksdb {
class Env;
}

/// How lookups read table files: from the page cache in place, and never waiting for the disk.
namespace idnode::storage {

/// As long as one lives, reads of table files by its thread are answered from the page cache or end
/// with `Busy`. Reads are as before where the files are not those of `table_env`.
class ReadsAtOnce {
  public:
    ReadsAtOnce();
    ~ReadsAtOnce();
    ReadsAtOnce(const ReadsAtOnce&) = delete;
    ReadsAtOnce& operator=(const ReadsAtOnce&) = delete;
};

/// The machine's files, with table files that `ReadsAtOnce` works on. `mapped`: such reads look at
/// the mapped file (a microsecond less), and do wait where it is not in memory after all.
std::unique_ptr<rocksdb::Env> table_env(bool mapped);

}  // namespace idnode::storage
