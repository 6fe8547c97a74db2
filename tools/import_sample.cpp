#include "tools/import_sample.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "registry/json/bulk_reader.h"
#include "tools/record_file.h"

namespace idnode::tools {
namespace {

/// Read at each place of a file of lines: mostly a whole line lies in it.
constexpr std::size_t kPieceBytes = 16U << 10U;

std::string read_at(std::ifstream& in, std::uint64_t offset, std::size_t bytes) {
    std::string out(bytes, '\0');
    in.clear();
    in.seekg(static_cast<std::streamoff>(offset));
    in.read(out.data(), static_cast<std::streamsize>(bytes));
    out.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
    return out;
}

/// The first whole line behind each place.
std::vector<Bytes> sample_lines(std::ifstream& in, std::uint64_t file_bytes, std::size_t count) {
    std::vector<Bytes> out;
    json::BulkReader reader;
    for (std::size_t i = 0; i < count; ++i) {
        std::string piece = read_at(in, file_bytes / count * i, kPieceBytes);
        const std::size_t begin = i == 0 ? 0 : piece.find('\n') + 1;
        const std::size_t end = piece.find('\n', begin);
        if (end == std::string::npos || (i > 0 && begin == 0)) continue;
        piece.append(json::BulkReader::kPaddingBytes, '\0');
        const auto line = reader.read(std::string_view(piece).substr(begin, end - begin));
        if (line) out.emplace_back(line->values.begin(), line->values.end());
    }
    return out;
}

struct Place {
    std::uint64_t frame_at = 0;
    record_file::BlockHead head;
};

std::vector<Place> blocks_of(std::ifstream& in, std::uint64_t file_bytes) {
    std::vector<Place> out;
    const auto prefixes_bytes = record_file::read_header(read_at(in, 0, record_file::kHeaderBytes));
    if (!prefixes_bytes) return out;
    for (std::uint64_t at = record_file::kHeaderBytes + *prefixes_bytes; at < file_bytes;) {
        const auto head =
            record_file::read_block_head(read_at(in, at, record_file::kBlockHeadBytes));
        if (!head || head->records == 0) break;
        at += record_file::kBlockHeadBytes;
        out.push_back({at, *head});
        at += head->frame_bytes;
    }
    return out;
}

/// Some records of some blocks, the same distance apart.
std::vector<Bytes> sample_blocks(std::ifstream& in, std::uint64_t file_bytes, std::size_t count) {
    std::vector<Bytes> out;
    const std::vector<Place> places = blocks_of(in, file_bytes);
    if (places.empty()) return out;
    const std::size_t blocks = std::min(places.size(), count / 2);
    Bytes octets;
    for (std::size_t i = 0; i < blocks; ++i) {
        const Place& place = places[places.size() * i / blocks];
        const std::string frame = read_at(in, place.frame_at, place.head.frame_bytes);
        if (!record_file::open_frame(frame, octets)) continue;
        const std::size_t step = std::max<std::size_t>(place.head.records * blocks / count, 1);
        record_file::Records records(octets, place.head.records);
        for (std::size_t at = 0;; ++at) {
            const auto record = records.next();
            if (!record || !*record) break;
            if (at % step != step / 2) continue;
            out.emplace_back((*record)->values.begin(), (*record)->values.end());
        }
    }
    return out;
}

/// Not open: not a file that can be read here and there.
std::ifstream open_file(const std::string& file) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(file, failed)) return {};
    return std::ifstream(file, std::ios::binary);
}

}  // namespace

std::vector<Bytes> sample_records(const std::string& file, std::size_t count) {
    std::error_code failed;
    std::ifstream in = open_file(file);
    const std::uint64_t bytes = std::filesystem::file_size(file, failed);
    if (failed || !in.is_open()) return {};
    const std::string begin = read_at(in, 0, record_file::kHeaderBytes);
    if (begin.starts_with(record_file::kMagic)) return sample_blocks(in, bytes, count);
    if (begin.starts_with('{')) return sample_lines(in, bytes, count);
    return {};
}

std::vector<record_file::Prefix> named_prefixes(const std::string& file) {
    std::ifstream in = open_file(file);
    if (!in.is_open()) return {};
    const auto bytes = record_file::read_header(read_at(in, 0, record_file::kHeaderBytes));
    if (!bytes) return {};
    auto prefixes = record_file::read_prefixes(read_at(in, record_file::kHeaderBytes, *bytes));
    return prefixes ? *std::move(prefixes) : std::vector<record_file::Prefix>();
}

}  // namespace idnode::tools
