#include "storage/zero_memory.h"

#include <sys/mman.h>

namespace idnode::storage {

ZeroMemory::ZeroMemory(std::size_t bytes) : bytes_(bytes) {
    void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return;
    at_ = static_cast<std::byte*>(at);
    // Advice: with small pages each look waits for an address translation too.
    (void)::madvise(at, bytes, MADV_HUGEPAGE);
}

ZeroMemory::~ZeroMemory() {
    if (at_ != nullptr) ::munmap(at_, bytes_);
}

}  // namespace idnode::storage
