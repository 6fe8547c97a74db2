#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace idnode::tools {

/// How long work shows itself on standard error: a bar with rate and time left where a person sees
/// it, a line every few seconds in a log, nothing when quiet.
class Progress {
  public:
    enum class Style : std::uint8_t { kBar, kLines, kSilent };
    /// A bar if standard error is a terminal.
    static Style style_for_stderr(bool quiet);

    Progress(std::ostream& out, Style style);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Begins a step such as `reading`.
    void begin(std::string_view step);
    struct State {
        std::uint64_t records = 0;
        /// How much of the step is done, in any unit; a total of 0 is not known.
        std::uint64_t done = 0;
        std::uint64_t total = 0;
    };
    /// Cheap: shows something only now and then.
    void update(const State& state);
    /// Takes the bar away, so that something else can be printed.
    void clear();

  private:
    using Clock = std::chrono::steady_clock;
    std::string describe(const State& state, double seconds) const;
    void show(const State& state, Clock::time_point now);

    std::ostream& out_;
    Style style_;
    std::string step_;
    Clock::time_point begun_;
    Clock::time_point next_;
    bool bar_shown_ = false;
};

/// `1234567` as `1,234,567`.
std::string with_thousands(std::uint64_t number);

}  // namespace idnode::tools
