#pragma once

#include <cstdint>
#include <utility>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/writer.h"
#include "proto/handle/value.h"

namespace idnode::service {

/// Appends the values of a `VALUES` section that `wanted` accepts as a section of their own; how
/// many there were.
template <class Wanted>
std::uint32_t write_values(BytesView values, ByteWriter& out, Wanted&& wanted) {
    const std::size_t count_at = out.at();
    out.u32(0);
    std::uint32_t count = 0;
    ByteReader in(values);
    handle::ValuesReader reader(in);
    while (const auto value = reader.next()) {
        if (!wanted(*value)) continue;
        out.raw(value->octets);
        ++count;
    }
    out.patch_u32(count_at, count);
    return count;
}

}  // namespace idnode::service
