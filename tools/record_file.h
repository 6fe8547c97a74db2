#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

/// Records in the binary form of exports: faster to write and to read than lines of JSON, and
/// whoever reads knows whether all of it is there.
///
///   file:   magic (8), u32 format, u32 octets of prefixes, prefixes, blocks, end
///   prefix: u16 length, prefix of records; u8: 1 when its prefix handle is among them
///   block:  u32 records, not 0; u32 octets of the frame; LZ4 frame with length and checksum
///   end:    u32 0, u64 records of all blocks; nothing follows
///   frame:  of each record u16 length, handle as spelled, u32 length, `VALUES` (§0.1)
///
/// Numbers are big-endian. An export is in the order of keys and names the prefixes of all records:
/// an import need not gather them before it writes. It takes any order, and prefixes that are not
/// named.
namespace idnode::tools::record_file {

inline constexpr std::string_view kMagic{"\x89IDNODE\n", 8};  // stored
inline constexpr std::uint32_t kFormat = 2;                   // stored; 1 had no prefixes
inline constexpr std::size_t kHeaderBytes = 16;
/// Room for the prefixes of a hundred thousand enterprises; when there are more, none is named.
inline constexpr std::size_t kPrefixesBytesMax = 4U << 20U;
inline constexpr std::size_t kBlockHeadBytes = 8;
inline constexpr std::size_t kEndBytes = 12;
/// A block is full when it has so many octets; one record may reach beyond.
inline constexpr std::size_t kBlockBytes = 1U << 20U;
inline constexpr std::size_t kBlockBytesMax = 2U << 20U;
inline constexpr std::size_t kFrameBytesMax = kBlockBytesMax + (64U << 10U);

/// Gathers records of one block.
class Block {
  public:
    /// `handle` and `values` are within the limits of what a store holds.
    void add(std::string_view handle, BytesView values);
    bool is_full() const { return octets_.size() >= kBlockBytes; }
    bool is_empty() const { return count_ == 0; }
    std::uint32_t count() const { return count_; }
    /// Appends the block as it lies in the file.
    void write(std::string& out) const;
    void clear();
    BytesView octets() const { return octets_; }

  private:
    Bytes octets_;
    std::uint32_t count_ = 0;
};

struct Prefix {
    std::string name;
    bool has_handle = false;  // its prefix handle is among the records
    bool operator==(const Prefix&) const = default;
};

/// `prefixes`: of all records, or none.
void write_header(const std::vector<Prefix>& prefixes, std::string& out);
void write_end(std::uint64_t records, std::string& out);

/// How many octets of prefixes follow after the first kHeaderBytes, which `octets` are. kInvalid,
/// kUnsupported: not a file that this program reads.
Result<std::size_t> read_header(std::string_view octets);
/// From so many octets. kInvalid: damaged.
Result<std::vector<Prefix>> read_prefixes(std::string_view octets);

/// Of a file that is too short for its header.
Error ends_in_header();

struct BlockHead {
    std::uint32_t records = 0;  // 0: the end
    std::uint32_t frame_bytes = 0;
};
/// From kBlockHeadBytes octets; the second number of an end mark is meaningless.
Result<BlockHead> read_block_head(std::string_view octets);
/// From the kEndBytes octets of the end mark.
std::uint64_t read_end(std::string_view octets);

/// The octets of a frame into `out`. kInvalid: damaged.
Result<void> open_frame(std::string_view frame, Bytes& out);

struct Record {
    std::string_view handle;
    BytesView values;  // not looked at
};
/// Walks the records of an opened frame.
class Records {
  public:
    Records(BytesView octets, std::uint32_t count) : octets_(octets), left_(count) {}
    /// Nothing at the end. kInvalid: the octets are not `count` records.
    Result<std::optional<Record>> next();

  private:
    BytesView octets_;
    std::uint32_t left_;
};

}  // namespace idnode::tools::record_file
