#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

namespace idnode {

enum class WireErrc : std::uint8_t {
    kTruncated,  // the field reaches past the end
    kTooLong,    // a length or count above its limit, or negative
    kTrailing,   // octets left over
    kBadValue,   // a value that the field may not have
};

/// Why octets were refused. Trivially copyable: refusing hostile input never allocates.
/// `field` points to a string literal.
struct WireError {
    WireErrc code = WireErrc::kTruncated;
    std::size_t offset = 0;
    const char* field = "";
};

/// A cursor over octets that somebody else owns. It remembers the first failure and yields zeros
/// and empty views from then on, so that a decoder checks once, at its end. No read passes the end,
/// no count is believed before it is compared with the octets left.
class ByteReader {
  public:
    explicit ByteReader(BytesView bytes) : bytes_(bytes) {}

    std::uint8_t u8(const char* field) { return number<std::uint8_t>(field); }
    std::uint16_t u16(const char* field) { return number<std::uint16_t>(field); }
    std::uint32_t u32(const char* field) { return number<std::uint32_t>(field); }
    std::uint64_t u64(const char* field) { return number<std::uint64_t>(field); }

    /// Exactly `size` octets.
    BytesView take(std::size_t size, const char* field) {
        if (!ok_ || size > left()) {
            fail(WireErrc::kTruncated, field);
            return {};
        }
        const BytesView out = bytes_.subspan(at_, size);
        at_ += size;
        return out;
    }

    /// An `i32` length and that many octets (`BYTES`, §0.1). Negative or above `bytes_max`:
    /// kTooLong.
    BytesView bytes_u32(const char* field, std::size_t bytes_max) {
        const std::uint32_t size = u32(field);
        if (!ok_) return {};
        if (size > bytes_max) {
            fail(WireErrc::kTooLong, field);
            return {};
        }
        return take(size, field);
    }

    /// As `bytes_u32`, read as text. The octets are not checked to be UTF-8.
    std::string_view text_u32(const char* field, std::size_t bytes_max) {
        return as_text(bytes_u32(field, bytes_max));
    }

    /// An `i32` count of items of at least `item_bytes_min` octets each; refused when negative,
    /// above `count_max`, or more than the octets left can hold. Safe to reserve by.
    std::size_t count_u32(const char* field, std::size_t count_max, std::size_t item_bytes_min) {
        const std::uint32_t count = u32(field);
        if (!ok_) return 0;
        if (count > count_max) {
            fail(WireErrc::kTooLong, field);
            return 0;
        }
        if (item_bytes_min > 0 && count > left() / item_bytes_min) {
            fail(WireErrc::kTruncated, field);
            return 0;
        }
        return count;
    }

    void fail(WireErrc code, const char* field) {
        if (!ok_) return;
        ok_ = false;
        error_ = {code, at_, field};
    }

    bool ok() const { return ok_; }
    const WireError& error() const { return error_; }
    std::size_t left() const { return ok_ ? bytes_.size() - at_ : 0; }
    std::size_t at() const { return at_; }
    /// What has not been read yet; empty after a failure.
    BytesView rest() const { return ok_ ? bytes_.subspan(at_) : BytesView{}; }

    /// The decoder's result: `value`, or the first failure, or kTrailing when octets are left.
    template <class T>
    Result<T, WireError> finish(T value) {
        if (ok_ && left() > 0) fail(WireErrc::kTrailing, "end");
        return finish_prefix(std::move(value));
    }

    /// As `finish` where the document lets other octets follow.
    template <class T>
    Result<T, WireError> finish_prefix(T value) {
        if (!ok_) return error_;
        return Result<T, WireError>(std::move(value));
    }

  private:
    // The size is a constant, so that the loop becomes one load and one byte swap.
    template <class T>
    T number(const char* field) {
        if (!ok_ || sizeof(T) > bytes_.size() - at_) [[unlikely]] {
            fail(WireErrc::kTruncated, field);
            return 0;
        }
        std::uint64_t out = 0;
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            out = (out << 8U) | std::to_integer<std::uint64_t>(bytes_[at_ + i]);
        }
        at_ += sizeof(T);
        return static_cast<T>(out);
    }

    BytesView bytes_;
    std::size_t at_ = 0;
    bool ok_ = true;
    WireError error_;
};

}  // namespace idnode
