#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proto/base/assert.h"
#include "proto/base/bytes.h"

namespace idnode {

/// Appends big-endian octets to a buffer that the caller owns and may reuse: a buffer that kept its
/// capacity makes writing free of allocation.
class ByteWriter {
  public:
    explicit ByteWriter(Bytes& out) : out_(out) {}

    void u8(std::uint8_t value) { number(value, 1); }
    void u16(std::uint16_t value) { number(value, 2); }
    void u32(std::uint32_t value) { number(value, 4); }
    void u64(std::uint64_t value) { number(value, 8); }

    void raw(BytesView octets) { out_.insert(out_.end(), octets.begin(), octets.end()); }
    void raw(std::string_view text) { raw(as_bytes_view(text)); }

    /// `BYTES` and `STR` of §0.1.
    void bytes_u32(BytesView octets) {
        u32(static_cast<std::uint32_t>(octets.size()));
        raw(octets);
    }
    void text_u32(std::string_view text) { bytes_u32(as_bytes_view(text)); }

    /// Where the next octet goes; with `patch_u32` for lengths that are known only afterwards.
    std::size_t at() const { return out_.size(); }
    void patch_u32(std::size_t at, std::uint32_t value) {
        IDNODE_ASSERT(at + 4 <= out_.size());
        for (std::size_t i = 0; i < 4; ++i) {
            out_[at + i] = static_cast<std::byte>(value >> (24U - 8U * i));
        }
    }

  private:
    void number(std::uint64_t value, std::size_t size) {
        std::byte octets[8];
        for (std::size_t i = 0; i < size; ++i) {
            octets[i] = static_cast<std::byte>(value >> (8U * (size - 1 - i)));
        }
        out_.insert(out_.end(), octets, octets + size);
    }

    Bytes& out_;
};

}  // namespace idnode
