// Invariants:
//  * no octets make the reader of binary exports crash, read beyond them or take unbounded memory;
//  * the prefixes and records that it finds, written again, are found again.
#include <string>

#include "proto/base/assert.h"
#include "proto/base/limits.h"
#include "tools/record_file.h"

namespace {

using namespace idnode;
namespace record_file = tools::record_file;

/// The records of an opened frame, in a new block; false where it is damaged.
bool copy_records(BytesView octets, std::uint32_t count, record_file::Block& out) {
    record_file::Records records(octets, count);
    for (;;) {
        const auto record = records.next();
        if (!record) return false;
        if (!*record) return true;
        if ((*record)->handle.size() > limits::kHandleBytesMax) return false;
        out.add((*record)->handle, (*record)->values);
    }
}

void check_written_again(const record_file::Block& block) {
    if (block.is_empty()) return;
    std::string file;
    block.write(file);
    const auto head = record_file::read_block_head(file);
    IDNODE_ASSERT(head && head->records == block.count());
    IDNODE_ASSERT(head->frame_bytes == file.size() - record_file::kBlockHeadBytes);
    Bytes octets;
    IDNODE_ASSERT(
        record_file::open_frame(std::string_view(file).substr(record_file::kBlockHeadBytes), octets)
            .has_value());
    IDNODE_ASSERT(same_octets(octets, block.octets()));
}

/// What is read of a header, written again, is read again.
void check_prefixes(std::string_view text) {
    (void)record_file::read_header(text);
    const auto prefixes = record_file::read_prefixes(text);
    if (!prefixes) return;
    std::string header;
    record_file::write_header(*prefixes, header);
    const auto bytes = record_file::read_header(header);
    IDNODE_ASSERT(bytes && *bytes == header.size() - record_file::kHeaderBytes);
    const auto back =
        record_file::read_prefixes(std::string_view(header).substr(record_file::kHeaderBytes));
    IDNODE_ASSERT(back && (back->empty() || *back == *prefixes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView octets = std::as_bytes(std::span(data, size));
    const std::string_view text = as_text(octets);
    check_prefixes(text);
    // Checksums are in the way of chance: the records are read as they are, too.
    record_file::Block plain;
    if (size > 0 && copy_records(octets.subspan(1), data[0], plain)) check_written_again(plain);
    const auto head = record_file::read_block_head(text);
    if (!head) return 0;
    Bytes opened;
    if (!record_file::open_frame(text.substr(record_file::kBlockHeadBytes), opened)) return 0;
    record_file::Block block;
    if (copy_records(opened, head->records, block)) check_written_again(block);
    return 0;
}
