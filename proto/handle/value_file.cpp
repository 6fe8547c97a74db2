#include "proto/handle/value_file.h"

#include "proto/base/limits.h"

namespace idnode::handle {

namespace {

constexpr std::size_t kEntryBytesMin = 8;

LocalSite read_entry(ByteReader& in) {
    LocalSite out;
    const std::size_t count = in.count_u32("prefix count", limits::kFieldBytesMax, 4);
    out.prefixes.reserve(count);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        out.prefixes.emplace_back(in.text_u32("prefix", limits::kFieldBytesMax));
    }
    auto site = decode_site(in.bytes_u32("site record", limits::kFieldBytesMax));
    if (site) {
        out.site = std::move(*site);
    } else {
        in.fail(site.error().code, site.error().field);
    }
    return out;
}

}  // namespace

Result<std::vector<Value>, WireError> decode_value_file(BytesView octets) {
    ByteReader in(octets);
    const std::uint32_t size = in.u32("number of octets");
    if (in.ok() && size != in.left()) in.fail(WireErrc::kBadValue, "number of octets");
    auto values = read_values(in);
    return in.finish(std::move(values));
}

Bytes encode_value_file(std::span<const Value> values) {
    Bytes octets;
    ByteWriter out(octets);
    out.u32(0);
    encode_values(values, out);
    out.patch_u32(0, static_cast<std::uint32_t>(octets.size() - 4));
    return octets;
}

Result<std::vector<LocalSite>, WireError> decode_local_sites(BytesView octets) {
    ByteReader in(octets);
    in.u32("size");
    const std::size_t count = in.count_u32("entry count", limits::kFieldBytesMax, kEntryBytesMin);
    std::vector<LocalSite> out;
    for (std::size_t i = 0; i < count && in.ok(); ++i) out.push_back(read_entry(in));
    return in.finish(std::move(out));
}

Bytes encode_local_sites(std::span<const LocalSite> entries) {
    Bytes octets;
    ByteWriter out(octets);
    out.u32(0);
    out.u32(static_cast<std::uint32_t>(entries.size()));
    for (const LocalSite& entry : entries) {
        out.u32(static_cast<std::uint32_t>(entry.prefixes.size()));
        for (const std::string& prefix : entry.prefixes) out.text_u32(prefix);
        out.bytes_u32(encode_site(entry.site));
    }
    out.patch_u32(0, static_cast<std::uint32_t>(octets.size()));
    return octets;
}

}  // namespace idnode::handle
