#include "bench/record_generator.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "bench/random.h"
#include "proto/base/assert.h"

namespace idnode::bench {
namespace {

/// How an enterprise numbers its pieces. The shapes cannot be mistaken for one another, and within
/// one shape the record's number is written out in full, so that handles are unique.
enum class Coding : std::uint8_t {
    kPlain,        // P-00000123
    kElectronics,  // 310204.XH200.20250314.000000123
    kWeek,         // SN251100000123
    kHex,          // 9B1C6F0A22D4E871
    kGs1,          // 01/06901234567892/21/00000123
    kChinese,      // 泵/批202503/00000123
    kLowerCase,    // motor-yx3-160m-2n9c7
};

struct ProductLine {
    std::string_view name;   // what a person reads
    std::string_view model;  // as in catalogues
    std::string_view sort;   // one word for codes
    Coding coding;
};

constexpr std::array kLines{
    ProductLine{"单级离心水泵", "IS80-65-160", "泵", Coding::kChinese},
    ProductLine{"三相异步电动机", "YX3-160M-4", "motor-yx3-160m", Coding::kLowerCase},
    ProductLine{"液压多路换向阀", "HSV-18-4B", "阀", Coding::kPlain},
    ProductLine{"永磁同步伺服电机", "SM130-077", "伺服", Coding::kWeek},
    ProductLine{"工业以太网交换机", "XH200-24T", "XH200", Coding::kElectronics},
    ProductLine{"锂离子动力电池模组", "LFP-3P16S", "电池", Coding::kHex},
    ProductLine{"智能压力变送器", "PT3051-G", "PT3051", Coding::kElectronics},
    ProductLine{"数控车床主轴箱", "CK6150-ZX", "主轴", Coding::kPlain},
    ProductLine{"汽车转向节铸件", "ZX-2214L", "铸件", Coding::kWeek},
    ProductLine{"食品级不锈钢储罐", "SUS316-5T", "罐", Coding::kGs1},
    ProductLine{"滚珠丝杠副", "SFU2510-4", "丝杠", Coding::kHex},
    ProductLine{"冷链运输保温箱", "LL-60L", "箱", Coding::kGs1},
};

constexpr std::array<std::string_view, 6> kVerdicts{"合格",   "合格", "合格",
                                                    "一等品", "特采", "返工合格"};
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Only so that the first record's number does not come out as zeros.
constexpr std::uint64_t kHexOffset = 0x9E3779B97F4A7C15U;

void append_number(std::string& out, std::uint64_t value, unsigned width = 1) {
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count < width) digits[count++] = '0';
    while (count > 0) out.push_back(digits[--count]);
}

void append_hex(std::string& out, std::uint64_t value) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (unsigned shift = 64; shift > 0; shift -= 4) {
        out.push_back(kDigits[(value >> (shift - 4)) & 0xFU]);
    }
}

void append_base36(std::string& out, std::uint64_t value) {
    constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
    char digits[13];
    unsigned count = 0;
    do {
        digits[count++] = kDigits[value % 36];
        value /= 36;
    } while (value > 0);
    while (count > 0) out.push_back(digits[--count]);
}

/// The day a piece was made, in the forms that its record needs.
struct MadeOn {
    char stamp[21];  // 2025-03-14T08:15:00Z
    char day[9];     // 20250314
    unsigned week;   // 1 … 53
};

