#include "proto/schemes/company_prefix.h"

#include <algorithm>
#include <charconv>

#include "proto/schemes/gs1_key.h"
#include "proto/schemes/text.h"

namespace idnode::schemes {
namespace {

constexpr std::size_t kDigitsMax = 12;
constexpr std::size_t kDigitsMin = 4;

std::string_view trimmed(std::string_view line) {
    constexpr std::string_view kSpace = " \t\r";
    const std::size_t first = line.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return line.substr(first, line.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

Result<GcpTable> GcpTable::read(std::string_view rows) {
    GcpTable out;
    for (std::size_t number = 1; !rows.empty(); ++number) {
        std::string_view line = trimmed(take_until(rows, '\n'));
        if (line.empty() || line.starts_with('#')) continue;
        const std::string_view digits = take_until(line, ',');
        std::size_t length = 0;
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), length);
        const bool is_number = error == std::errc{} && end == line.data() + line.size();
        const bool is_zero = is_number && length == 0;  // GS1's list: no prefixes begin so
        if (digits.empty() || digits.size() > kDigitsMax || !all_digits(digits) || !is_number ||
            (!is_zero && (length < kDigitsMin || length > kDigitsMax))) {
            return Error{Errc::kInvalid, "line " + std::to_string(number) +
                                             ": expected digits,length with a length of 4 to 12"};
        }
        if (!is_zero) out.add(digits, length);
    }
    return out;
}

void GcpTable::add(std::string_view digits, std::size_t length) {
    lengths_.insert_or_assign(std::string(digits), length);
}

std::optional<std::size_t> GcpTable::length_of(std::string_view digits) const {
    for (std::size_t size = std::min(digits.size(), kDigitsMax); size > 0; --size) {
        const auto at = lengths_.find(digits.substr(0, size));
        if (at != lengths_.end()) return at->second;
    }
    return std::nullopt;
}

std::optional<std::string_view> gs1_company_digits(std::string_view cid) {
    if (!cid.starts_with("gs1:/")) return std::nullopt;
    gs1::PathReader path(cid);
    std::string_view code;
    std::string_view value;
    if (!path.next(code, value)) return std::nullopt;
    const gs1::KeyRule* rule = gs1::key_rule(code);
    if (rule == nullptr || value.size() < rule->company_at) return std::nullopt;
    const bool is_gtin_8 = code == "01" && value.starts_with("000000");
    if (is_gtin_8) return std::nullopt;
    const std::string_view found = value.substr(rule->company_at, kDigitsMax);
    const auto end = std::ranges::find_if_not(found, is_digit);
    return found.substr(0, static_cast<std::size_t>(end - found.begin()));
}

}  // namespace idnode::schemes
