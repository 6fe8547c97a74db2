#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace idnode::bench {

/// Writes industrial identifier records in the import form, one JSON object and a newline each.
/// Record `number` depends on the seed and the number alone: any part of a set can be made again,
/// anywhere. No two numbers have the same handle, even when ASCII case is folded.
class RecordGenerator {
  public:
    struct Options {
        std::uint64_t seed = 1;
        std::uint32_t enterprises = 50;  // prefixes 88.100.1, 88.100.2, …; at least 1
    };

    explicit RecordGenerator(const Options& options);

    void append_record(std::uint64_t number, std::string& out) const;

  private:
    struct Enterprise {
        std::uint32_t number = 0;
        std::string prefix;
        std::string url_base;
        std::uint32_t first_line = 0;  // of its product lines; an enterprise keeps a few
        std::uint32_t lines = 1;
    };

    const Enterprise& enterprise_at(std::uint64_t point) const;

    std::uint64_t seed_;
    std::vector<Enterprise> enterprises_;
    // Ends of each enterprise's share of the numbers 0 … shares_.back(): sizes fall like 1/rank.
    std::vector<std::uint64_t> shares_;
};

}  // namespace idnode::bench
