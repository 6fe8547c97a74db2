// Traces and recalls over HTTP, at one node and across two.
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/server/registration_client.h"

namespace idnode::testing {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

/// `AssociationEvent` and so on, at a day of June 2025.
std::string event(std::string_view type, int day, std::string_view action, std::string_view step,
                  std::string_view members, std::string_view visibility = "public") {
    const std::string day_text = (day < 10 ? "0" : "") + std::to_string(day);
    std::string out = R"({"type":")" + std::string(type) + R"(","eventTime":"2025-06-)" + day_text +
                      R"(T00:00:00Z","eventTimeZoneOffset":"+00:00","idn:visibility":")" +
                      std::string(visibility) + R"(",)";
    if (!action.empty()) out += R"("action":")" + std::string(action) + R"(",)";
    if (!step.empty()) out += R"("bizStep":")" + std::string(step) + R"(",)";
    return out + std::string(members) + "}";
}

std::string into(std::string_view parent, std::string_view child) {
    return R"("parentID":"hdl:)" + std::string(parent) + R"(","childEPCs":["hdl:)" +
           std::string(child) + R"("])";
}

void capture(ApiClient& client, const std::string& event) {
    const auto reply = client.post("/events", event);
    INFO(event << "\n" << reply.http.body);
    REQUIRE(reply.status == 201);
}

std::string in_hex(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c == '/' || c == ':' ? (c == '/' ? "%2F" : "%3A") : std::string(1, c);
    }
    return out;
}

object trace(ApiClient& client, std::string_view id, std::string_view more) {
    const auto reply =
        client.get("/idn/v1/trace?id=hdl:" + in_hex(id) + "&direction=" + std::string(more));
    INFO(reply.http.body);
    REQUIRE(reply.status == 200);
    return reply.json.as_object();
}

std::string text_of(const value& of, std::string_view name) {
    const auto* const found =
        of.as_object().if_contains(boost::json::string_view(name.data(), name.size()));
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
}

/// `PUMP-1 current`, or `redacted`.
std::set<std::string> shown(const value& nodes) {
    std::set<std::string> out;
    for (const value& node : nodes.as_array()) {
        const std::string id = text_of(node, "id");
        if (id.empty()) {
            out.insert(text_of(node, "type"));
        } else {
            out.insert(id.substr(id.rfind('/') + 1) + " " + text_of(node, "state"));
        }
    }
    return out;
}
using Lines = std::set<std::string>;

/// The worked example; what happens to SSCC-1 is told as `packing` says.
void capture_example(ApiClient& line, const std::string& prefix, std::string_view packing) {
    const std::string at = prefix + "/";
    capture(line, event("TransformationEvent", 1, "", "commissioning",
                        R"("inputEPCList":["hdl:)" + at + R"(STEEL-7"],"outputEPCList":["hdl:)" +
                            at + R"(HOUSING-9"])"));
    capture(line, event("ObjectEvent", 2, "ADD", "commissioning",
                        R"("epcList":["hdl:)" + at + R"(PUMP-1"])"));
    capture(line, event("AssociationEvent", 2, "ADD", "assembling",
                        into(at + "PUMP-1", at + "HOUSING-9")));
    capture(line, event("AggregationEvent", 3, "ADD", "packing", into(at + "SSCC-1", at + "PUMP-1"),
                        packing));
    capture(line, event("AggregationEvent", 6, "DELETE", "unpacking",
                        R"("parentID":"hdl:)" + at + R"(SSCC-1")", packing));
    capture(line,
            event("AssociationEvent", 7, "ADD", "installing", into(at + "UNIT-5", at + "PUMP-1")));
    capture(line, event("AssociationEvent", 8, "DELETE", "removing",
                        into(at + "PUMP-1", at + "HOUSING-9")));
    capture(line, event("AssociationEvent", 8, "ADD", "installing",
                        into(at + "PUMP-1", at + "HOUSING-12")));
    capture(line, event("ObjectEvent", 9, "DELETE", "decommissioning",
                        R"("epcList":["hdl:)" + at + R"(HOUSING-9"])"));
}

