#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "proto/base/bytes.h"
#include "storage/readers.h"

namespace rocksdb {
class Env;
}

/// How lookups read table files: from the page cache in place, and never waiting for the disk.
namespace idnode::storage {

/// Where octets lie in a table file.
struct TablePlace {
    std::uint32_t table = 0;  // number of an open file, from 1
    std::uint32_t offset = 0;
    std::uint32_t bytes = 0;
};

/// As long as one lives, reads of table files by its thread are answered from the page cache or end
/// with `Busy`. Reads are as before where the files are not those of `table_env`.
class ReadsAtOnce {
  public:
    ReadsAtOnce();
    ~ReadsAtOnce();
    ReadsAtOnce(const ReadsAtOnce&) = delete;
    ReadsAtOnce& operator=(const ReadsAtOnce&) = delete;

    /// Where what the calling thread's last one gave holds `octets`. The same octets somewhere else
    /// are as good: files do not change.
    static std::optional<TablePlace> place_of(BytesView octets);
};

/// As long as one lives, it is noted what its thread reads from table files, at once or not.
class NotedReads {
  public:
    NotedReads();
    ~NotedReads();
    NotedReads(const NotedReads&) = delete;
    NotedReads& operator=(const NotedReads&) = delete;

    /// Where what was read last holds `octets`, not far behind those that were found before.
    static std::optional<TablePlace> place_of(BytesView octets);
};

/// A table file that is open.
class OpenTable {
  public:
    virtual ~OpenTable() = default;
    /// The octets, in `scratch` or as long as the file is open. Nothing: they are on the disk.
    virtual std::optional<BytesView> read_at_once(std::uint32_t offset, std::uint32_t bytes,
                                                  Bytes& scratch) const = 0;
    /// Has the processor fetch what `read_at_once` will look at.
    virtual void prefetch(std::uint32_t offset, std::uint32_t bytes) const = 0;
};

/// The table files of a store by numbers of our own. Whoever looks for one does so within a
/// `Reading` of `readers` and uses it no longer than that; whoever closes one waits for them. For
/// any thread.
class OpenTables {
  public:
    static constexpr std::uint32_t kNumberMax = (1U << 22U) - 1;

    /// A number that no other file has had. 0: too many are open, or have been.
    std::uint32_t add(const OpenTable& table);
    /// When it returns nobody uses the table any more.
    void remove(std::uint32_t number);
    /// Null: it was closed.
    const OpenTable* find(std::uint32_t number) const;
    Readers& readers() { return readers_; }

  private:
    struct Entry {
        std::atomic<const OpenTable*> table{nullptr};
        std::atomic<std::uint32_t> number{0};
    };
    static constexpr std::size_t kOpenMax = 16'384;

    std::mutex changing_;
    std::uint32_t last_ = 0;
    std::array<Entry, kOpenMax> entries_;
    Readers readers_;
};

/// The machine's files, with table files that `ReadsAtOnce` works on and that `tables` knows.
/// `mapped`: such reads look at the mapped file (a microsecond less), and do wait where it is not
/// in memory after all.
std::unique_ptr<rocksdb::Env> table_env(bool mapped, std::shared_ptr<OpenTables> tables);

}  // namespace idnode::storage
