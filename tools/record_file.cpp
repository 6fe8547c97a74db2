#include "tools/record_file.h"

#include <lz4frame.h>

#include <memory>

#include "proto/base/assert.h"
#include "proto/base/limits.h"
#include "proto/base/reader.h"
#include "proto/base/writer.h"

namespace idnode::tools::record_file {
namespace {

struct FreeContext {
    void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
};
using Context = std::unique_ptr<LZ4F_dctx, FreeContext>;

LZ4F_preferences_t preferences(std::size_t bytes) {
    LZ4F_preferences_t out{};
    out.frameInfo.blockSizeID = LZ4F_max1MB;
    out.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    out.frameInfo.contentSize = bytes;
    return out;
}

void append(BytesView octets, std::string& out) {
    out.append(as_text(octets));
}

Error damaged(const char* what) {
    return {Errc::kInvalid, std::string(what)};
}

}  // namespace

void Block::add(std::string_view handle, BytesView values) {
    IDNODE_ASSERT(handle.size() <= limits::kHandleBytesMax);
    ByteWriter out(octets_);
    out.u16(static_cast<std::uint16_t>(handle.size()));
    out.raw(handle);
    out.u32(static_cast<std::uint32_t>(values.size()));
    out.raw(values);
    ++count_;
}

void Block::write(std::string& out) const {
    const LZ4F_preferences_t wanted = preferences(octets_.size());
    const std::size_t at = out.size();
    Bytes head;
    ByteWriter writer(head);
    writer.u32(count_);
    writer.u32(0);
    append(head, out);
    const std::size_t bound = LZ4F_compressFrameBound(octets_.size(), &wanted);
    out.resize(out.size() + bound);
    const std::size_t bytes = LZ4F_compressFrame(out.data() + at + kBlockHeadBytes, bound,
                                                 octets_.data(), octets_.size(), &wanted);
    IDNODE_ASSERT(LZ4F_isError(bytes) == 0);  // there was room
    out.resize(at + kBlockHeadBytes + bytes);
    writer.patch_u32(4, static_cast<std::uint32_t>(bytes));
    out.replace(at, kBlockHeadBytes, as_text(head));
}

void Block::clear() {
    octets_.clear();
    count_ = 0;
}

void write_header(const std::vector<Prefix>& prefixes, std::string& out) {
    Bytes table;
    ByteWriter entries(table);
    for (const Prefix& prefix : prefixes) {
        entries.u16(static_cast<std::uint16_t>(prefix.name.size()));
        entries.raw(prefix.name);
        entries.u8(prefix.has_handle ? 1 : 0);
    }
    if (table.size() > kPrefixesBytesMax) table.clear();
    Bytes header;
    ByteWriter writer(header);
    writer.raw(kMagic);
    writer.u32(kFormat);
    writer.u32(static_cast<std::uint32_t>(table.size()));
    append(header, out);
    append(table, out);
}

void write_end(std::uint64_t records, std::string& out) {
    Bytes end;
    ByteWriter writer(end);
    writer.u32(0);
    writer.u64(records);
    append(end, out);
}

Error ends_in_header() {
    return damaged("the file ends in its header: copy or export it again");
}

Result<std::size_t> read_header(std::string_view octets) {
    ByteReader in(as_bytes_view(octets));
    if (as_text(in.take(kMagic.size(), "magic")) != kMagic) {
        return Error{Errc::kInvalid, "not a binary export of this program"};
    }
    const std::uint32_t format = in.u32("format");
    if (!in.ok()) return ends_in_header();
    if (format != kFormat) {
        return Error{
            Errc::kUnsupported,
            "the binary form has format " + std::to_string(format) +
                ", this program knows format " + std::to_string(kFormat) +
                "; import it with the version that wrote it, or export lines of JSON there"};
    }
    const std::size_t prefixes_bytes = in.u32("prefixes length");
    if (!in.ok()) return ends_in_header();
    if (prefixes_bytes > kPrefixesBytesMax) {
        return damaged(
            "the length of its prefixes is impossible: the file is damaged, copy or export it "
            "again");
    }
    return prefixes_bytes;
}

Result<std::vector<Prefix>> read_prefixes(std::string_view octets) {
    ByteReader in(as_bytes_view(octets));
    std::vector<Prefix> out;
    while (in.ok() && in.left() > 0) {
        Prefix& prefix = out.emplace_back();
        prefix.name = as_text(in.take(in.u16("prefix length"), "prefix"));
        prefix.has_handle = in.u8("flag") != 0;
    }
    if (!in.ok()) {
        return damaged("its prefixes are damaged: copy or export it again");
    }
    return out;
}

Result<BlockHead> read_block_head(std::string_view octets) {
    ByteReader in(as_bytes_view(octets));
    BlockHead out;
    out.records = in.u32("records");
    out.frame_bytes = in.u32("frame length");
    if (!in.ok()) return damaged("the file ends before its end mark");
    if (out.records > 0 && out.frame_bytes > kFrameBytesMax) {
        return damaged("the length of a block is impossible");
    }
    return out;
}

std::uint64_t read_end(std::string_view octets) {
    ByteReader in(as_bytes_view(octets));
    (void)in.u32("records");
    return in.u64("records of all");
}

Result<void> open_frame(std::string_view frame, Bytes& out) {
    LZ4F_dctx* made = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION)) != 0) {
        return Error{Errc::kInternal, "there is no memory to decompress"};
    }
    const Context context(made);
    LZ4F_frameInfo_t info{};
    std::size_t head_bytes = frame.size();
    const std::size_t begun = LZ4F_getFrameInfo(context.get(), &info, frame.data(), &head_bytes);
    if (LZ4F_isError(begun) != 0) return damaged(LZ4F_getErrorName(begun));
    if (info.contentSize == 0 || info.contentSize > kBlockBytesMax ||
        info.contentChecksumFlag != LZ4F_contentChecksumEnabled) {
        return damaged("the frame has no length or no checksum");
    }
    out.resize(static_cast<std::size_t>(info.contentSize));
    std::size_t out_bytes = out.size();
    std::size_t in_bytes = frame.size() - head_bytes;
    const std::size_t left = LZ4F_decompress(context.get(), out.data(), &out_bytes,
                                             frame.data() + head_bytes, &in_bytes, nullptr);
    if (LZ4F_isError(left) != 0) return damaged(LZ4F_getErrorName(left));
    if (left != 0 || out_bytes != out.size() || in_bytes != frame.size() - head_bytes) {
        return damaged("the frame is not whole");
    }
    return {};
}

Result<std::optional<Record>> Records::next() {
    if (left_ == 0) {
        if (!octets_.empty()) return damaged("there is more than the records counted");
        return std::optional<Record>{};
    }
    ByteReader in(octets_);
    Record out;
    out.handle = as_text(in.take(in.u16("handle length"), "handle"));
    out.values = in.bytes_u32("values", limits::kMessageBytesMax);
    if (!in.ok()) return damaged("a record is cut");
    octets_ = in.rest();
    --left_;
    return std::optional(out);
}

}  // namespace idnode::tools::record_file
