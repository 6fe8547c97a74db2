#include "tools/import_blocks.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "proto/base/text.h"
#include "registry/json/bulk_reader.h"
#include "registry/json/fields.h"
#include "registry/json/parse.h"
#include "registry/model/identifier.h"
#include "tools/record_file.h"

namespace idnode::tools {
namespace {

namespace bj = boost::json;

constexpr std::size_t kBlockBytes = 1U << 20U;
constexpr std::size_t kLineBytesMax = json::kRecordTextBytesMax;
constexpr std::size_t kRootInfoBytesMax = 64U << 20U;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::uint64_t count_lines(std::string_view text) {
    std::uint64_t out = 0;
    for (std::size_t at = text.find('\n'); at != std::string_view::npos; ++out) {
        at = text.find('\n', at + 1);
    }
    return out;
}

/// The end of the last row whose quotes are closed.
std::size_t csv_end(std::string_view text) {
    std::size_t end = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') quoted = !quoted;
        if (text[i] == '\n' && !quoted) end = i + 1;
    }
    return end;
}

std::size_t first_csv_row_end(std::string_view text) {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') quoted = !quoted;
        if (text[i] == '\n' && !quoted) return i + 1;
    }
    return text.size();
}

/// The first member of a root information file, whatever stands before it.
bool looks_like_root_info(std::string_view text) {
    const std::size_t name = text.find('"');
    if (name == std::string_view::npos) return false;
    const std::string_view rest = text.substr(name);
    return rest.starts_with("\"lastUpdate\"") || rest.starts_with("\"handles\"");
}

bool looks_like_header(std::string_view text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::string folded = fold_ascii(line);
    return folded.find("HANDLE") != std::string::npos && line.find_first_of("{[") == line.npos;
}

}  // namespace

BlockReader::BlockReader(std::istream& in, std::string name, ImportFormat format)
    : in_(in), name_(std::move(name)), format_(format) {}

Error BlockReader::error(const std::string& what) const {
    return {Errc::kInvalid, name_ + ": " + what};
}

void BlockReader::fill(std::size_t size) {
    while (!ended_ && pending_.size() < size) {
        const std::size_t had = pending_.size();
        std::size_t got = 0;
        // The octets that are read are not cleared first.
        pending_.resize_and_overwrite(size, [&](char* text, std::size_t) {
            in_.read(text + had, static_cast<std::streamsize>(size - had));
            got = static_cast<std::size_t>(in_.gcount());
            return had + got;
        });
        bytes_read_ += got;
        ended_ = got == 0 || !in_;
    }
}

Result<ImportFormat> BlockReader::detect() const {
    if (pending_.starts_with(record_file::kMagic)) return ImportFormat::kBinary;
    const std::size_t first = pending_.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) return ImportFormat::kNdjson;  // nothing at all
    const std::string_view text = std::string_view(pending_).substr(first);
    if (text[0] == '{') {
        return looks_like_root_info(text) ? ImportFormat::kRootInfo : ImportFormat::kNdjson;
    }
    if (looks_like_header(text)) return ImportFormat::kCsv;
    return error(
        "neither JSON lines (each begins with {), nor a table with a header that names a column "
        "handle, nor a root information file, nor a binary export: give the format with --format");
}

Result<void> BlockReader::start() {
    started_ = true;
    fill(kBlockBytes);
    if (in_.bad()) return error("cannot be read");
    if (pending_.starts_with(kByteOrderMark)) pending_.erase(0, kByteOrderMark.size());
    if (format_ == ImportFormat::kDetect) {
        const auto format = detect();
        if (!format) return format.error();
        format_ = *format;
    }
    if (format_ == ImportFormat::kBinary) {
        if (auto read = read_binary_header(); !read) return error(read.error().detail);
    }
    return format_ == ImportFormat::kCsv ? read_header() : Result<void>{};
}

Result<void> BlockReader::read_binary_header() {
    using record_file::kHeaderBytes;
    const auto prefixes_bytes =
        record_file::read_header(std::string_view(pending_).substr(0, kHeaderBytes));
    if (!prefixes_bytes) return prefixes_bytes.error();
    const std::size_t bytes = kHeaderBytes + *prefixes_bytes;
    fill(bytes);
    if (pending_.size() < bytes) return record_file::ends_in_header();
    const auto prefixes = record_file::read_prefixes(
        std::string_view(pending_).substr(kHeaderBytes, *prefixes_bytes));
    if (!prefixes) return prefixes.error();
    pending_.erase(0, bytes);
    return {};
}

Result<void> BlockReader::read_header() {
    const std::size_t end = first_csv_row_end(pending_);
    CsvRows rows(std::string_view(pending_).substr(0, end), line_);
    CsvRows::Row row;
    const auto found = rows.next(row);
    if (!found) return error("line 1: " + found.error().detail);
    if (!*found) return error("the header is missing");
    auto columns = CsvColumns::from_header(row.fields);
    if (!columns) return error("line 1: " + columns.error().detail);
    columns_ = std::make_shared<const CsvColumns>(std::move(*columns));
    line_ += count_lines(std::string_view(pending_).substr(0, end));
    pending_.erase(0, end);
    return {};
}

