#include "resolver/mirror/position.h"

#include <algorithm>

#include "proto/base/reader.h"
#include "proto/base/writer.h"

namespace idnode::mirror {

Bytes encode_position(const Position& position) {
    Bytes out;
    ByteWriter writer(out);
    writer.u8(Position::kFormat);
    writer.raw(BytesView(position.primary));
    writer.u64(position.last_transaction);
    writer.u64(position.last_query_ms);
    return out;
}

Result<Position> decode_position(BytesView stored) {
    ByteReader in(stored);
    const std::uint8_t format = in.u8("format");
    if (in.ok() && format > Position::kFormat) {
        return Error{Errc::kUnsupported,
                     "where this mirror stands was written by a newer version of the program"};
    }
    Position out;
    const BytesView primary = in.take(out.primary.size(), "primary");
    std::ranges::copy(primary, out.primary.begin());
    out.last_transaction = in.u64("last transaction");
    out.last_query_ms = in.u64("last query");
    const auto read = in.finish(out);
    if (!read || format != Position::kFormat) {
        return Error{Errc::kDamaged, "where this mirror stands cannot be read"};
    }
    return *read;
}

}  // namespace idnode::mirror
