#include "proto/handle/hash.h"

#include "proto/base/text.h"

namespace idnode::handle {

std::string text_to_hash(std::string_view handle, HashOption option) {
    const std::size_t slash = handle.find('/');
    const bool slashless = slash == std::string_view::npos;
    switch (option) {
        case HashOption::kPrefix:
            return slashless ? std::string("0.NA") : fold_ascii(handle.substr(0, slash));
        case HashOption::kSuffix:
            return fold_ascii(slashless ? handle : handle.substr(slash + 1));
        case HashOption::kWhole:
            break;
    }
    return fold_ascii(handle);
}

std::uint32_t hash_number(std::span<const std::byte, 16> md5) {
    std::uint32_t number = 0;
    for (const std::byte octet : md5.last<4>()) {
        number = number << 8U | std::to_integer<std::uint32_t>(octet);
    }
    const bool negative = (number & 0x80000000U) != 0;
    return negative ? ~number + 1U : number;
}

}  // namespace idnode::handle
