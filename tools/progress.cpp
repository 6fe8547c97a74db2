#include "tools/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>

namespace idnode::tools {
namespace {

constexpr std::chrono::milliseconds kBarEvery{100};
constexpr std::chrono::seconds kLineEvery{5};
constexpr std::size_t kBarWidth = 24;

std::string bar(double share) {
    const auto full = static_cast<std::size_t>(share * static_cast<double>(kBarWidth));
    return '[' + std::string(full, '#') + std::string(kBarWidth - full, '.') + ']';
}

std::string duration_text(double seconds) {
    const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

}  // namespace

Progress::Style Progress::style_for_stderr(bool quiet) {
    if (quiet) return Style::kSilent;
    return ::isatty(STDERR_FILENO) != 0 ? Style::kBar : Style::kLines;
}

Progress::Progress(std::ostream& out, Style style) : out_(out), style_(style) {
    begin("");
}

Progress::~Progress() {
    clear();
}

void Progress::begin(std::string_view step) {
    step_ = step;
    begun_ = Clock::now();
    if (style_ == Style::kBar) {
        next_ = begun_ + kBarEvery;
    } else {
        next_ = begun_ + kLineEvery;
    }
}

void Progress::update(const State& state) {
    if (style_ == Style::kSilent) return;
    const auto now = Clock::now();
    if (now >= next_) show(state, now);
}

std::string Progress::describe(const State& state, double seconds) const {
    const double rate = static_cast<double>(state.records) / std::max(seconds, 1e-3);
    std::string out = fmt::format("{} records, {}/s", with_thousands(state.records),
                                  with_thousands(static_cast<std::uint64_t>(rate)));
    if (state.total == 0 || state.done == 0) return out;
    const double share =
        std::min(1.0, static_cast<double>(state.done) / static_cast<double>(state.total));
    const std::string left = duration_text(seconds * (1.0 - share) / share);
    if (style_ == Style::kBar) {
        return fmt::format("{} {:3.0f} %  {}, {} left", bar(share), share * 100, out, left);
    }
    return fmt::format("{:.0f} %, {}, {} left", share * 100, out, left);
}

void Progress::show(const State& state, Clock::time_point now) {
    const double seconds = std::chrono::duration<double>(now - begun_).count();
    const std::string text = step_ + ": " + describe(state, seconds);
    if (style_ == Style::kBar) {
        out_ << "\r\033[K" << text << std::flush;  // back to the left, and the old line away
        bar_shown_ = true;
        next_ = now + kBarEvery;
    } else {
        out_ << text << std::endl;
        next_ = now + kLineEvery;
    }
}

void Progress::clear() {
    if (!bar_shown_) return;
    out_ << "\r\033[K" << std::flush;
    bar_shown_ = false;
}

std::string with_thousands(std::uint64_t number) {
    std::string out = std::to_string(number);
    for (std::size_t at = out.size(); at > 3;) {
        at -= 3;
        out.insert(at, 1, ',');
    }
    return out;
}

}  // namespace idnode::tools
