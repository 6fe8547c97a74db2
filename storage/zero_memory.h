#pragma once

#include <cstddef>
#include <span>

namespace idnode::storage {

/// Zeros that take no memory until they are written.
class ZeroMemory {
  public:
    explicit ZeroMemory(std::size_t bytes);
    ~ZeroMemory();
    ZeroMemory(const ZeroMemory&) = delete;
    ZeroMemory& operator=(const ZeroMemory&) = delete;

    /// False: the system gives no such address space.
    explicit operator bool() const { return at_ != nullptr; }
    /// The next `count` of it, from the beginning of a cache line.
    template <class T>
    std::span<T> take(std::size_t count) {
        T* const at = reinterpret_cast<T*>(at_ + taken_);
        taken_ = (taken_ + count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
        return {at, count};
    }
    std::size_t left() const { return bytes_ - taken_; }

  private:
    static constexpr std::size_t kAlignment = 64;

    std::byte* at_ = nullptr;
    std::size_t bytes_;
    std::size_t taken_ = 0;
};

}  // namespace idnode::storage
