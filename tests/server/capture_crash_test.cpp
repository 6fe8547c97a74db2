// §10.4, §15: a capture job that was accepted is finished whatever happens to the daemon, and each
// of its events is there once.
#include <signal.h>

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "registry/events/event_reader.h"
#include "storage/stores.h"
#include "tests/server/registration_client.h"
#include "tests/support/effort.h"

namespace idnode::testing {
namespace {

constexpr std::size_t kEvents = kIsFast ? 5'000 : 1'500;
constexpr int kKills = 4;

std::string document(const TestEnterprise& works) {
    std::string out =
        R"({"@context":"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",)"
        R"("type":"EPCISDocument","schemaVersion":"2.0",)"
        R"("creationDate":"2025-06-03T08:00:00Z","epcisBody":{"eventList":[)";
    for (std::size_t i = 0; i < kEvents; ++i) {
        out += (i == 0 ? "" : ",");
        out += R"({"type":"ObjectEvent","eventTime":"2025-06-02T09:30:00+08:00",)"
               R"("eventTimeZoneOffset":"+08:00","action":"ADD","bizStep":"commissioning",)"
               R"("epcList":["hdl:)" +
               works.prefix + "/P-" + std::to_string(i) + R"("]})";
    }
    return out + "]}}";
}

class NoClock final : public model::Clock {
  public:
    model::TimeMs now() const override { return 0; }
};

/// How often each product is in an event that is stored.
std::map<std::string, int> stored_products(const NodeFolder& node) {
    const NoClock clock;
    const auto store = storage::open_rocks_store({.dir = node.data(), .read_only = true}, clock);
    REQUIRE(store.has_value());
    const auto events = (*store)->walk_objects(model::Table::kEvents);
    std::map<std::string, int> out;
    for (auto there = events->seek({}); there && *there; there = events->next()) {
        const auto key = events::read_event_key(events->key());
        REQUIRE(key);
        const auto record = events::read_event(**store, *key, events->value());
        REQUIRE(record);
        REQUIRE(record->epcs_size() == 1);
        ++out[record->epcs(0)];
    }
    return out;
}

/// Whether the job is finished; nothing: the daemon does not answer.
std::optional<bool> is_finished(const Daemon& daemon, const std::string& token,
                                const std::string& path) {
    const auto reply = ApiClient(daemon, token).get(path);
    if (reply.status != 200) return std::nullopt;
    return reply.text("running") == "false";
}

}  // namespace

TEST_CASE("a capture job outlives the daemon, and each of its events is stored once", "[slow]") {
    const std::string behaviour = GENERATE(std::string("proceed"), std::string("rollback"));
    CAPTURE(behaviour);
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    std::string path;
    {
        ApiClient line(setting, works.application);
        const auto taken = line.ask("POST", "/capture", document(works),
                                    {{"GS1-Capture-Error-Behaviour", behaviour}});
        REQUIRE(taken.status == 202);
        path = taken.http.field("location");
    }
    setting.daemon().process().send_signal(SIGKILL);
    setting.daemon().process().wait();
    for (int kill = 0; kill < kKills; ++kill) {
        Daemon daemon(setting.node());
        std::this_thread::sleep_for(milliseconds(20 + 30 * kill));
        daemon.process().send_signal(SIGKILL);
        daemon.process().wait();
    }
    Daemon daemon(setting.node());
    while (is_finished(daemon, works.application, path) == false) {
        std::this_thread::sleep_for(milliseconds(20));
    }
    const auto job = ApiClient(daemon, works.application).get(path);
    INFO(job.http.body);
    CHECK(job.text("success") == "true");
    CHECK(job.text("capturedCount") == std::to_string(kEvents));
    CHECK(daemon.stop_and_find_faults().empty());
    const auto products = stored_products(setting.node());
    CHECK(products.size() == kEvents);
    for (const auto& [product, count] : products) {
        INFO(product);
        REQUIRE(count == 1);
    }
}

}  // namespace idnode::testing
