#include "proto/base/csv_rows.h"

#include <utility>

namespace idnode {

namespace {

Error fault(std::string detail) {
    return {Errc::kInvalid, std::move(detail)};
}

}  // namespace

bool CsvRows::at_row_end() const {
    return at_ >= text_.size() || text_[at_] == '\n' ||
           (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n');
}

void CsvRows::take_row_end() {
    if (at_ >= text_.size()) return;
    at_ += text_[at_] == '\r' ? 2 : 1;
    ++line_;
}

void CsvRows::skip_line() {
    const std::size_t end = text_.find('\n', at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
    ++line_;
}

Result<bool> CsvRows::next(Row& row) {
    while (at_ < text_.size() && at_row_end()) take_row_end();
    row.line = line_;
    if (at_ >= text_.size()) return false;
    if (const auto read = read_fields(row.fields); !read) {
        skip_line();
        return read.error();
    }
    take_row_end();
    return true;
}

Result<void> CsvRows::read_fields(std::vector<std::string>& fields) {
    std::size_t count = 0;
    for (bool more = true; more; ++count) {
        if (count == fields.size()) fields.emplace_back();
        std::string& field = fields[count];
        field.clear();
        if (at_ < text_.size() && text_[at_] == '"') {
            if (auto read = read_quoted(field); !read) return read;
        } else {
            while (!at_row_end() && text_[at_] != ',') {
                if (text_[at_] == '"') {
                    return fault(
                        "a quote inside an unquoted field: put the whole field in "
                        "quotes and double the quotes inside");
                }
                field += text_[at_++];
            }
        }
        more = at_ < text_.size() && text_[at_] == ',';
        if (more) ++at_;
    }
    fields.resize(count);
    return {};
}

Result<void> CsvRows::read_quoted(std::string& field) {
    for (++at_; at_ < text_.size(); ++at_) {
        if (text_[at_] == '\n') ++line_;
        if (text_[at_] != '"') {
            field += text_[at_];
        } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
            field += '"';
            ++at_;
        } else {
            ++at_;
            if (at_row_end() || text_[at_] == ',') return {};
            return fault("text follows a closing quote: double the quotes inside a field");
        }
    }
    return fault("a quoted field is not closed");
}

std::optional<std::size_t> CsvRowEnds::find(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        // A doubled quote inside a field changes this twice.
        if (text[at] == '"') in_quotes_ = !in_quotes_;
        if (text[at] == '\n' && !in_quotes_) return at + 1;
    }
    return std::nullopt;
}

void append_csv_field(std::string_view field, std::string& row) {
    if (field.find_first_of("\",\r\n") == std::string_view::npos) {
        row.append(field);
        return;
    }
    row += '"';
    for (const char one : field) {
        if (one == '"') row += '"';
        row += one;
    }
    row += '"';
}

}  // namespace idnode
