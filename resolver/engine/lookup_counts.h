#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace idnode::resolver {

/// How many lookups were answered with a record, by prefix. Each thread counts in a table of its
/// own, which it alone writes: on the way of a lookup there is no lock, no octet that two threads
/// write, and no allocation but the first time. A table has room for some thousand prefixes; what
/// has no place in it is not counted.
class LookupCounts {
  public:
    LookupCounts();
    ~LookupCounts();
    LookupCounts(const LookupCounts&) = delete;
    LookupCounts& operator=(const LookupCounts&) = delete;

    /// `prefix` is folded. From any thread.
    void count(std::string_view prefix);
    /// What was counted since the last call. By one thread at a time.
    std::map<std::string, std::uint64_t> take();

  private:
    class Table;
    Table& own_table();

    const std::uint64_t number_;  // of this object among all that there were
    std::mutex mutex_;
    std::map<std::thread::id, std::unique_ptr<Table>> tables_;
};

}  // namespace idnode::resolver
