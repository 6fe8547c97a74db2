#include "registry/json/bulk_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "proto/base/limits.h"
#include "proto/base/writer.h"
#include "proto/handle/value.h"
#include "registry/json/encoding.h"
#include "registry/json/parse.h"
#include "registry/json/record_json.h"
#include "registry/json/structures.h"
#include "registry/model/record.h"

namespace idnode::json {

namespace od = simdjson::ondemand;
namespace {

constexpr std::size_t kFixedBytes = 18;  // of a value, up to its type
/// Sites that are remembered, and how long their text may be.
constexpr std::size_t kSitesMax = 256;
constexpr std::size_t kSiteTextBytesMax = 4096;

}  // namespace

static_assert(BulkReader::kPaddingBytes >= simdjson::SIMDJSON_PADDING);

/// The middle way: members in any order, escapes. Every function answers false for what it does not
/// know, and the line then goes to the general reader; no member may come twice.
class BulkReader::Fast {
  public:
    bool read(std::string_view line);
    std::string_view handle() const { return handle_; }
    const Bytes& values() const { return values_; }

  private:
    /// The members of one value, in the order of the wire where they have a place.
    struct Members {
        bool index = false, type = false, data = false;
        bool ttl = false, timestamp = false, permissions = false;
    };
    struct Value {
        std::int32_t index = 0;
        std::uint32_t timestamp = 0;
        handle::TtlType ttl_type = handle::TtlType::kRelative;
        std::uint32_t ttl = handle::kDefaultTtl;
        std::uint8_t permissions = handle::permission::kDefault;
        std::string_view type;
    };
    struct Slice {
        std::int32_t index = 0;
        std::size_t at = 0;
        std::size_t size = 0;
    };

    bool read_values(od::value value);
    bool read_value(od::value value);
    bool read_value_members(od::object object, Value& out, Members& seen);
    bool read_member(od::field field, Value& out, Members& seen);
    bool read_ttl(od::value value, Value& out);
    bool read_data(od::value value);
    bool read_data_object(od::object object);
    bool read_admin(od::value value);
    bool read_site(od::value value);
    void copy_text(std::string_view text);
    void append_value(const Value& value);
    bool order();

    static bool once(bool& seen) { return !std::exchange(seen, true); }
    static bool read_int32(od::value value, std::uint32_t& out);

