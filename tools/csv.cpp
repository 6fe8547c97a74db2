#include "tools/csv.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "proto/base/text.h"
#include "registry/json/structures.h"

namespace idnode::tools {
namespace {

Error invalid(std::string detail) {
    return {Errc::kInvalid, std::move(detail)};
}

std::optional<std::uint32_t> whole_number(std::string_view text) {
    std::uint32_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size() ||
        out > static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max())) {
        return std::nullopt;
    }
    return out;
}

}  // namespace

Result<CsvColumns> CsvColumns::from_header(const std::vector<std::string>& fields) {
    CsvColumns out;
    out.count_ = fields.size();
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (auto added = out.add(i, fields[i]); !added) return added.error();
    }
    if (!out.handle_) {
        return invalid(
            "the header has no column \"handle\": name the columns handle, and "
            "index:TYPE for each value, such as 1:URL");
    }
    return out;
}

Result<void> CsvColumns::add(std::size_t field, const std::string& name) {
    std::optional<std::size_t>* special = equal_folded(name, "handle")        ? &handle_
                                          : equal_folded(name, "ttl")         ? &ttl_
                                          : equal_folded(name, "permissions") ? &permissions_
                                                                              : nullptr;
    if (special == nullptr) return add_value(field, name);
    if (special->has_value()) return invalid("column \"" + name + "\" comes twice");
    *special = field;
    return {};
}

Result<void> CsvColumns::add_value(std::size_t field, const std::string& name) {
    const std::size_t colon = name.find(':');
    const auto index = whole_number(std::string_view(name).substr(0, colon));
    if (colon == std::string::npos || !index || *index == 0 || colon + 1 == name.size()) {
        return invalid("column \"" + name +
                       "\": must be handle, ttl, permissions, or index:TYPE such as 1:URL");
    }
    const auto number = static_cast<std::int32_t>(*index);
    if (std::ranges::find(values_, number, &ValueColumn::index) != values_.end()) {
        return invalid("column \"" + name + "\": index " + std::to_string(number) + " comes twice");
    }
    std::string type = name.substr(colon + 1);
    if (!is_utf8(type)) return invalid("column " + std::to_string(field + 1) + ": is not UTF-8");
    if (!json::structured_format(type).empty()) {
        return invalid("column \"" + name + "\": " + type +
                       " has a structure that a cell cannot hold: import it as JSON");
    }
    values_.push_back({field, number, std::move(type)});
    return {};
}

Result<void> CsvColumns::read_row_settings(const std::vector<std::string>& fields,
                                           handle::Value& defaults) const {
    if (ttl_ && !fields[*ttl_].empty()) {
        const auto ttl = whole_number(fields[*ttl_]);
        if (!ttl) return invalid("ttl \"" + fields[*ttl_] + "\": must be a number of seconds");
        defaults.ttl = *ttl;
    }
    if (permissions_ && !fields[*permissions_].empty()) {
        const std::string& text = fields[*permissions_];
        if (text.size() != 4 || text.find_first_not_of("01") != std::string::npos) {
            return invalid("permissions \"" + text + "\": must be four characters 0 or 1");
        }
        unsigned bits = 0;
        for (const char digit : text) bits = bits << 1U | (digit == '1' ? 1U : 0U);
        defaults.permissions = static_cast<std::uint8_t>(bits);
    }
    return {};
}

Result<model::Record> CsvColumns::record(const std::vector<std::string>& fields) const {
    if (fields.size() != count_) {
        return invalid("has " + std::to_string(fields.size()) + " cells, the header " +
                       std::to_string(count_));
    }
    handle::Value defaults;
    if (auto read = read_row_settings(fields, defaults); !read) return read.error();
    model::Record out{.handle = fields[*handle_], .values = {}};
    for (const ValueColumn& column : values_) {
        const std::string& cell = fields[column.field];
        if (cell.empty()) continue;
        if (!is_utf8(cell)) {
            return invalid("column " + std::to_string(column.index) + ':' + column.type +
                           ": is not UTF-8");
        }
        handle::Value value = defaults;
        value.index = column.index;
        value.type = column.type;
        value.data = to_bytes(cell);
        out.values.push_back(std::move(value));
    }
    return out;
}

}  // namespace idnode::tools