std::size_t BlockReader::records_end() const {
    if (ended_) return pending_.size();
    if (format_ == ImportFormat::kCsv) return csv_end(pending_);
    const std::size_t last = pending_.rfind('\n');
    return last == std::string::npos ? 0 : last + 1;
}

ImportBlock BlockReader::cut(std::size_t end) {
    ImportBlock out;
    out.file = name_;
    out.first_line = line_;
    out.columns = columns_;
    // The block takes the buffer, and what is left over, less than a record, gets a new one.
    std::string rest = pending_.substr(end);
    out.text = std::exchange(pending_, std::move(rest));
    out.text.resize(end);
    out.text.append(json::BulkReader::kPaddingBytes, '\0');
    out.size = end;
    line_ += count_lines(out.records());
    return out;
}

/// The line is thrown away as it is read: it never meets memory as a whole.
ImportBlock BlockReader::skip_long_line() {
    ImportBlock out;
    out.file = name_;
    out.first_line = line_;
    out.broken = "longer than " + std::to_string(kLineBytesMax) + " octets: no record is so large" +
                 (columns_ ? "; is a quote never closed?" : "");
    std::size_t end = pending_.find('\n');
    while (end == std::string::npos && !ended_) {
        pending_.clear();
        fill(kBlockBytes);
        end = pending_.find('\n');
    }
    pending_.erase(0, end == std::string::npos ? pending_.size() : end + 1);
    ++line_;
    return out;
}

Result<std::optional<ImportBlock>> BlockReader::next() {
    if (!started_) {
        if (auto begun = start(); !begun) return begun.error();
    }
    if (format_ == ImportFormat::kRootInfo) return next_root_info();
    if (format_ == ImportFormat::kBinary) return next_binary();
    fill(kBlockBytes);
    std::size_t end = records_end();
    if (end == 0) {
        fill(kLineBytesMax + 1);
        end = records_end();
    }
    if (in_.bad()) return error("cannot be read");
    if (end == 0 && pending_.size() > kLineBytesMax) return skip_long_line();
    if (end == 0) return std::nullopt;
    return cut(end);
}

Error BlockReader::damaged(const std::string& what) const {
    return error("after record " + std::to_string(records_) + ", before octet " +
                 std::to_string(bytes_read_) + ": " + what +
                 "; the file is damaged or was not copied to its end: copy or export it again. "
                 "Nothing was imported.");
}

Result<std::optional<ImportBlock>> BlockReader::next_binary() {
    if (records_end_) return std::nullopt;
    fill(record_file::kBlockHeadBytes);
    const auto head = record_file::read_block_head(
        std::string_view(pending_).substr(0, record_file::kBlockHeadBytes));
    if (!head) return damaged(head.error().detail);
    if (head->records == 0) {
        if (auto checked = check_end(); !checked) return checked.error();
        records_end_ = true;
        return std::nullopt;
    }
    const std::size_t bytes = record_file::kBlockHeadBytes + head->frame_bytes;
    fill(bytes);
    if (pending_.size() < bytes) return damaged("the file ends in a block");
    ImportBlock out;
    out.file = name_;
    out.binary_records = head->records;
    out.first_record = records_ + 1;
    out.size = head->frame_bytes;
    out.text = pending_.substr(record_file::kBlockHeadBytes, head->frame_bytes);
    pending_.erase(0, bytes);
    records_ += head->records;
    return out;
}

/// That it counts what was given out, and that nothing follows.
Result<void> BlockReader::check_end() {
    fill(record_file::kEndBytes + 1);
    if (pending_.size() < record_file::kEndBytes) return damaged("the file ends in its end mark");
    if (pending_.size() > record_file::kEndBytes) return damaged("more follows after the end mark");
    const std::uint64_t records = record_file::read_end(pending_);
    if (records == records_) return {};
    return damaged("the end mark counts " + std::to_string(records) + " records");
}

/// Its records become lines of one block, so that there is one way in.
Result<std::optional<ImportBlock>> BlockReader::next_root_info() {
    fill(kRootInfoBytesMax + 1);
    if (pending_.empty()) return std::nullopt;
    const auto document = json::parse(pending_, kRootInfoBytesMax);
    if (!document) return error(document.error().detail);
    pending_.clear();
    const json::Place root;
    const auto object = json::read_object(*document, root);
    if (!object) return error(object.error().detail);
    const auto known = json::check_members(**object, root, {"lastUpdate", "handles"});
    if (!known) return error(known.error().detail);
    const auto member = json::require(**object, "handles", root);
    if (!member) return error(member.error().detail);
    const auto handles = json::read_object(**member, root.member("handles"));
    if (!handles) return error(handles.error().detail);
    ImportBlock out;
    out.file = name_;
    for (const auto& entry : **handles) {
        const std::string name(entry.key().data(), entry.key().size());
        const auto* record = entry.value().if_object();
        const auto* own = record != nullptr ? record->if_contains("handle") : nullptr;
        if (own != nullptr && own->is_string() &&
            model::key_of(json::view(own->get_string())) != model::key_of(name)) {
            return error("handles." + name + ".handle: is not the name that it stands under");
        }
        out.labels.push_back("handles." + name);
        out.text += bj::serialize(entry.value());
        out.text += '\n';
    }
    out.size = out.text.size();
    out.text.append(json::BulkReader::kPaddingBytes, '\0');
    return out;
}

}  // namespace idnode::tools