TEST_CASE("14.7 the worked example over HTTP: back and forward, now and then, page by page") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    ApiClient line(setting, works.application);
    capture_example(line, works.prefix, "public");

    const auto now = trace(line, works.prefix + "/PUMP-1", "back");
    CHECK(shown(now.at("nodes")) ==
          Lines{"HOUSING-12 current", "HOUSING-9 historic", "STEEL-7 historic"});
    const auto then = trace(line, works.prefix + "/STEEL-7", "forward&asOf=2025-06-07T12:00:00Z");
    CHECK(shown(then.at("nodes")) ==
          Lines{"HOUSING-9 current", "PUMP-1 current", "UNIT-5 current", "SSCC-1 historic"});

    Lines paged;
    std::string cursor;
    do {
        const auto page = trace(line, works.prefix + "/STEEL-7",
                                "forward&limit=1" + (cursor.empty() ? "" : "&cursor=" + cursor));
        CHECK(page.at("nodes").as_array().size() == 1);
        paged.merge(shown(page.at("nodes")));
        cursor = text_of(page, "cursor");
    } while (!cursor.empty());
    CHECK(paged ==
          Lines{"HOUSING-9 historic", "PUMP-1 historic", "UNIT-5 historic", "SSCC-1 historic"});

    const std::string id = "/idn/v1/trace?id=hdl:" + in_hex(works.prefix + "/STEEL-7");
    CHECK(line.get(id).status == 400);
    CHECK(line.get(id + "&direction=up").status == 400);
    CHECK(line.get(id + "&direction=back&depth=33").status == 400);
    CHECK(line.get(id + "&direction=back&cursor=AAAA").status == 400);
    CHECK(line.get("/idn/v1/trace?direction=back&id=hdl:88.100.71%2FNOBODY").status == 404);
    CHECK(setting.daemon().stop_and_find_faults().empty());
}

TEST_CASE("14.6 what a caller may not see stays in a trace as a stub, with whom to ask") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    const TestEnterprise other = make_enterprise(setting, 2);
    ApiClient line(setting, works.application);
    ApiClient stranger(setting, other.application);
    capture_example(line, works.prefix, "private");

    const auto seen = trace(stranger, works.prefix + "/STEEL-7", "forward");
    CHECK(shown(seen.at("nodes")) ==
          Lines{"HOUSING-9 historic", "PUMP-1 historic", "UNIT-5 historic", "redacted"});
    CHECK(boost::json::serialize(seen).find("SSCC") == std::string::npos);
    CHECK(seen.at("redacted").to_number<int>() == 1);
    for (const value& node : seen.at("nodes").as_array()) {
        if (text_of(node, "type") != "redacted") continue;
        CHECK(text_of(node, "ref").starts_with("r-"));
        CHECK(text_of(node.at("ask"), "prefix") == works.prefix);
        CHECK(text_of(node.at("via"), "kind") == "redacted");
        CHECK_FALSE(node.as_object().contains("intervals"));
    }
    // Stable for one caller, another for another.
    const auto again = trace(stranger, works.prefix + "/STEEL-7", "forward");
    CHECK(again == seen);
    HttpClient anyone(setting.daemon().http_port());
    const auto open = anyone.ask(
        "GET /idn/v1/trace?direction=forward&id=hdl:" + in_hex(works.prefix + "/STEEL-7") +
        " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(open.status == 200);
    CHECK(shown(boost::json::parse(open.body).at("nodes")) == shown(seen.at("nodes")));
    CHECK(boost::json::parse(open.body).at("nodes") != seen.at("nodes"));
    CHECK(stranger.get("/idn/v1/trace?direction=back&id=hdl:" + in_hex(works.prefix + "/SSCC-1"))
              .status == 404);
    CHECK(setting.daemon().stop_and_find_faults().empty());
}

