#include "tools/progress.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <thread>

using namespace idnode::tools;

namespace {

/// Updates until something is shown.
std::string shown(Progress& progress, std::ostringstream& out, const Progress::State& state) {
    while (out.str().empty()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        progress.update(state);
    }
    return out.str();
}

}  // namespace

TEST_CASE("a terminal gets a bar with share, rate and time left, and it goes away at the end") {
    std::ostringstream out;
    {
        Progress progress(out, Progress::Style::kBar);
        progress.begin("reading");
        const std::string text =
            shown(progress, out, {.records = 1'234'567, .done = 50, .total = 100});
        CHECK(text.find("reading: [############............]  50 %  1,234,567 records, ") !=
              std::string::npos);
        CHECK(text.find("/s, ") != std::string::npos);
        CHECK(text.ends_with(" left"));
    }
    CHECK(out.str().ends_with("\r\033[K"));
}

TEST_CASE("work of unknown size shows its rate alone") {
    std::ostringstream out;
    Progress progress(out, Progress::Style::kBar);
    progress.begin("reading");
    const std::string text = shown(progress, out, {.records = 10});
    CHECK(text.find("reading: 10 records, ") != std::string::npos);
    CHECK(text.find("left") == std::string::npos);
}

TEST_CASE("quiet work says nothing, and a log is not flooded") {
    std::ostringstream out;
    Progress silent(out, Progress::Style::kSilent);
    Progress lines(out, Progress::Style::kLines);
    for (int i = 0; i < 100'000; ++i) {
        silent.update({.records = 1, .done = 1, .total = 1});
        lines.update({.records = 1, .done = 1, .total = 1});
    }
    CHECK(out.str().empty());
}

TEST_CASE("large numbers are grouped by thousands") {
    CHECK(with_thousands(0) == "0");
    CHECK(with_thousands(999) == "999");
    CHECK(with_thousands(1'000) == "1,000");
    CHECK(with_thousands(1'234'567) == "1,234,567");
}
