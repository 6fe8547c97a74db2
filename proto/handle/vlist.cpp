#include "proto/handle/vlist.h"

#include "proto/base/limits.h"

namespace idnode::handle {

Result<std::vector<Reference>, WireError> decode_vlist(BytesView data) {
    ByteReader in(data);
    const std::size_t count =
        in.count_u32("member count", limits::kFieldBytesMax, kReferenceBytesMin);
    std::vector<Reference> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count && in.ok(); ++i) out.push_back(read_reference(in));
    return in.finish(std::move(out));
}

Bytes encode_vlist(std::span<const Reference> members) {
    Bytes octets;
    ByteWriter out(octets);
    out.u32(static_cast<std::uint32_t>(members.size()));
    for (const Reference& member : members) encode_reference(member, out);
    return octets;
}

}  // namespace idnode::handle
