#include "tools/import_lines.h"

#include <utility>

#include "proto/base/limits.h"
#include "registry/model/record.h"
#include "tools/record_file.h"

namespace idnode::tools {
namespace {

bool is_plain_suffix(std::string_view suffix) {
    bool has_other = suffix.empty();
    for (const char c : suffix) has_other |= c <= ' ' || c > '~';
    return !has_other;
}

}  // namespace

std::string place_in(const ImportBlock& block, std::uint64_t line, std::size_t record) {
    if (record < block.labels.size()) return block.file + ": " + block.labels[record];
    return block.file + ':' + std::to_string(line);
}

Result<void> LineParser::parse(const ImportBlock& block, bool keep_going, RecordSink& sink,
                               std::vector<BadLine>& bad) {
    if (!block.broken.empty()) {
        bad.push_back({place_in(block, block.first_line, 0), block.broken});
        return {};
    }
    if (block.binary_records > 0) return parse_binary(block, keep_going, sink, bad);
    return block.columns ? parse_csv(block, keep_going, sink, bad)
                         : parse_json(block, keep_going, sink, bad);
}

Result<void> LineParser::parse_json(const ImportBlock& block, bool keep_going, RecordSink& sink,
                                    std::vector<BadLine>& bad) {
    std::string_view rest = block.records();
    std::uint64_t number = block.first_line;
    for (std::size_t count = 0; !rest.empty(); ++number) {
        const std::size_t end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        auto record = read_json(line);
        if (!record) {
            bad.push_back({place_in(block, number, count), record.error().detail});
            if (!keep_going) return {};
        } else {
            record->line = number;
            record->record = count;
            if (auto taken = sink.take(*record); !taken) return taken;
        }
        ++count;
    }
    return {};
}

Result<void> LineParser::parse_binary(const ImportBlock& block, bool keep_going, RecordSink& sink,
                                      std::vector<BadLine>& bad) {
    std::uint64_t number = block.first_record;
    const auto damaged = [&](const Error& error) {
        return Error{error.code, block.file + ": in the block of record " + std::to_string(number) +
                                     ": " + error.detail +
                                     "; the file is damaged: copy or export it again. Nothing was "
                                     "imported."};
    };
    if (auto opened = record_file::open_frame(block.records(), frame_); !opened) {
        return damaged(opened.error());
    }
    record_file::Records records(frame_, block.binary_records);
    for (;; ++number) {
        const auto found = records.next();
        if (!found) return damaged(found.error());
        if (!*found) return {};
        auto record = check((*found)->handle, (*found)->values);
        if (record && record->values.size() > model::record_values_bytes_max(record->handle)) {
            record = Error{Errc::kLimit, "the values are longer than a record may be"};
        }
        if (!record) {
            bad.push_back(
                {block.file + ": record " + std::to_string(number), record.error().detail});
            if (!keep_going) return {};
            continue;
        }
        record->line = number;
        if (auto taken = sink.take(*record); !taken) {
            return taken.error().code == Errc::kInvalid ? damaged(taken.error()) : taken;
        }
    }
}

Result<void> LineParser::parse_csv(const ImportBlock& block, bool keep_going, RecordSink& sink,
                                   std::vector<BadLine>& bad) {
    CsvRows rows(block.records(), block.first_line);
    CsvRows::Row row;
    for (;;) {
        const auto found = rows.next(row);
        if (found && !*found) return {};
        auto record =
            found ? read_row(*block.columns, row.fields) : Result<ParsedRecord>(found.error());
        if (!record) {
            bad.push_back({place_in(block, row.line, 0), record.error().detail});
            if (!keep_going) return {};
            continue;
        }
        record->line = row.line;
        if (auto taken = sink.take(*record); !taken) return taken;
    }
}

Result<ParsedRecord> LineParser::read_json(std::string_view line) {
    const auto record = reader_.read(line);
    if (!record) return record.error();
    return check(record->handle, record->values);
}

Result<ParsedRecord> LineParser::read_row(const CsvColumns& columns,
                                          const std::vector<std::string>& fields) {
    auto record = columns.record(fields);
    if (!record) return record.error();
    auto values = model::encode_record_values(*record);
    if (!values) return values.error();
    row_handle_ = std::move(record->handle);
    row_values_ = std::move(*values);
    return check(row_handle_, row_values_);
}

Result<ParsedRecord> LineParser::check(std::string_view handle, BytesView values) {
    const model::HandleParts parts = model::split_handle(handle);
    const Known& known = known_[place_of(parts.prefix)];
    // Nothing more is asked of a handle whose prefix was found good.
    if (!known.prefix.empty() && known.prefix == parts.prefix && is_plain_suffix(parts.suffix) &&
        handle.size() <= limits::kHandleBytesMax) {
        return ParsedRecord{.handle = handle, .values = values, .suffix_case = known.suffix_case};
    }
    if (auto checked = model::check_registrable(handle, max_levels_); !checked) {
        return Error{checked.error().code, "handle: " + checked.error().detail};
    }
    const auto suffix_case = admit(handle);
    if (!suffix_case) return suffix_case.error();
    return ParsedRecord{.handle = handle, .values = values, .suffix_case = *suffix_case};
}

Result<model::SuffixCase> LineParser::admit(std::string_view handle) {
    const auto admitted = prefixes_.admit(handle);
    // Prefix handles are noted one by one.
    if (admitted && !model::is_prefix_handle(handle)) {
        const std::string_view prefix = model::split_handle(handle).prefix;
        known_[place_of(prefix)] = {std::string(prefix), *admitted};
    }
    return admitted;
}

}  // namespace idnode::tools
