#include "registry/events/schedules.h"

#include <array>
#include <bitset>
#include <charconv>
#include <chrono>
#include <string_view>

namespace idnode::events {

namespace {

using registration::Outcome;

constexpr unsigned kNumbersMax = 60;
using Numbers = std::bitset<kNumbersMax>;
// As 29 February comes back after eight years at most.
constexpr std::chrono::years kSearched{9};

struct Field {
    std::string_view name;
    unsigned first;
    unsigned last;
    const std::string& (v1::EventQuerySchedule::*text)() const;
};
using Schedule = v1::EventQuerySchedule;
// From the finest to the coarsest. Days of the week begin with Monday.
constexpr std::array kFields{
    Field{"second", 0, 59, &Schedule::second}, Field{"minute", 0, 59, &Schedule::minute},
    Field{"hour", 0, 23, &Schedule::hour},     Field{"dayOfMonth", 1, 31, &Schedule::day_of_month},
    Field{"month", 1, 12, &Schedule::month},   Field{"dayOfWeek", 1, 7, &Schedule::day_of_week},
};
enum : std::size_t { kSecond, kMinute, kHour, kDayOfMonth, kMonth, kDayOfWeek };
using Times = std::array<Numbers, kFields.size()>;

std::optional<unsigned> read_number(std::string_view text, const Field& field) {
    unsigned out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    const bool is_number = error == std::errc{} && end == text.data() + text.size();
    if (!is_number || out < field.first || out > field.last) return std::nullopt;
    return out;
}

bool add_item(std::string_view item, const Field& field, Numbers& out) {
    if (item.starts_with('[') && item.ends_with(']')) item = item.substr(1, item.size() - 2);
    const std::size_t dash = item.find('-');
    const auto first = read_number(item.substr(0, dash), field);
    const auto last =
        dash == std::string_view::npos ? first : read_number(item.substr(dash + 1), field);
    if (!first || !last || *first > *last) return false;
    for (unsigned number = *first; number <= *last; ++number) out.set(number);
    return true;
}

Outcome<Times> read(const v1::EventQuerySchedule& schedule) {
    Times out;
    bool is_finer = true;  // than all fields given so far
    for (std::size_t at = 0; at < kFields.size(); ++at) {
        const Field& field = kFields[at];
        std::string_view text = (schedule.*field.text)();
        if (text.empty() || text == "*") {
            const bool is_first_alone = is_finer && text.empty() && at < kDayOfMonth;
            for (unsigned one = field.first; one <= (is_first_alone ? field.first : field.last);
                 ++one) {
                out[at].set(one);
            }
            continue;
        }
        is_finer = false;
        while (!text.empty()) {
            const std::string_view item = text.substr(0, text.find(','));
            text.remove_prefix(std::min(text.size(), item.size() + 1));
            if (add_item(item, field, out[at])) continue;
            return registration::invalid("schedule." + std::string(field.name),
                                         "must be numbers from " + std::to_string(field.first) +
                                             " to " + std::to_string(field.last) +
                                             " such as 5 or 1,15 or [1-5]");
        }
    }
    return out;
}

}  // namespace

Outcome<void> check_schedule(const v1::EventQuerySchedule& schedule) {
    const bool is_empty = std::ranges::all_of(
        kFields, [&](const Field& one) { return (schedule.*one.text)().empty(); });
    if (is_empty) return registration::invalid("schedule", "must say when");
    if (auto times = read(schedule); !times) return times.error();
    return {};
}

std::optional<model::TimeMs> next_time(const v1::EventQuerySchedule& schedule,
                                       model::TimeMs after) {
    namespace chrono = std::chrono;
    const auto times = read(schedule);
    if (!times) return std::nullopt;
    const Times& on = *times;
    const auto begin = chrono::floor<chrono::seconds>(
        chrono::sys_time<chrono::milliseconds>(chrono::milliseconds(after)));
    chrono::sys_seconds at = begin + chrono::seconds(1);
    while (at < begin + kSearched) {
        const auto day = chrono::floor<chrono::days>(at);
        const chrono::year_month_day date(day);
        const chrono::hh_mm_ss time(at - day);
        const auto is_on = [&](std::size_t field, auto number) {
            return on[field].test(static_cast<std::size_t>(number));
        };
        // What does not fit is stepped over to its end.
        if (!is_on(kMonth, unsigned{date.month()})) {
            at = chrono::sys_days(date.year() / date.month() / 1 + chrono::months(1));
        } else if (!is_on(kDayOfMonth, unsigned{date.day()}) ||
                   !is_on(kDayOfWeek, chrono::weekday(day).iso_encoding())) {
            at = day + chrono::days(1);
        } else if (!is_on(kHour, time.hours().count())) {
            at = chrono::floor<chrono::hours>(at) + chrono::hours(1);
        } else if (!is_on(kMinute, time.minutes().count())) {
            at = chrono::floor<chrono::minutes>(at) + chrono::minutes(1);
        } else if (!is_on(kSecond, time.seconds().count())) {
            at += chrono::seconds(1);
        } else {
            return chrono::milliseconds(
                       chrono::sys_time<chrono::milliseconds>(at).time_since_epoch())
                .count();
        }
    }
    return std::nullopt;
}

}  // namespace idnode::events
