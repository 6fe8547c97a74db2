#include "tools/import_lines.h"

#include <utility>

#include "registry/model/record.h"

namespace idnode::tools {
std::string place_in(const ImportBlock& block, std::uint64_t line, std::size_t record) {
    if (record < block.labels.size()) return block.file + ": " + block.labels[record];
    return block.file + ':' + std::to_string(line);
}

void ParsedBlock::clear() {
    items.clear();
    handles.clear();
    values.clear();
    bad.clear();
}

void ParsedBlock::add(std::string_view handle, BytesView octets, model::SuffixCase suffix_case) {
    items.push_back({.handle_at = handles.size(),
                     .handle_size = handle.size(),
                     .values_at = values.size(),
                     .values_size = octets.size(),
                     .suffix_case = suffix_case});
    handles += handle;
    values.insert(values.end(), octets.begin(), octets.end());
}

void ParsedBlock::place_last(std::uint64_t line, std::size_t record) {
    items.back().line = line;
    items.back().record = record;
}

void LineParser::parse(const ImportBlock& block, bool keep_going, ParsedBlock& out) {
    out.clear();
    if (!block.broken.empty()) {
        out.bad.push_back({place_in(block, block.first_line, 0), block.broken});
    } else if (block.columns) {
        parse_csv(block, keep_going, out);
    } else {
        parse_json(block, keep_going, out);
    }
}

void LineParser::parse_json(const ImportBlock& block, bool keep_going, ParsedBlock& out) {
    std::string_view rest = block.records();
    std::uint64_t number = block.first_line;
    for (std::size_t record = 0; !rest.empty(); ++number) {
        const std::size_t end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        if (const auto taken = take_json(line, out); !taken) {
            out.bad.push_back({place_in(block, number, record), taken.error().detail});
            if (!keep_going) return;
        } else {
            out.place_last(number, record);
        }
        ++record;
    }
}

void LineParser::parse_csv(const ImportBlock& block, bool keep_going, ParsedBlock& out) {
    CsvRows rows(block.records(), block.first_line);
    CsvRows::Row row;
    for (;;) {
        const auto found = rows.next(row);
        if (found && !*found) return;
        const Result<void> taken =
            found ? take_row(*block.columns, row.fields, out) : Result<void>(found.error());
        if (taken) {
            out.place_last(row.line, 0);
            continue;
        }
        out.bad.push_back({place_in(block, row.line, 0), taken.error().detail});
        if (!keep_going) return;
    }
}

Result<void> LineParser::take_json(std::string_view line, ParsedBlock& out) {
    const auto record = reader_.read(line);
    if (!record) return record.error();
    return take(record->handle, record->values, out);
}

Result<void> LineParser::take_row(const CsvColumns& columns, const std::vector<std::string>& fields,
                                  ParsedBlock& out) {
    const auto record = columns.record(fields);
    if (!record) return record.error();
    const auto values = model::encode_record_values(*record);
    if (!values) return values.error();
    return take(record->handle, *values, out);
}

Result<void> LineParser::take(std::string_view handle, BytesView values, ParsedBlock& out) {
    if (auto checked = model::check_registrable(handle, max_levels_); !checked) {
        return Error{checked.error().code, "handle: " + checked.error().detail};
    }
    const auto suffix_case = admit(handle);
    if (!suffix_case) return suffix_case.error();
    out.add(handle, values, *suffix_case);
    return {};
}

Result<model::SuffixCase> LineParser::admit(std::string_view handle) {
    const std::string_view prefix = model::split_handle(handle).prefix;
    if (!last_prefix_.empty() && prefix == last_prefix_) return last_suffix_case_;
    const auto admitted = prefixes_.admit(handle);
    // Prefix handles are noted one by one, so their prefix is never taken from here.
    if (admitted && !model::is_prefix_handle(handle)) {
        last_prefix_ = prefix;
        last_suffix_case_ = *admitted;
    }
    return admitted;
}

}  // namespace idnode::tools
