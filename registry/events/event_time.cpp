#include "registry/events/event_time.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace idnode::events {

namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int32_t kMinutesPerHour = 60;
constexpr std::int32_t kOffsetMinutesMax = 14 * kMinutesPerHour;
constexpr int kYearMin = 1678;  // nanoseconds in 64 bits reach so far
constexpr int kYearMax = 2261;
constexpr std::size_t kFractionDigitsMax = 9;

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Takes exactly `digits` digits off the front; negative: there are not so many.
int take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return -1;
    int out = 0;
    for (const char c : text.substr(0, digits)) {
        if (!is_digit(c)) return -1;
        out = out * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return out;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

/// Nanoseconds; negative: not one to nine digits.
std::int64_t take_fraction(std::string_view& text) {
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) ++digits;
    if (digits == 0 || digits > kFractionDigitsMax) return -1;
    std::int64_t out = 0;
    for (std::size_t i = 0; i < kFractionDigitsMax; ++i) {
        out = out * 10 + (i < digits ? text[i] - '0' : 0);
    }
    text.remove_prefix(digits);
    return out;
}

TimeFault fault(std::string_view rule) {
    return {.lacks_zone = false, .rule = rule};
}

/// With zeros in front. Timelines have many times: this costs a tenth of `snprintf`.
void append_digits(std::int64_t number, std::size_t count, std::string& out) {
    std::size_t at = out.size() + count;
    out.resize(at);
    for (; count > 0; --count, number /= 10) out[--at] = static_cast<char>('0' + number % 10);
}

}  // namespace

Result<EventTime, TimeFault> parse_event_time(std::string_view text) {
    const auto no_form = fault("must be of the form YYYY-MM-DDThh:mm:ss[.fffffffff](Z|+hh:mm)");
    const int year = take_number(text, 4);
    if (year < 0 || !take(text, '-')) return no_form;
    const int month = take_number(text, 2);
    if (month < 0 || !take(text, '-')) return no_form;
    const int day = take_number(text, 2);
    if (day < 0 || !take(text, 'T')) return no_form;
    const int hour = take_number(text, 2);
    if (hour < 0 || !take(text, ':')) return no_form;
    const int minute = take_number(text, 2);
    if (minute < 0 || !take(text, ':')) return no_form;
    int second = take_number(text, 2);
    if (second < 0) return no_form;
    std::int64_t fraction = 0;
    if (take(text, '.')) fraction = take_fraction(text);
    if (fraction < 0) return fault("must have one to nine digits after the second");
    if (text.empty()) {
        return TimeFault{.lacks_zone = true, .rule = "must have a zone, Z or an offset from UTC"};
    }
    std::int32_t offset = 0;
    if (text != "Z") {
        const auto zone = parse_zone_offset(text);
        if (!zone) return fault("must end with Z or an offset from UTC such as +08:00");
        offset = *zone;
    }
    using std::chrono::day, std::chrono::month, std::chrono::year;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return fault("is no date of the calendar");
    if (year < kYearMin || year > kYearMax) return fault("must lie in the years 1678 to 2261");
    if (hour > 23 || minute > 59 || second > 60) return fault("is no time of the day");
    EventTime out;
    if (second == 60) {
        out.is_leap = true;
        second = 59;
        fraction = kNsPerSecond - 1;
    }
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const std::int64_t seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second;
    out.ns = seconds * kNsPerSecond + fraction;
    return out;
}

std::optional<std::int32_t> parse_zone_offset(std::string_view text) {
    if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
    const bool negative = text.front() == '-';
    text.remove_prefix(1);
    const int hours = take_number(text, 2);
    if (hours < 0 || !take(text, ':')) return std::nullopt;
    const int minutes = take_number(text, 2);
    if (minutes < 0 || minutes >= kMinutesPerHour || !text.empty()) return std::nullopt;
    const std::int32_t out = hours * kMinutesPerHour + minutes;
    if (out > kOffsetMinutesMax) return std::nullopt;
    return negative ? -out : out;
}

std::string format_event_time(std::int64_t ns, bool nanoseconds) {
    const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::nanoseconds(ns)};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    const std::int64_t fraction = clock.subseconds().count();
    const bool is_whole_ms = fraction % kNsPerMs == 0;
    std::string out;
    append_digits(static_cast<int>(date.year()), 4, out);
    out += '-';
    append_digits(static_cast<unsigned>(date.month()), 2, out);
    out += '-';
    append_digits(static_cast<unsigned>(date.day()), 2, out);
    out += 'T';
    append_digits(clock.hours().count(), 2, out);
    out += ':';
    append_digits(clock.minutes().count(), 2, out);
    out += ':';
    append_digits(clock.seconds().count(), 2, out);
    out += '.';
    if (nanoseconds && !is_whole_ms) {
        append_digits(fraction, 9, out);
    } else {
        append_digits(fraction / kNsPerMs, 3, out);
    }
    out += 'Z';
    return out;
}

std::string format_zone_offset(std::int32_t minutes) {
    const std::int32_t amount = minutes < 0 ? -minutes : minutes;
    std::array<char, 16> out{};
    const int size = std::snprintf(out.data(), out.size(), "%c%02d:%02d", minutes < 0 ? '-' : '+',
                                   amount / kMinutesPerHour, amount % kMinutesPerHour);
    return {out.data(), static_cast<std::size_t>(size)};
}

}  // namespace idnode::events
