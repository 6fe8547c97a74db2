#include "registry/http/snms/page.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "registry/registration/objects.h"

namespace idnode::http::snms {

namespace {

constexpr const char* kDateTime = "%Y-%m-%d %H:%M:%S";
constexpr std::uint64_t kSizeMax = 1'000;

/// A parameter that is a number from 1; `absent` where it is not given.
Outcome<std::uint64_t> read_number(const SnmsCall& call, std::string_view name,
                                   std::uint64_t absent, std::uint64_t max) {
    const std::string_view text = call.parameter(name);
    if (text.empty()) return absent;
    std::uint64_t out = 0;
    const auto [at, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (failed == std::errc{} && at == text.data() + text.size() && out >= 1 && out <= max) {
        return out;
    }
    const std::string most = std::to_string(max);
    return broken_rule(name, "必须在1与" + most + "之间", "must be 1 to " + most);
}

Outcome<model::TimeMs> read_time(const SnmsCall& call, std::string_view name) {
    const std::string text(call.parameter(name));
    if (text.empty()) return model::TimeMs{0};
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), kDateTime, &parts);
    if (end == nullptr || *end != '\0') {
        return broken_rule(name, "格式必须为yyyy-MM-dd HH:mm:ss", "must be yyyy-MM-dd HH:mm:ss");
    }
    parts.tm_isdst = -1;
    return static_cast<model::TimeMs>(std::mktime(&parts)) * 1'000;
}

}  // namespace

Outcome<Page> read_page(const SnmsCall& call) {
    Page out;
    const auto number = read_number(call, "currentPage", out.number, 1'000'000);
    if (!number) return number.error();
    const auto size = read_number(call, "pageSize", out.size, kSizeMax);
    if (!size) return size.error();
    const auto from = read_time(call, "startDate");
    if (!from) return from.error();
    const auto to = read_time(call, "endDate");
    if (!to) return to.error();
    return Page{*number, *size, *from, *to};
}

std::string page_json(const Page& page, const std::vector<std::string>& items) {
    const std::uint64_t total = items.size();
    const std::uint64_t pages = (total + page.size - 1) / page.size;
    const std::uint64_t first = std::min((page.number - 1) * page.size, total);
    const std::uint64_t last = std::min(first + page.size, total);
    std::string content;
    for (std::uint64_t at = first; at < last; ++at) {
        if (!content.empty()) content += ',';
        content += items[at];
    }
    const auto boolean = [](bool value) { return value ? "true" : "false"; };
    std::string out = "{\"first\":";
    out.append(boolean(page.number == 1)).append(",\"last\":");
    out.append(boolean(page.number >= pages)).append(",\"totalPages\":");
    out.append(std::to_string(pages)).append(",\"totalElements\":");
    out.append(std::to_string(total)).append(",\"number\":");
    out.append(std::to_string(page.number)).append(",\"size\":");
    out.append(std::to_string(page.size)).append(",\"sort\":null,\"numberOfElements\":");
    out.append(std::to_string(last - first)).append(",\"content\":[");
    return out.append(content).append("]}");
}

std::string date_time(const google::protobuf::Timestamp& time) {
    const std::time_t seconds = time.seconds();
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    std::array<char, 32> out{};
    return {out.data(), std::strftime(out.data(), out.size(), kDateTime, &parts)};
}

}  // namespace idnode::http::snms
