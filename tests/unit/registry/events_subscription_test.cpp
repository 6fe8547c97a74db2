// Those who are told of events: where to, when, and that nothing is lost on the way.
#include <catch2/catch.hpp>
#include <mutex>

#include "registry/events/deliveries.h"
#include "registry/events/named_queries.h"
#include "registry/events/schedules.h"
#include "registry/events/subscriptions.h"
#include "registry/registration/login_limit.h"
#include "registry/registration/objects.h"
#include "tests/unit/registry/event_histories.h"
#include "tests/unit/registry/events_query_fixture.h"

using namespace idnode;
using namespace idnode::events;
using namespace idnode::tests;

namespace {

constexpr std::chrono::seconds kPatience{20};

/// Takes deliveries, or refuses them.
class Box final : public DeliverySender {
  public:
    Result<unsigned> send(const Delivery& delivery) override {
        const std::scoped_lock lock(mutex_);
        ++asked_;
        changed_.notify_all();
        if (refusals_ > 0) {
            --refusals_;
            return 500U;
        }
        bodies_.push_back(delivery.body);
        return 200U;
    }
    void refuse(unsigned times) {
        const std::scoped_lock lock(mutex_);
        refusals_ = times;
    }
    /// How often the text stands in what came, once it does at all or after a while.
    std::size_t count(const std::string& text) {
        std::unique_lock lock(mutex_);
        const auto times = [&] {
            std::size_t out = 0;
            for (const std::string& body : bodies_) {
                for (auto at = body.find(text); at != std::string::npos;
                     at = body.find(text, at + 1)) {
                    ++out;
                }
            }
            return out;
        };
        changed_.wait_for(lock, kPatience, [&] { return times() > 0; });
        return times();
    }
    bool was_asked(std::size_t times) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kPatience, [&] { return asked_ >= times; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> bodies_;
    unsigned refusals_ = 0;
    std::size_t asked_ = 0;
};

struct Subscribed : EventWorld {
    Subscribed() {
        terms.webhook_hosts = {"hook.example.cn"};
        v1::Account account;
        account.set_name(actor.account);
        account.set_role(actor.role);
        account.set_state(v1::ACCOUNT_STATE_ACTIVE);
        account.set_enterprise_id(actor.enterprise_id);
        model::Change change;
        change.objects.push_back(
            registration::put(model::Table::kAccounts, actor.account, account));
        REQUIRE(store->commit(change));
        boost::json::object query;
        query["MATCH_anyEPC"] = "urn:x:thing";
        REQUIRE(NamedQueries(lifecycle).create(actor, "things", query));
    }
    v1::EventSubscription subscribe(WantedSubscription wanted = {}) {
        wanted.destination = "https://hook.example.cn/";
        auto out = Subscriptions(lifecycle).create(actor, "things", wanted);
        if (!out) FAIL(out.error().message);
        return *std::move(out);
    }
    EventKey capture(const std::string& id, v1::Visibility visibility = v1::VISIBILITY_PUBLIC,
                     v1::DataLevel level = v1::DATA_LEVEL_GENERAL) {
        v1::EventRecord event = object_event(1, v1::EVENT_ACTION_OBSERVE, "", {"urn:x:thing"});
        event.set_event_id(id);
        event.mutable_label()->set_visibility(visibility);
        event.mutable_label()->set_level(level);
        return add(event);
    }

