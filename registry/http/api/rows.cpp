#include "registry/http/api/rows.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "proto/base/csv_rows.h"
#include "proto/base/text.h"
#include "registry/http/api/drafts.h"
#include "registry/http/api/stream_place.h"
#include "registry/json/parse.h"

namespace idnode::http {

namespace {

using registration::Draft;
using registration::Write;

class JsonRows final : public RowReader {
  public:
    explicit JsonRows(Write write) : write_(write) {}

    std::optional<std::size_t> row_end(std::string_view text) override {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return std::nullopt;
        return end + 1;
    }
    Result<bool> take_header(std::string_view /*row*/) override { return false; }
    Result<std::optional<Draft>> read(std::string_view row) override {
        if (row.find_first_not_of(" \t\r\n") == std::string_view::npos) return std::nullopt;
        auto value = json::parse(row, kRowBytesMax);
        if (!value) return value.error();
        values_.push_back(*std::move(value));
        auto draft = read_identifier(values_.back(), write_);
        if (!draft) return draft.error();
        return std::optional(*std::move(draft));
    }
    void forget() override { values_.clear(); }

  private:
    const Write write_;
    std::deque<boost::json::value> values_;  // what the drafts are views of
};

class CsvRowReader final : public RowReader {
  public:
    explicit CsvRowReader(Write write) : write_(write) {}

    std::optional<std::size_t> row_end(std::string_view text) override { return ends_.find(text); }
    Result<bool> take_header(std::string_view row) override {
        if (!columns_.empty()) return false;
        const auto fields = fields_of(row);
        if (!fields) return fields.error();
        for (const std::string& name : *fields) {
            auto column = column_of(name);
            if (!column) return column.error();
            columns_.push_back(*std::move(column));
        }
        const auto is_handle = [](const Column& one) { return one.kind == Kind::kHandle; };
        if (std::ranges::count_if(columns_, is_handle) == 1) return true;
        columns_.clear();
        return Error{Errc::kInvalid, "the header must name one column handle"};
    }
    Result<std::optional<Draft>> read(std::string_view row) override {
        auto fields = fields_of(row);
        if (!fields) return fields.error();
        if (fields->empty()) return std::nullopt;
        if (fields->size() != columns_.size()) {
            return Error{Errc::kInvalid, "has " + std::to_string(fields->size()) +
                                             " cells, the header " +
                                             std::to_string(columns_.size())};
        }
        rows_.push_back(*std::move(fields));
        Draft out{.write = write_, .handle = {}, .template_version = {}};
        for (std::size_t at = 0; at < columns_.size(); ++at) {
            take_cell(columns_[at], rows_.back()[at], out);
        }
        return std::optional(std::move(out));
    }
    void forget() override { rows_.clear(); }

  private:
    enum class Kind : std::uint8_t { kHandle, kTemplate, kValue, kValues };
    struct Column {
        Kind kind = Kind::kValue;
        std::uint32_t index = 0;
        std::string type{};
    };

    static Result<std::vector<std::string>> fields_of(std::string_view row) {
        CsvRows rows(row, 1);
        CsvRows::Row out;
        const auto read = rows.next(out);
        if (!read) return read.error();
        return *read ? std::move(out.fields) : std::vector<std::string>{};
    }

    static Result<Column> column_of(std::string_view name) {
        // A mark that spreadsheets put before the first name.
        if (name.starts_with("\xEF\xBB\xBF")) name.remove_prefix(3);
        if (name == "handle") return Column{Kind::kHandle};
        if (name == "templateVersion") return Column{Kind::kTemplate};
        Column out;
        const std::size_t colon = name.find(':');
        if (colon != std::string_view::npos) {
            const char* const end = name.data() + colon;
            const auto [at, failed] = std::from_chars(name.data(), end, out.index);
            if (failed == std::errc{} && at == end && out.index != 0) name.remove_prefix(colon + 1);
        }
        if (out.index == 0 && name.ends_with("[]")) {
            out.kind = Kind::kValues;
            name.remove_suffix(2);
        }
        if (name.empty() || !is_utf8(name)) {
            return Error{Errc::kInvalid,
                         "the header must name columns handle, templateVersion, TYPE, INDEX:TYPE "
                         "or TYPE[], in UTF-8"};
        }
        out.type = name;
        return out;
    }

    static void take_cell(const Column& column, std::string_view cell, Draft& out) {
        switch (column.kind) {
            case Kind::kHandle:
                out.handle = cell;
                return;
            case Kind::kTemplate:
                out.template_version = cell;
                return;
            case Kind::kValue:
                if (!cell.empty()) out.values.push_back({column.index, column.type, cell});
                return;
            case Kind::kValues:
                while (!cell.empty()) {
                    const std::size_t end = std::min(cell.find('\n'), cell.size());
                    out.values.push_back({0, column.type, cell.substr(0, end)});
                    cell.remove_prefix(std::min(end + 1, cell.size()));
                }
                return;
        }
    }

    const Write write_;
    CsvRowEnds ends_;
    std::vector<Column> columns_;
    std::deque<std::vector<std::string>> rows_;  // what the drafts are views of
};

}  // namespace

bool is_csv(std::string_view media_type) {
    media_type = media_type.substr(0, media_type.find(';'));
    while (media_type.ends_with(' ')) media_type.remove_suffix(1);
    return equal_folded(media_type, "text/csv");
}

std::unique_ptr<RowReader> make_json_rows(Write write) {
    return std::make_unique<JsonRows>(write);
}

std::unique_ptr<RowReader> make_csv_rows(Write write) {
    return std::make_unique<CsvRowReader>(write);
}

}  // namespace idnode::http