void put_digits(char* at, unsigned value, unsigned width) {
    for (unsigned i = width; i > 0; --i) {
        at[i - 1] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
}

MadeOn made_on(std::uint32_t days_after_2022, std::uint32_t second_of_day) {
    using namespace std::chrono;
    const sys_days date = sys_days{year{2023} / January / 1} + days{days_after_2022};
    const year_month_day day{date};
    const auto year_number = static_cast<unsigned>(static_cast<int>(day.year()));
    const auto day_of_year = (date - sys_days{day.year() / January / 1}).count();

    MadeOn out{"0000-00-00T00:00:00Z", "00000000", static_cast<unsigned>(day_of_year / 7 + 1)};
    put_digits(out.stamp, year_number, 4);
    put_digits(out.stamp + 5, static_cast<unsigned>(day.month()), 2);
    put_digits(out.stamp + 8, static_cast<unsigned>(day.day()), 2);
    put_digits(out.stamp + 11, second_of_day / 3600, 2);
    put_digits(out.stamp + 14, second_of_day / 60 % 60, 2);
    put_digits(out.stamp + 17, second_of_day % 60, 2);
    put_digits(out.day, year_number, 4);
    put_digits(out.day + 4, static_cast<unsigned>(day.month()), 2);
    put_digits(out.day + 6, static_cast<unsigned>(day.day()), 2);
    return out;
}

/// The thirteen digits that a factory's item number fixes, and the check digit of GS1 (weights 3
/// and 1 from the right).
void append_gtin14(std::string& out, std::uint32_t item) {
    const std::size_t start = out.size();
    out.append("0690");
    append_number(out, item % 1'000'000'000U, 9);
    unsigned sum = 0;
    for (std::size_t i = 0; i < 13; ++i) {
        sum += static_cast<unsigned>(out[start + i] - '0') * (i % 2 == 0 ? 3U : 1U);
    }
    append_number(out, (10 - sum % 10) % 10);
}

void append_suffix(std::string& out, const ProductLine& line, std::uint64_t number,
                   const MadeOn& made, std::uint32_t item) {
    const std::string_view day(made.day, 8);
    switch (line.coding) {
        case Coding::kPlain:
            out.append("P-");
            append_number(out, number, 8);
            return;
        case Coding::kElectronics:
            append_number(out, 310'000 + item % 90'000, 6);
            out.append(".").append(line.sort).append(".").append(day).append(".");
            append_number(out, number, 9);
            return;
        case Coding::kWeek:
            out.append("SN").append(day.substr(2, 2));
            append_number(out, made.week, 2);
            append_number(out, number, 8);
            return;
        case Coding::kHex:
            append_hex(out, mix64(number + kHexOffset));
            return;
        case Coding::kGs1:
            out.append("01/");
            append_gtin14(out, item);
            out.append("/21/");
            append_number(out, number, 8);
            return;
        case Coding::kChinese:
            out.append(line.sort).append("/批").append(day.substr(0, 6)).append("/");
            append_number(out, number, 8);
            return;
        case Coding::kLowerCase:
            out.append(line.sort).append("-");
            append_base36(out, number);
            return;
    }
}

void open_value(std::string& out, unsigned index, std::string_view type, std::string_view format) {
    out.append(out.back() == '[' ? "{\"index\":" : ",{\"index\":");
    append_number(out, index);
    out.append(",\"type\":\"").append(type).append("\",\"data\":{\"format\":\"").append(format);
    out.append("\",\"value\":");
}

void close_value(std::string& out, unsigned ttl, const MadeOn& made) {
    out.append("},\"ttl\":");
    append_number(out, ttl);
    out.append(",\"timestamp\":\"").append(made.stamp, 20).append("\"}");
}

/// Noise that no compression shortens, as certificates and sensor dumps in real records are.
void append_noise_value(std::string& out, Random& random, const MadeOn& made) {
    open_value(out, 6, "META", "base64");
    out.push_back('"');
    const std::uint32_t quads = 16 + random.below(48);
    for (std::uint32_t i = 0; i < quads; ++i) {
        std::uint64_t bits = random.next();
        for (int letter = 0; letter < 4; ++letter, bits >>= 6U)
            out.push_back(kBase64[bits & 0x3FU]);
    }
    out.push_back('"');
    close_value(out, 86'400, made);
}

/// A pointer to the factory's own server (§2.7); addresses are those kept for documentation.
void append_site_value(std::string& out, Random& random, const MadeOn& made) {
    open_value(out, 7, "HS_SITE", "site");
    out.append(
        "{\"version\":1,\"protocolVersion\":\"2.11\",\"serialNumber\":1,\"primarySite\":true,"
        "\"multiPrimary\":false,\"attributes\":[{\"name\":\"desc\",\"value\":\"企业解析节点\"}],"
        "\"servers\":[{\"serverId\":1,\"address\":\"192.0.2.");
    append_number(out, 1 + random.below(254));
    out.append(
        "\",\"interfaces\":[{\"query\":true,\"admin\":false,\"protocol\":\"UDP\",\"port\":2641},"
        "{\"query\":true,\"admin\":true,\"protocol\":\"TCP\",\"port\":2641}]}]}");
    close_value(out, 86'400, made);
}

void append_admin_value(std::string& out, std::string_view prefix, const MadeOn& made) {
    open_value(out, 100, "HS_ADMIN", "admin");
    out.append("{\"handle\":\"0.NA/").append(prefix);
    out.append("\",\"index\":200,\"permissions\":\"011111110011\"}");
    close_value(out, 86'400, made);
}

}  // namespace

RecordGenerator::RecordGenerator(const Options& options) : seed_(mix64(options.seed + 1)) {
    IDNODE_ASSERT(options.enterprises > 0);
    Random random(seed_);
    for (std::uint32_t i = 1; i <= options.enterprises; ++i) {
        const std::string number = std::to_string(i);
        enterprises_.push_back({.number = i,
                                .prefix = "88.100." + number,
                                .url_base = "https://id.plant" + number + ".example.cn/q/",
                                .first_line = random.below(kLines.size()),
                                .lines = 1 + random.below(3)});
    }
    // Big and small enterprises do not come in the order of their numbers.
    for (std::uint32_t i = options.enterprises; i > 1; --i) {
        std::swap(enterprises_[i - 1], enterprises_[random.below(i)]);
    }
    std::uint64_t end = 0;
    for (std::uint64_t rank = 1; rank <= options.enterprises; ++rank) {
        end += 1'000'000'000U / rank;
        shares_.push_back(end);
    }
}

const RecordGenerator::Enterprise& RecordGenerator::enterprise_at(std::uint64_t point) const {
    const auto at = std::upper_bound(shares_.begin(), shares_.end(), point);
    return enterprises_[static_cast<std::size_t>(at - shares_.begin())];
}

void RecordGenerator::append_record(std::uint64_t number, std::string& out) const {
    Random random(mix64(seed_ ^ mix64(number)));
    const Enterprise& owner = enterprise_at(random.next() % shares_.back());
    const std::uint32_t line_of_owner = random.below(owner.lines);
    const ProductLine& line = kLines[(owner.first_line + line_of_owner) % kLines.size()];
    const MadeOn made = made_on(random.below(1'000), random.below(86'400));
    const std::uint32_t item = owner.number * 100 + line_of_owner;

    out.append("{\"handle\":\"").append(owner.prefix).append("/");
    append_suffix(out, line, number, made, item);
    out.append("\",\"values\":[");

    open_value(out, 1, "URL", "string");
    out.append("\"").append(owner.url_base);
    append_number(out, number, 8);
    out.append("\"");
    close_value(out, 86'400, made);

    open_value(out, 2, "DESC", "string");
    out.append("\"").append(line.name).append(" ").append(line.model).append("\"");
    close_value(out, 86'400, made);

    open_value(out, 3, "MFG", "string");
    out.append("\"batch=").append(made.day, 8).append("-");
    append_number(out, random.below(40), 2);
    out.append(";line=");
    append_number(out, 1 + random.below(12));
    out.append(";检验=").append(kVerdicts[random.below(kVerdicts.size())]).append("\"");
    close_value(out, 3'600, made);

    if (random.one_in(24)) append_noise_value(out, random, made);
    if (random.one_in(64)) append_site_value(out, random, made);
    if (!random.one_in(5)) append_admin_value(out, owner.prefix, made);
    out.append("]}\n");
}

}  // namespace idnode::bench