    od::parser parser_{kRecordTextBytesMax};
    std::string_view handle_;
    Bytes data_;     // of the value being read
    Bytes values_;   // the result
    Bytes ordered_;  // scratch, where the values were not in order
    std::vector<Slice> slices_;
    std::map<std::string, Bytes, std::less<>> sites_;  // by their text
    TimeReader times_;
};

bool BulkReader::Fast::read_int32(od::value value, std::uint32_t& out) {
    std::int64_t number = 0;
    if (value.get_int64().get(number) != simdjson::SUCCESS) return false;
    out = static_cast<std::uint32_t>(number);
    return number >= std::numeric_limits<std::int32_t>::min() &&
           number <= std::numeric_limits<std::int32_t>::max();
}

bool BulkReader::Fast::read(std::string_view line) {
    if (line.size() > kRecordTextBytesMax) return false;
    od::document document;
    const simdjson::padded_string_view text(line.data(), line.size(), line.size() + kPaddingBytes);
    if (parser_.iterate(text).get(document) != simdjson::SUCCESS) return false;
    od::object record;
    if (document.get_object().get(record) != simdjson::SUCCESS) return false;
    bool has_handle = false;
    bool has_values = false;
    bool has_code = false;
    for (auto member : record) {
        od::field field;
        if (std::move(member).get(field) != simdjson::SUCCESS) return false;
        const od::raw_json_string name = field.key();
        if (name == "handle") {
            if (!once(has_handle) || field.value().get_string().get(handle_) != simdjson::SUCCESS) {
                return false;
            }
        } else if (name == "values") {
            if (!once(has_values) || !read_values(field.value())) return false;
        } else if (name == "responseCode") {
            std::uint32_t code = 0;
            if (!once(has_code) || !read_int32(field.value(), code) || code != 1) return false;
        } else {
            return false;
        }
    }
    // Past the last token there is no location: nothing follows the record.
    const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
    return has_handle && has_values && at_end &&
           values_.size() <= model::record_values_bytes_max(handle_);
}

bool BulkReader::Fast::read_values(od::value value) {
    values_.clear();
    slices_.clear();
    ByteWriter out(values_);
    out.u32(0);  // the count, known at the end
    od::array items;
    if (value.get_array().get(items) != simdjson::SUCCESS) return false;
    for (auto item : items) {
        od::value one;
        if (std::move(item).get(one) != simdjson::SUCCESS || !read_value(one)) return false;
    }
    if (slices_.size() > limits::kResponseValuesMax) return false;
    out.patch_u32(0, static_cast<std::uint32_t>(slices_.size()));
    return order();
}

bool BulkReader::Fast::read_value(od::value value) {
    od::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return false;
    Value out;
    Members seen;
    if (!read_value_members(object, out, seen)) return false;
    if (!seen.index || !seen.type || !seen.data || out.index <= 0) return false;
    append_value(out);
    return true;
}

bool BulkReader::Fast::read_value_members(od::object object, Value& out, Members& seen) {
    for (auto member : object) {
        od::field field;
        if (std::move(member).get(field) != simdjson::SUCCESS || !read_member(field, out, seen)) {
            return false;
        }
    }
    return true;
}

bool BulkReader::Fast::read_member(od::field field, Value& out, Members& seen) {
    const od::raw_json_string name = field.key();
    std::string_view text;
    if (name == "index") {
        std::uint32_t index = 0;
        if (!once(seen.index) || !read_int32(field.value(), index)) return false;
        out.index = static_cast<std::int32_t>(index);
        return true;
    }
    if (name == "type") {
        return once(seen.type) && field.value().get_string().get(out.type) == simdjson::SUCCESS;
    }
    if (name == "data") return once(seen.data) && read_data(field.value());
    if (name == "ttl") return once(seen.ttl) && read_ttl(field.value(), out);
    if (name == "timestamp") {
        if (!once(seen.timestamp) || field.value().get_string().get(text) != simdjson::SUCCESS) {
            return false;
        }
        return times_.read(text, out.timestamp);
    }
    if (name == "permissions") {
        if (!once(seen.permissions) || field.value().get_string().get(text) != simdjson::SUCCESS ||
            text.size() != 4 || text.find_first_not_of("01") != std::string_view::npos) {
            return false;
        }
        unsigned bits = 0;
        for (const char digit : text) bits = bits << 1U | (digit == '1' ? 1U : 0U);
        out.permissions = static_cast<std::uint8_t>(bits);
        return true;
    }
    return false;
}

bool BulkReader::Fast::read_ttl(od::value value, Value& out) {
    od::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type != od::json_type::string) return read_int32(value, out.ttl);
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return false;
    out.ttl_type = handle::TtlType::kAbsolute;
    return times_.read(text, out.ttl);
}

bool BulkReader::Fast::read_data(od::value value) {
    od::object object;
    od::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == od::json_type::object) {
        return value.get_object().get(object) == simdjson::SUCCESS && read_data_object(object);
    }
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return false;
    copy_text(text);
    return true;
}

void BulkReader::Fast::copy_text(std::string_view text) {
    const BytesView octets = as_bytes_view(text);
    data_.assign(octets.begin(), octets.end());
}

/// Only with the format before the value, as everybody writes it.
bool BulkReader::Fast::read_data_object(od::object object) {
    std::string_view format;
    int members = 0;
    for (auto member : object) {
        od::field field;
        if (std::move(member).get(field) != simdjson::SUCCESS) return false;
        const od::raw_json_string name = field.key();
        std::string_view text;
        if (++members == 1 && name == "format") {
            if (field.value().get_string().get(format) != simdjson::SUCCESS) return false;
        } else if (members == 2 && name == "value" && format == "admin") {
            if (!read_admin(field.value())) return false;
        } else if (members == 2 && name == "value" && format == "site") {
            if (!read_site(field.value())) return false;
        } else if (members == 2 && name == "value" && (format == "string" || format == "base64")) {
            if (field.value().get_string().get(text) != simdjson::SUCCESS) return false;
            if (format == "base64" && !parse_base64(text, data_)) return false;
            if (format == "string") copy_text(text);
        } else {
            return false;
        }
    }
    return members == 2;
}