    registration::Actor actor = administrator_of(1);
    registration::LoginLimit logins;
};

model::TimeMs at(int year, unsigned month, unsigned day, int hour, int minute, int second) {
    const std::chrono::sys_days date =
        std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
    const auto time = date + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                      std::chrono::seconds(second);
    return std::chrono::milliseconds(time.time_since_epoch()).count();
}

}  // namespace

TEST_CASE("15: a schedule comes when cron would have it") {
    v1::EventQuerySchedule daily;
    daily.set_hour("1");
    daily.set_minute("5");
    CHECK(next_time(daily, at(2025, 6, 2, 0, 0, 0)) == at(2025, 6, 2, 1, 5, 0));
    CHECK(next_time(daily, at(2025, 6, 2, 1, 5, 0)) == at(2025, 6, 3, 1, 5, 0));
    v1::EventQuerySchedule often;
    often.set_minute("0,15,[30-31]");
    CHECK(next_time(often, at(2025, 6, 2, 9, 16, 0)) == at(2025, 6, 2, 9, 30, 0));
    CHECK(next_time(often, at(2025, 6, 2, 9, 31, 0)) == at(2025, 6, 2, 10, 0, 0));
    v1::EventQuerySchedule mondays;  // 2 June 2025 is one
    mondays.set_day_of_week("1");
    CHECK(next_time(mondays, at(2025, 6, 2, 0, 0, 0)) == at(2025, 6, 9, 0, 0, 0));
    v1::EventQuerySchedule leap;
    leap.set_day_of_month("29");
    leap.set_month("2");
    CHECK(next_time(leap, at(2025, 1, 1, 0, 0, 0)) == at(2028, 2, 29, 0, 0, 0));
    leap.set_day_of_month("30");
    CHECK(!next_time(leap, at(2025, 1, 1, 0, 0, 0)));
    for (const char* const wrong : {"60", "5-1", "x", "-", "[", "1,,2", "99999999999"}) {
        v1::EventQuerySchedule bad;
        bad.set_minute(wrong);
        CAPTURE(wrong);
        CHECK(!check_schedule(bad));
    }
    CHECK(!check_schedule({}));
}

TEST_CASE("15: destinations are URLs of hosts that the operator allows") {
    const auto plain = parse_destination("https://Hook.example.cn/a/b?c=d#e");
    REQUIRE(plain);
    CHECK(plain->is_secure);
    CHECK(plain->port == 443);
    CHECK(plain->target == "/a/b?c=d");
    const auto v6 = parse_destination("http://[::1]:8080?x");
    REQUIRE(v6);
    CHECK(v6->host == "::1");
    CHECK(v6->port == 8080);
    CHECK(v6->target == "/?x");
    for (const char* const wrong :
         {"", "ftp://hook.example.cn/", "https://", "https:///x",
          "https://user:word@hook.example.cn/", "https://hook.example.cn:0/",
          "https://hook.example.cn:99999/", "https://[::1/", "https://hook.example.cn/ x",
          "https://hook.example.cn/\r\nX: y", "hook.example.cn"}) {
        CAPTURE(wrong);
        CHECK(!parse_destination(wrong));
    }
    Terms terms;
    CHECK(!is_allowed(*plain, terms));
    terms.webhook_hosts = {"hook.example.cn"};
    CHECK(is_allowed(*plain, terms));
    terms.webhook_hosts = {"*.example.cn"};
    CHECK(is_allowed(*plain, terms));
    CHECK(!is_allowed(*parse_destination("https://evilexample.cn/"), terms));
    CHECK(!is_allowed(*parse_destination("https://example.cn/"), terms));
}

TEST_CASE("15: deliveries are signed with HMAC-SHA256") {
    const auto digests = crypto::make_digests();
    // RFC 4231, cases 2 and 6.
    CHECK(signature_of(*digests, "Jefe", "what do ya want for nothing?") ==
          "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
    CHECK(signature_of(*digests, std::string(131, '\xAA'),
                       "Test Using Larger Than Block-Size Key - Hash Key First") ==
          "YOQxWR7gtn8Niiaqy/W3f44LxiE3KMUUBUYEDw7jf1Q=");
}

TEST_CASE("15: a subscriber that fails is told later, and everything once") {
    Subscribed world;
    world.subscribe();
    Box box;
    box.refuse(2);
    {
        const Deliveries deliveries(world.lifecycle, world.logins, box);
        world.capture("urn:e:1");
        REQUIRE(box.was_asked(1));
        world.clock.set(world.clock.now() + 60'000);
        REQUIRE(box.was_asked(2));
        world.clock.set(world.clock.now() + 60'000);
        CHECK(box.count("urn:e:1") == 1);
    }
    // Another node on the same store goes on behind what was delivered.
    world.capture("urn:e:2");
    const Deliveries again(world.lifecycle, world.logins, box);
    CHECK(box.count("urn:e:2") == 1);
    CHECK(box.count("urn:e:1") == 1);
}

TEST_CASE("9.2: core events are sent to nobody, and what the subscriber may not read neither") {
    Subscribed world;
    world.subscribe();
    Box box;
    world.capture("urn:e:core", v1::VISIBILITY_PRIVATE, v1::DATA_LEVEL_CORE);
    v1::EventRecord foreign = object_event(1, v1::EVENT_ACTION_OBSERVE, "", {"urn:x:thing"});
    foreign.set_event_id("urn:e:foreign");
    foreign.set_enterprise_id(2);
    foreign.mutable_label()->set_visibility(v1::VISIBILITY_PRIVATE);
    world.add(foreign);
    world.capture("urn:e:own", v1::VISIBILITY_PRIVATE);
    world.capture("urn:e:last");
    const Deliveries deliveries(world.lifecycle, world.logins, box);
    CHECK(box.count("urn:e:last") == 1);
    CHECK(box.count("urn:e:own") == 1);
    const std::string all = "urn:e:";
    CHECK(box.count(all) == 2);
}

TEST_CASE(
    "15: a scheduled subscriber is told at its time, of nothing as well where it wants that") {
    Subscribed world;
    WantedSubscription wanted;
    wanted.schedule.emplace().set_hour("1");
    wanted.report_if_empty = true;
    const auto made = world.subscribe(wanted);
    Box box;
    const Deliveries deliveries(world.lifecycle, world.logins, box);
    world.clock.set(made.next_ms());
    CHECK(box.count("\"eventList\":[]") == 1);
    world.capture("urn:e:1");
    world.clock.set(*next_time(made.schedule(), world.clock.now()));
    CHECK(box.count("urn:e:1") == 1);
}