TEST_CASE("14.4 a recall tells what is affected, why, and marks it so that its state says so") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    const TestEnterprise other = make_enterprise(setting, 2);
    ApiClient line(setting, works.application);
    const std::string at = "hdl:" + works.prefix + "/";
    capture(line, event("TransformationEvent", 1, "", "commissioning",
                        R"("inputEPCList":[")" + at + R"(STEEL-7"],"outputEPCList":[")" + at +
                            R"(H-1",")" + at + R"(H-2"])"));
    capture(line, event("AssociationEvent", 2, "ADD", "assembling",
                        into(works.prefix + "/PUMP-1", works.prefix + "/H-1")));
    capture(line, event("ObjectEvent", 3, "OBSERVE", "storing",
                        R"("epcList":[")" + at + R"(PUMP-1"],"bizLocation":{"id":")" + at +
                            R"(STORE"})"));

    const std::string question = R"({"suspects":[")" + at + R"(STEEL-7"])";
    // What may be a stream ends its connection.
    const auto ask = [&](const std::string& body) {
        const auto reply = ApiClient(setting, works.application).post("/idn/v1/recall", body);
        INFO(reply.http.body);
        REQUIRE(reply.status == 200);
        std::vector<object> out;
        std::istringstream lines(reply.http.body);
        for (std::string one; std::getline(lines, one);) {
            out.push_back(boost::json::parse(one).as_object());
        }
        return out;
    };
    const auto lines = ask(question + "}");
    std::set<std::string> affected;
    for (const object& one : lines) {
        if (text_of(one, "state") == "current") affected.insert(text_of(one, "id"));
        if (text_of(one, "id") != at + "PUMP-1") continue;
        CHECK(text_of(one, "holder") == at + "STORE");
        const array& path = one.at("path").as_array();
        REQUIRE(path.size() == 3);
        CHECK(text_of(path[0], "id") == at + "STEEL-7");
        CHECK(text_of(path[1], "via") == "transformation");
        CHECK(text_of(path[2], "via") == "association");
    }
    CHECK(affected == std::set<std::string>{at + "STEEL-7", at + "H-1", at + "H-2", at + "PUMP-1"});
    CHECK(lines.back().at("summary").at("current").to_number<int>() == 4);

    const std::string mark = question + R"(,"mark":true,"number":"R-1","reason":"cracks"})";
    ApiClient stranger(setting, other.application);
    CHECK(stranger.post("/idn/v1/recall", mark).status == 403);
    CHECK(ask(mark).front().at("marked").at("events").to_number<int>() == 1);
    CHECK(ask(mark).front().at("marked").at("events").to_number<int>() == 0);
    const auto stage = line.get("/idn/v1/stage?id=" + in_hex(at + "PUMP-1"));
    INFO(stage.http.body);
    CHECK(stage.http.body.find("recalled") != std::string::npos);

    const auto window = ask(R"({"window":{"place":")" + at +
                            R"(STORE","from":"2025-06-03T00:00:00Z",)"
                            R"("to":"2025-06-04T00:00:00Z"}})");
    CHECK(text_of(window.front(), "id") == at + "PUMP-1");
    CHECK(line.post("/idn/v1/recall", "{}").status == 400);
    CHECK(ApiClient(setting, works.application)
              .post("/idn/v1/recall", question + R"(,"mark":true})")
              .status == 400);
    CHECK(setting.daemon().stop_and_find_faults().empty());
}

/// A node of its own prefix, with these records.
class Node {
  public:
    Node(const std::string& prefix, const std::string& records, const Settings& settings = {})
        : node_({.prefix = prefix, .upstream = {}}), daemon_(filled(node_, records), settings) {}

    Daemon& daemon() { return daemon_; }
    ApiClient admin() {
        std::ifstream file(node_.root() / "keys" / "operator.token");
        std::string token;
        std::getline(file, token);
        return {daemon_, token};
    }

  private:
    static NodeFolder& filled(NodeFolder& node, const std::string& records) {
        node.import(records);
        return node;
    }
    NodeFolder node_;
    Daemon daemon_;
};

/// A part is made at one node and built into a machine at another.
class TwoNodes {
  public:
    const std::string port = std::to_string(free_port());
    Node far{"88.200", text_record("88.200.71/MACHINE-1", {"machine"}),
             Settings{"listen.udp_port=" + port, "listen.tcp_port=" + port}};
    ApiClient far_admin = far.admin();
    const TestEnterprise maker = make_enterprise(far_admin, 1, "88.200");
    ApiClient maker_line{far.daemon(), maker.application};

    Node near{"88.100", text_record("88.100.1/abc", {"local"}),
              Settings{"upstream.servers=[\"127.0.0.1:" + port + "\"]",
                       "events.webhook_networks=[\"127.0.0.0/8\"]"}};
    ApiClient near_admin = near.admin();
    const TestEnterprise works = make_enterprise(near_admin, 1, "88.100");
    ApiClient works_line{near.daemon(), works.application};
};

