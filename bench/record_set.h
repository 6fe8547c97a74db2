#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/record_generator.h"
#include "proto/base/result.h"

namespace idnode::bench {

/// What is asked for and what must come back: the handles of an import file and a hash of each
/// record's public values. About 16 octets a record and the handle itself; the file is not needed
/// once it is loaded. The values are read with code of our own, not with the importer's, so that
/// an error in the importer shows as a wrong answer.
class RecordSet {
  public:
    std::size_t size() const { return entries_.size(); }
    std::string_view handle(std::size_t record) const {
        const std::uint64_t place = entries_[record].place;
        return std::string_view(handles_).substr(place >> kLengthBits, place & kLengthMask);
    }
    /// Sum of `hash_value` over the record's public values.
    std::uint64_t values_hash(std::size_t record) const { return entries_[record].values_hash; }

    /// kLimit: longer than any handle may be.
    Result<void> add(std::string_view handle, std::uint64_t values_hash);

    /// Writes the set in a form of this machine and program, which `load_records` reads ten times
    /// as fast as an import file.
    Result<void> save(const std::filesystem::path& file) const;
    /// Reads what `save` wrote.
    static Result<RecordSet> load(const std::filesystem::path& file, std::string_view saved);

  private:
    static constexpr unsigned kLengthBits = 12;  // limits::kHandleBytesMax fits
    static constexpr std::uint64_t kLengthMask = (1U << kLengthBits) - 1;

    struct Entry {
        std::uint64_t values_hash;
        std::uint64_t place;  // offset in `handles_`, then kLengthBits of length
    };
    std::vector<Entry> entries_;
    std::string handles_;
};

/// Reads an import file, one JSON record a line, or a file of `RecordSet::save`. kInvalid with file
/// and line: not such a record, or a data format that this tool does not know (it knows string,
/// base64, admin and site). A record without any public value cannot be asked for by a stranger and
/// is left out.
Result<RecordSet> load_records(const std::filesystem::path& file);

/// The same of the first `count` records that the generator makes, without a file.
Result<RecordSet> generate_records(const RecordGenerator& generator, std::uint64_t count);

}  // namespace idnode::bench
