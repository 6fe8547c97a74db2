// Who sees which lifecycle events, and what is left behind by those who do (§9 of the identifiers
// document).
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "tests/server/registration_client.h"

namespace idnode::testing {
namespace {

/// Two enterprises of one node; the first one captures.
class TwoEnterprises {
  public:
    TwoEnterprises()
        : ours(make_enterprise(setting, 1)),
          theirs(make_enterprise(setting, 2)),
          owner(setting, ours.administrator),
          partner(setting, theirs.administrator) {}

    /// Captures an event about the product and gives its path. `more`: labels and the like.
    std::string capture(std::string_view product, std::string_view step, std::string_view more) {
        const auto reply = capture_as(owner, product, step, more);
        INFO(reply.http.body);
        REQUIRE(reply.status == 201);
        return reply.http.field("location");
    }
    ApiReply capture_as(ApiClient& client, std::string_view product, std::string_view step,
                        std::string_view more) {
        const std::string id =
            "urn:uuid:00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + ++captured_);
        return client.post(
            "/events",
            R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",)"
            R"({"idn":"https://ns.example.cn/idn/"}],"type":"ObjectEvent","eventID":")" +
                id + R"(","eventTime":"2025-06-02T09:30:00Z","eventTimeZoneOffset":"+08:00",)" +
                R"("epcList":["hdl:)" + ours.prefix + "/" + std::string(product) +
                R"("],"action":"OBSERVE","bizStep":")" + std::string(step) + "\"" +
                std::string(more) + "}");
    }
    /// What somebody gets who sends no token.
    HttpReply in_the_open(std::string_view path) {
        return HttpClient(setting.daemon().http_port()).ask(http_request("GET", path));
    }
    ApiReply grant(std::string_view more) {
        return owner.post("/idn/v1/grants",
                          R"({"granteeId":")" + theirs.id + "\"" + std::string(more) + "}");
    }
    std::string of_prefix() const { return R"(,"prefix":")" + ours.prefix + "\""; }

    Setting setting;
    TestEnterprise ours;
    TestEnterprise theirs;
    ApiClient owner;
    ApiClient partner;

  private:
    std::uint64_t captured_ = 0;
};

constexpr std::string_view kPublic = R"(,"idn:visibility":"public")";
constexpr std::string_view kPartner = R"(,"idn:visibility":"partner")";
constexpr std::string_view kPrivate = R"(,"idn:visibility":"private")";
constexpr std::string_view kImportant = R"(,"idn:visibility":"partner","idn:level":"important")";
constexpr std::string_view kCore = R"(,"idn:visibility":"private","idn:level":"core")";

}  // namespace

TEST_CASE("whoever asks sees public events; what is hidden looks as if it were not there") {
    TwoEnterprises world;
    const auto open = world.capture("P1", "inspecting", kPublic);
    CHECK(world.in_the_open(open).status == 200);
    const auto missing = world.in_the_open("/events/urn:uuid:00000000-0000-4000-8000-000000000000");
    CHECK(missing.status == 404);
    for (const auto label : {kPartner, kPrivate, kImportant, kCore}) {
        CAPTURE(label);
        const auto hidden = world.capture("P1", "inspecting", label);
        CHECK(world.owner.get(hidden).status == 200);
        CHECK(world.in_the_open(hidden).status == 404);
        CHECK(world.partner.get(hidden).status == 404);
        CHECK(world.in_the_open(hidden).body == missing.body);
    }
}

TEST_CASE("important and core data cannot be captured as public, nor core data for partners") {
    TwoEnterprises world;
    const auto refused = [&](std::string_view label) {
        return world.capture_as(world.owner, "P1", "inspecting", label).status;
    };
    CHECK(refused(R"(,"idn:visibility":"public","idn:level":"important")") == 400);
    CHECK(refused(R"(,"idn:visibility":"public","idn:level":"core")") == 400);
    CHECK(refused(R"(,"idn:visibility":"partner","idn:level":"core")") == 400);
}

TEST_CASE("a grant opens the steps, types and identifiers that it names, and nothing else") {
    TwoEnterprises world;
    const auto inspected = world.capture("P1", "inspecting", kPartner);
    const auto shipped = world.capture("P1", "shipping", kPartner);
    const auto other = world.capture("P2", "inspecting", kPartner);
    const auto hidden = world.capture("P1", "inspecting", kPrivate);

    REQUIRE(world
                .grant(world.of_prefix() + R"(,"handle":")" + world.ours.prefix +
                       R"(/p1","bizSteps":["inspecting"],"eventTypes":["EVENT_TYPE_OBJECT"])")
                .status == 201);
    CHECK(world.partner.get(inspected).status == 200);
    CHECK(world.partner.get(shipped).status == 404);
    CHECK(world.partner.get(other).status == 404);
    CHECK(world.partner.get(hidden).status == 404);
    CHECK(world.in_the_open(inspected).status == 404);

    const auto all = world.grant(R"(,"handle":"")");
    INFO(all.http.body);
    REQUIRE(all.status == 201);
    CHECK(world.partner.get(shipped).status == 200);
    CHECK(world.partner.get(other).status == 200);
    CHECK(world.partner.get(hidden).status == 404);
    REQUIRE(world.owner.ask("DELETE", "/idn/v1/grants/" + all.text("id"), {}).status == 204);
    CHECK(world.partner.get(other).status == 404);
}