TEST_CASE("14 with a token for another node its answer has what partners may see there") {
    TwoNodes nodes;
    const std::string part = nodes.works.prefix + "/PART-1";
    capture(nodes.works_line,
            event("AssociationEvent", 2, "ADD", "assembling", into("88.200.71/MACHINE-1", part)));
    capture(nodes.maker_line, event("ObjectEvent", 2, "OBSERVE", "inspecting",
                                    R"("epcList":["hdl:88.200.71/MACHINE-1"])"));
    capture(nodes.maker_line, event("AssociationEvent", 3, "ADD", "installing",
                                    into("88.200.71/HALL-1", "88.200.71/MACHINE-1"), "partner"));
    const auto far_nodes = [&] {
        const auto found = trace(nodes.works_line, part, "forward");
        INFO(boost::json::serialize(found));
        return shown(found.at("elsewhere").as_array().at(0).at("nodes"));
    };
    CHECK(far_nodes() == Lines{"redacted"});

    // The works is known at the other node, too, and may read there.
    const TestEnterprise guest = make_enterprise(nodes.far_admin, 2, "88.200");
    ApiClient maker(nodes.far.daemon(), nodes.maker.administrator);
    REQUIRE(maker
                .post("/idn/v1/grants", R"({"granteeId":")" + guest.id + R"(","prefix":")" +
                                            nodes.maker.prefix + R"("})")
                .status == 201);
    ApiClient boss(nodes.near.daemon(), nodes.works.administrator);
    const std::string url = "http://127.0.0.1:" + std::to_string(nodes.far.daemon().http_port());
    const auto keep = [&](ApiClient& client, std::string_view to) {
        return client
            .put("/idn/v1/events/peers/88.200",
                 R"({"url":")" + std::string(to) + R"(","token":")" + guest.application + R"("})")
            .status;
    };
    CHECK(keep(nodes.works_line, url) == 403);
    // A token goes to the node that it is for, and to no other.
    CHECK(keep(boss, "http://127.0.0.1:1") == 204);
    CHECK(far_nodes() == Lines{"redacted"});
    CHECK(keep(boss, url) == 204);
    CHECK(far_nodes() == Lines{"HALL-1 current"});
    CHECK(boss.get("/idn/v1/events/peers").http.body == R"({"prefixes":["88.200"]})");

    // It is that enterprise's alone.
    const TestEnterprise other = make_enterprise(nodes.near_admin, 2, "88.100");
    ApiClient other_line(nodes.near.daemon(), other.application);
    const auto seen = trace(other_line, part, "forward");
    CHECK(shown(seen.at("elsewhere").as_array().at(0).at("nodes")) == Lines{"redacted"});
    CHECK(boss.ask("DELETE", "/idn/v1/events/peers/88.200", {}).status == 204);
    CHECK(far_nodes() == Lines{"redacted"});
}

TEST_CASE("14 a trail that leads to another node and back is followed there, and told where not") {
    TwoNodes nodes;
    auto& [port, far, far_admin, maker, maker_line, near, near_admin, works, works_line] = nodes;

    // Part here, into a machine there; with that machine into a plant, and from there back.
    capture(works_line, event("AssociationEvent", 2, "ADD", "assembling",
                              into("88.200.71/MACHINE-1", works.prefix + "/PART-1")));
    capture(maker_line, event("AssociationEvent", 3, "ADD", "installing",
                              into("88.200.71/PLANT-1", "88.200.71/MACHINE-1")));
    capture(maker_line, event("AggregationEvent", 4, "ADD", "packing",
                              into(works.prefix + "/CRATE-1", "88.200.71/PLANT-1")));
    capture(maker_line, event("AggregationEvent", 5, "ADD", "loading",
                              into("88.200.71/SECRET-1", works.prefix + "/CRATE-1"), "private"));
    capture(works_line, event("AggregationEvent", 5, "ADD", "loading",
                              into(works.prefix + "/SHIP-1", works.prefix + "/CRATE-1")));

    const auto found = trace(works_line, works.prefix + "/PART-1", "forward");
    INFO(boost::json::serialize(found));
    CHECK(shown(found.at("nodes")) == Lines{"MACHINE-1 current"});
    REQUIRE(found.contains("elsewhere"));
    const array& elsewhere = found.at("elsewhere").as_array();
    REQUIRE(elsewhere.size() == 2);
    CHECK(text_of(elsewhere[0], "id") == "hdl:88.200.71/MACHINE-1");
    CHECK(shown(elsewhere[0].at("nodes")) ==
          Lines{"PLANT-1 current", "CRATE-1 current", "redacted"});
    CHECK(text_of(elsewhere[1], "id") == "hdl:" + works.prefix + "/CRATE-1");
    CHECK(shown(elsewhere[1].at("nodes")) == Lines{"SHIP-1 current"});

    far.daemon().stop_and_find_faults();
    const auto alone = trace(works_line, works.prefix + "/PART-1", "forward");
    INFO(boost::json::serialize(alone));
    CHECK(shown(alone.at("nodes")) == Lines{"MACHINE-1 current"});
    CHECK_FALSE(text_of(alone.at("elsewhere").as_array()[0], "unanswered").empty());
    CHECK(near.daemon().stop_and_find_faults().empty());
}

}  // namespace
}  // namespace idnode::testing