bool BulkReader::Fast::read_admin(od::value value) {
    od::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return false;
    std::string_view name;
    std::string_view digits;
    std::uint32_t index = 0;
    bool has_handle = false;
    bool has_index = false;
    bool has_permissions = false;
    for (auto member : object) {
        od::field field;
        if (std::move(member).get(field) != simdjson::SUCCESS) return false;
        const od::raw_json_string key = field.key();
        const bool read =
            key == "handle"
                ? once(has_handle) && field.value().get_string().get(name) == simdjson::SUCCESS
            : key == "index"       ? once(has_index) && read_int32(field.value(), index)
            : key == "permissions" ? once(has_permissions) &&
                                         field.value().get_string().get(digits) == simdjson::SUCCESS
                                   : false;
        if (!read) return false;
    }
    if (!has_handle || !has_index || digits.size() != 12 ||
        digits.find_first_not_of("01") != std::string_view::npos) {
        return false;
    }
    unsigned bits = 0;
    for (const char digit : digits) bits = bits << 1U | (digit == '1' ? 1U : 0U);
    data_.clear();
    ByteWriter out(data_);  // the layout of §2.5
    out.u16(static_cast<std::uint16_t>(bits));
    out.text_u32(name);
    out.u32(index);
    return true;
}

/// A few records in a hundred have one, and those of an enterprise mostly the same: only this value
/// goes to the general reader, and once.
bool BulkReader::Fast::read_site(od::value value) {
    od::object object;
    std::string_view text;
    if (value.get_object().get(object) != simdjson::SUCCESS ||
        object.raw_json().get(text) != simdjson::SUCCESS) {
        return false;
    }
    if (const auto known = sites_.find(text); known != sites_.end()) {
        data_ = known->second;
        return true;
    }
    const auto parsed = parse(text);
    if (!parsed) return false;
    auto site = read_structure("site", *parsed, Place());
    if (!site) return false;
    data_ = *std::move(site);
    if (sites_.size() >= kSitesMax) sites_.clear();
    if (text.size() <= kSiteTextBytesMax) sites_.emplace(text, data_);
    return true;
}

/// The layout of §2.1, in one piece: growing the buffer field by field costs more than reading the
/// line.
void BulkReader::Fast::append_value(const Value& value) {
    const std::size_t at = values_.size();
    const std::size_t data_at = kFixedBytes + value.type.size();
    const std::size_t references_at = data_at + 4 + data_.size();
    values_.resize(at + references_at + 4);  // no references: lines with some go the long way
    const std::span<std::byte> out = std::span(values_).subspan(at);
    store(out, 0, static_cast<std::uint32_t>(value.index));
    store(out, 4, value.timestamp);
    out[8] = static_cast<std::byte>(value.ttl_type);
    store(out, 9, value.ttl);
    out[13] = static_cast<std::byte>(value.permissions);
    store(out, 14, static_cast<std::uint32_t>(value.type.size()));
    std::ranges::copy(as_bytes_view(value.type), out.begin() + kFixedBytes);
    store(out, data_at, static_cast<std::uint32_t>(data_.size()));
    std::ranges::copy(data_, out.begin() + static_cast<std::ptrdiff_t>(data_at + 4));
    slices_.push_back({value.index, at, out.size()});
}

/// Ascending indexes; false when one comes twice.
bool BulkReader::Fast::order() {
    const auto not_above = [](const Slice& a, const Slice& b) { return a.index >= b.index; };
    if (std::ranges::adjacent_find(slices_, not_above) == slices_.end()) return true;
    std::ranges::sort(slices_, {}, &Slice::index);
    if (std::ranges::adjacent_find(slices_, {}, &Slice::index) != slices_.end()) return false;
    ordered_.assign(values_.begin(), values_.begin() + 4);
    for (const Slice& slice : slices_) {
        const auto from = values_.begin() + static_cast<std::ptrdiff_t>(slice.at);
        ordered_.insert(ordered_.end(), from, from + static_cast<std::ptrdiff_t>(slice.size));
    }
    std::swap(values_, ordered_);
    return true;
}

BulkReader::BulkReader() : fast_(std::make_unique<Fast>()) {}
BulkReader::~BulkReader() = default;

Result<BulkReader::Line> BulkReader::read(std::string_view line) {
    if (straight_.read(line)) {
        ++fast_lines_;
        ++straight_lines_;
        return Line{straight_.handle(), straight_.values()};
    }
    if (!fast_->read(line)) return read_slowly(line);
    ++fast_lines_;
    return Line{fast_->handle(), fast_->values()};
}

Result<BulkReader::Line> BulkReader::read_slowly(std::string_view line) {
    auto record = parse_record(line);
    if (!record) return record.error();
    auto values = model::encode_record_values(*record);
    if (!values) return values.error();
    handle_ = std::move(record->handle);
    values_ = std::move(*values);
    return Line{handle_, values_};
}

}  // namespace idnode::json