TEST_CASE("important data are granted for a purpose and a year at most") {
    TwoEnterprises world;
    const auto event = world.capture("P1", "inspecting", kImportant);
    REQUIRE(world.grant(world.of_prefix()).status == 201);
    CHECK(world.partner.get(event).status == 404);

    const std::string important = world.of_prefix() + R"(,"levelMax":"DATA_LEVEL_IMPORTANT")";
    CHECK(world.grant(important).text("error.field") == "purpose");
    const std::string purpose = important + R"(,"purpose":"inquiry 7")";
    CHECK(world.grant(purpose).text("error.field") == "notAfter");
    CHECK(world.grant(purpose + R"(,"notAfter":"2099-01-01T00:00:00Z")").text("error.field") ==
          "notAfter");
    CHECK(world.grant(world.of_prefix() + R"(,"levelMax":"DATA_LEVEL_CORE")").status == 400);

    const auto soon = std::chrono::system_clock::now() + std::chrono::hours(24 * 30);
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(soon));
    std::string until = std::to_string(static_cast<int>(day.year())) + "-";
    for (const unsigned part :
         {static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day())}) {
        until += (part < 10 ? "0" : "") + std::to_string(part) + "-";
    }
    until.back() = 'T';
    const auto granted = world.grant(purpose + R"(,"notAfter":")" + until + R"(00:00:00Z")");
    INFO(granted.http.body);
    REQUIRE(granted.status == 201);
    CHECK(world.partner.get(event).status == 200);
}

TEST_CASE("what partners and the node itself read of others leaves receipts, in order") {
    TwoEnterprises world;
    const auto first = world.capture("P1", "inspecting", kPartner);
    const auto open = world.capture("P1", "inspecting", kPublic);
    const auto granted = world.grant(world.of_prefix());
    REQUIRE(granted.status == 201);
    REQUIRE(world.partner.get(first).status == 200);
    REQUIRE(world.partner.get(open).status == 200);  // public: no receipt
    REQUIRE(world.owner.get(first).status == 200);   // the owner's own: none
    ApiClient node(world.setting);
    REQUIRE(node.get(first).status == 200);

    const auto list = world.owner.get("/idn/v1/events/receipts");
    INFO(list.http.body);
    REQUIRE(list.status == 200);
    const auto& receipts = list.json.at("receipts").as_array();
    REQUIRE(receipts.size() == 2);
    CHECK(receipts[0].at("ground").as_string() == "node");
    CHECK(receipts[0].at("reader").as_string() == "operator");
    CHECK(receipts[1].at("ground").as_string() == "grant");
    CHECK(receipts[1].at("reader").as_string() == "admin2");
    CHECK(receipts[1].at("grantId").as_string() == granted.text("id"));
    CHECK(receipts[1].at("eventIds").as_array().size() == 1);
    CHECK(world.partner.get("/idn/v1/events/receipts").json.as_object().count("receipts") == 0);
    CHECK(world.partner.get("/idn/v1/events/receipts?enterpriseId=" + world.ours.id).status == 404);
}

TEST_CASE("who owns an identifier sees what a partner captured about it for partners") {
    TwoEnterprises world;
    CHECK(world.capture_as(world.partner, "P1", "repairing", kPartner).status == 403);
    REQUIRE(world
                .grant(world.of_prefix() +
                       R"(,"actions":["GRANT_ACTION_CAPTURE"],"bizSteps":["repairing"])")
                .status == 201);
    CHECK(world.capture_as(world.partner, "P1", "inspecting", kPartner).status == 403);
    const auto repaired = world.capture_as(world.partner, "P1", "repairing", kPartner);
    REQUIRE(repaired.status == 201);
    const auto secret = world.capture_as(world.partner, "P1", "repairing", kPrivate);
    REQUIRE(secret.status == 201);
    CHECK(world.owner.get(repaired.http.field("location")).status == 200);
    CHECK(world.owner.get(secret.http.field("location")).status == 404);
}

TEST_CASE("a core event is released once, by two administrators, and read once") {
    TwoEnterprises world;
    const auto path = world.capture("P1", "inspecting", kCore);
    const std::string id = world.owner.get(path).text("eventID");
    const std::string wanted = R"({"eventId":")" + id + R"(","granteeId":")" + world.theirs.id +
                               R"(","purpose":"accident 12"})";
    CHECK(world.partner.post("/idn/v1/events/releases", wanted).status == 404);
    ApiClient line(world.setting, world.ours.application);
    CHECK(line.post("/idn/v1/events/releases", wanted).status == 403);
    CHECK(line.get(path).status == 404);  // core is for named persons

    const auto asked = world.owner.post("/idn/v1/events/releases", wanted);
    INFO(asked.http.body);
    REQUIRE(asked.status == 201);
    const std::string release = "/idn/v1/events/releases/" + asked.text("id");
    CHECK(world.partner.post(release + "/event").status == 409);
    CHECK(world.owner.post(release + "/approval").status == 403);

    ApiClient second(world.setting, new_account(world.owner, "second",
                                                "ROLE_ENTERPRISE_ADMINISTRATOR", world.ours.id));
    REQUIRE(second.post(release + "/approval").status == 200);
    CHECK(second.post(release + "/approval").status == 409);

    CHECK(world.owner.post(release + "/event").status == 404);
    const auto read = world.partner.post(release + "/event");
    CHECK(read.status == 200);
    CHECK(read.text("eventID") == id);
    CHECK(world.partner.post(release + "/event").status == 409);
    CHECK(world.owner.get("/idn/v1/events/receipts").http.body.find("release") !=
          std::string::npos);
}

}  // namespace idnode::testing
