#include "registry/json/straight_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <limits>
#include <span>

#include "proto/base/assert.h"
#include "proto/base/limits.h"
#include "proto/base/writer.h"
#include "proto/handle/value.h"
#include "registry/json/encoding.h"
#include "registry/json/parse.h"
#include "registry/model/record.h"

namespace idnode::json {
namespace {

// Where a value (§2.1) has what comes after its index in the line.
constexpr std::size_t kTimestampAt = 4;
constexpr std::size_t kTtlTypeAt = 8;
constexpr std::size_t kTtlAt = 9;
constexpr std::size_t kPermissionsAt = 13;

constexpr std::size_t kAdminDigits = 12;  // §2.5
constexpr std::size_t kPermissionDigits = 4;
constexpr std::size_t kTimeBytes = std::string_view("0000-00-00T00:00:00Z").size();

/// Whether every string in it is what it says: no escapes, no controls, UTF-8.
bool is_plain(std::string_view line) {
    bool has_other = false;
    for (const char c : line) has_other |= static_cast<unsigned char>(c) < 0x20 || c == '\\';
    return !has_other && simdjson::validate_utf8(line.data(), line.size());
}

}  // namespace

bool StraightReader::read(std::string_view line) {
    if (line.size() > kRecordTextBytesMax || !is_plain(line)) return false;
    rest_ = line;
    // No value takes more octets than its spelling.
    if (octets_.size() < line.size()) octets_.resize(line.size());
    size_ = sizeof count_;
    count_ = 0;
    last_index_ = 0;
    if (!skip(R"({"handle":)") || !read_string(handle_) || !skip(R"(,"values":[)")) return false;
    do {
        if (!read_value()) return false;
    } while (skip(","));
    store(std::span(octets_), 0, count_);
    return rest_ == "]}" && count_ <= limits::kResponseValuesMax &&
           size_ <= model::record_values_bytes_max(handle_);
}

bool StraightReader::read_value() {
    std::uint32_t index = 0;
    std::string_view type;
    if (!skip(R"({"index":)") || !read_number(index) || index <= last_index_) return false;
    if (!skip(R"(,"type":)") || !read_string(type)) return false;
    value_at_ = size_;
    last_index_ = index;
    ++count_;
    put(index);
    put(std::uint32_t{0});  // the timestamp, which comes last
    put(static_cast<std::uint8_t>(handle::TtlType::kRelative));
    put(handle::kDefaultTtl);
    put(handle::permission::kDefault);
    put_text(type);
    if (!skip(R"(,"data":{"format":")") || !read_data()) return false;
    put(std::uint32_t{0});  // no references
    return read_permissions() && read_ttl() && read_timestamp() && skip("}");
}

bool StraightReader::read_data() {
    std::string_view text;
    if (skip(R"(string","value":)")) {
        if (!read_string(text)) return false;
        put_text(text);
        return skip("}");
    }
    if (skip(R"(admin","value":)")) return read_admin();
    if (!skip(R"(base64","value":)") || !read_string(text) || !parse_base64(text, decoded_)) {
        return false;
    }
    put_text(as_text(decoded_));
    return skip("}");
}

bool StraightReader::read_admin() {
    std::string_view administrator;
    std::uint32_t index = 0;
    unsigned bits = 0;
    if (!skip(R"({"handle":)") || !read_string(administrator) || !skip(R"(,"index":)") ||
        !read_number(index) || !skip(R"(,"permissions":")") || !read_bits(kAdminDigits, bits) ||
        !skip(R"("}})")) {
        return false;
    }
    const auto permissions = static_cast<std::uint16_t>(bits);
    const std::size_t bytes =
        sizeof permissions + sizeof(std::uint32_t) + administrator.size() + sizeof index;
    put(static_cast<std::uint32_t>(bytes));
    put(permissions);
    put_text(administrator);
    put(index);
    return true;
}

bool StraightReader::read_permissions() {
    if (!skip(R"(,"permissions":")")) return true;
    unsigned bits = 0;
    if (!read_bits(kPermissionDigits, bits)) return false;
    octets_[value_at_ + kPermissionsAt] = static_cast<std::byte>(bits);
    return skip("\"");
}

bool StraightReader::read_ttl() {
    if (!skip(R"(,"ttl":)")) return true;
    std::uint32_t ttl = 0;
    if (skip("\"")) {
        if (!read_time(ttl)) return false;
        octets_[value_at_ + kTtlTypeAt] = static_cast<std::byte>(handle::TtlType::kAbsolute);
    } else if (!read_number(ttl)) {
        return false;
    }
    store(std::span(octets_), value_at_ + kTtlAt, ttl);
    return true;
}

bool StraightReader::read_timestamp() {
    if (!skip(R"(,"timestamp":")")) return true;
    std::uint32_t time = 0;
    if (!read_time(time)) return false;
    store(std::span(octets_), value_at_ + kTimestampAt, time);
    return true;
}

/// With the quote behind.
bool StraightReader::read_time(std::uint32_t& out) {
    const std::string_view text = rest_.substr(0, kTimeBytes);
    if (!times_.read(text, out)) return false;
    rest_.remove_prefix(text.size());
    return skip("\"");
}

bool StraightReader::skip(std::string_view literal) {
    if (!rest_.starts_with(literal)) return false;
    rest_.remove_prefix(literal.size());
    return true;
}

bool StraightReader::read_string(std::string_view& out) {
    if (!rest_.starts_with('"')) return false;
    const std::size_t end = rest_.find('"', 1);
    if (end == std::string_view::npos) return false;
    out = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return true;
}

/// No sign, no leading zero, at most 2^31 - 1.
bool StraightReader::read_number(std::uint32_t& out) {
    std::uint64_t number = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
        number = number * 10 + static_cast<unsigned>(rest_[digits] - '0');
        if (number > std::numeric_limits<std::int32_t>::max()) return false;
    }
    if (digits == 0 || (digits > 1 && rest_[0] == '0')) return false;
    out = static_cast<std::uint32_t>(number);
    rest_.remove_prefix(digits);
    return true;
}

bool StraightReader::read_bits(std::size_t count, unsigned& out) {
    const std::string_view digits = rest_.substr(0, count);
    if (digits.size() != count) return false;
    out = 0;
    for (const char digit : digits) {
        if (digit != '0' && digit != '1') return false;
        out = out << 1U | (digit == '1' ? 1U : 0U);
    }
    rest_.remove_prefix(count);
    return true;
}

template <class T>
void StraightReader::put(T number) {
    store(std::span(octets_), size_, number);
    size_ += sizeof number;
}

void StraightReader::put(BytesView octets) {
    IDNODE_ASSERT(octets.size() <= octets_.size() - size_);
    std::ranges::copy(octets, octets_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += octets.size();
}

/// As the protocol has strings and octets: their length before them.
void StraightReader::put_text(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    put(as_bytes_view(text));
}

}  // namespace idnode::json
