#include "tools/audit_log.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace idnode;
using model::AuditEvent;

namespace {

class HandClock final : public model::Clock {
  public:
    model::TimeMs now() const override { return time; }
    model::TimeMs time = 1'800'000'000'000;
};

struct Log {
    HandClock clock;
    std::vector<std::string> lines;
    tools::AuditLog log{clock, [this](const std::string& line) { lines.push_back(line); }};
};

AuditEvent refusal() {
    AuditEvent out;
    out.who = "301:0.NA/88.100";
    out.from[10] = out.from[11] = std::byte{0xFF};
    out.from[12] = std::byte{10};
    out.from[15] = std::byte{7};
    out.port = 4000;
    out.operation = handle::OpCode::kDeleteHandle;
    out.handle = "88.100/x";
    out.outcome = handle::ResponseCode::kAuthenticationFailed;
    return out;
}

}  // namespace

TEST_CASE("a refusal is one line with its outcome, the claimed identity and the peer") {
    Log log;
    log.log.record(refusal());
    REQUIRE(log.lines.size() == 1);
    CHECK(log.lines[0] ==
          "event=refused operation=101 outcome=403 reason=\"authentication failed\" "
          "who=301:0.NA/88.100 from=10.0.0.7:4000 handle=88.100/x");
}

TEST_CASE("a change is one line with its transaction") {
    Log log;
    AuditEvent event = refusal();
    event.what = AuditEvent::What::kChanged;
    event.outcome = handle::ResponseCode::kSuccess;
    event.transaction = 17;
    log.log.record(event);
    REQUIRE(log.lines.size() == 1);
    CHECK(log.lines[0] ==
          "event=changed operation=101 who=301:0.NA/88.100 from=10.0.0.7:4000 handle=88.100/x "
          "transaction=17");
}

TEST_CASE("H30: what a stranger wrote cannot break or lengthen a line") {
    Log log;
    AuditEvent event = refusal();
    const std::string name = "88.100/\r\nevent=changed " + std::string(200'000, 'x');
    event.handle = name;
    event.who = name;
    log.log.record(event);
    REQUIRE(log.lines.size() == 1);
    CHECK(log.lines[0].find('\n') == std::string::npos);
    CHECK(log.lines[0].find('\r') == std::string::npos);
    CHECK(log.lines[0].size() < 1'024);
}

TEST_CASE("a flood of refusals writes a few lines a second, and then how many were left out") {
    Log log;
    for (int i = 0; i < 100'000; ++i) log.log.record(refusal());
    CHECK(log.lines.size() == tools::AuditLog::kRefusedPerSecond);
    log.clock.time += 1'000;
    log.log.record(refusal());
    REQUIRE(log.lines.size() == tools::AuditLog::kRefusedPerSecond + 2);
    CHECK(log.lines[tools::AuditLog::kRefusedPerSecond] ==
          "event=audit_lines_left_out of=refused count=99990");
}

TEST_CASE("a flood of refusals hides no change") {
    Log log;
    for (int i = 0; i < 100'000; ++i) log.log.record(refusal());
    AuditEvent event = refusal();
    event.what = AuditEvent::What::kChanged;
    log.log.record(event);
    CHECK(log.lines.back().starts_with("event=changed"));
}
