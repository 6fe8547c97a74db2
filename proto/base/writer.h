#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "proto/base/assert.h"
#include "proto/base/bytes.h"

namespace idnode {

/// Writes `value` big-endian over `out`, which has room for it from `at` on.
template <class T>
inline void store(std::span<std::byte> out, std::size_t at, T value) {
    IDNODE_ASSERT(at + sizeof(T) <= out.size());
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        out[at + i] = static_cast<std::byte>(value >> (8U * (sizeof(T) - 1 - i)));
    }
}

/// Appends big-endian octets to a buffer that the caller owns and may reuse: a buffer that kept its
/// capacity makes writing free of allocation.
class ByteWriter {
  public:
    explicit ByteWriter(Bytes& out) : out_(out) {}

    void u8(std::uint8_t value) { number(value); }
    void u16(std::uint16_t value) { number(value); }
    void u32(std::uint32_t value) { number(value); }
    void u64(std::uint64_t value) { number(value); }

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
    void patch_u32(std::size_t at, std::uint32_t value) { store(std::span(out_), at, value); }
    /// Takes back everything from octet `at` on.
    void cut(std::size_t at) {
        IDNODE_ASSERT(at <= out_.size());
        out_.resize(at);
    }

  private:
    template <class T>
    void number(T value) {
        std::byte octets[sizeof(T)];
        store(std::span<std::byte>(octets), 0, value);
        out_.insert(out_.end(), octets, octets + sizeof(T));
    }

    Bytes& out_;
};

}  // namespace idnode
