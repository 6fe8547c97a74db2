// What a node shows of one product: its timeline, its present state, the value IDN.LIFECYCLE of
// lookups, its passport, and all of it on the command line.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "tests/server/registration_client.h"

namespace idnode::testing {
namespace {

constexpr std::string_view kType = "IDN.LIFECYCLE";

/// An enterprise with a registered product, which is commissioned, packed and shipped.
class Product {
  public:
    Product()
        : works(make_enterprise(setting, 1)),
          owner(setting, works.administrator),
          handle(works.prefix + "/PUMP-1") {
        const auto made = owner.put("/idn/v1/identifiers/" + handle,
                                    R"({"handle":")" + handle +
                                        R"(","values":[{"index":2000,"type":"NAME","value":)"
                                        R"("Pump <b>9</b> & \"more\""},)"
                                        R"({"index":2001,"type":"HS_CODE","value":"841370"}]})");
        INFO(made.http.body);
        REQUIRE(made.status == 201);
    }

    void capture_life() {
        capture("ObjectEvent", 1, "ADD", "commissioning",
                list("epcList", {cid()}) + R"(,"disposition":"active","bizLocation":{"id":)"
                                           R"("urn:epc:id:sgln:6901234.00001.0"})");
        capture("AggregationEvent", 2, "ADD", "packing",
                R"(,"parentID":")" + box() + "\"" + list("childEPCs", {cid()}));
        capture("ObjectEvent", 3, "OBSERVE", "shipping",
                list("epcList", {box()}) + R"(,"disposition":"in_transit")");
    }
    void recall() {
        capture("ObjectEvent", 4, "OBSERVE", "holding",
                list("epcList", {cid()}) + R"(,"persistentDisposition":{"set":["recalled"]})");
    }
    /// At so many hours; `more`: further members. Its id.
    std::string capture(std::string_view type, int hour, std::string_view action,
                        std::string_view step, std::string_view more,
                        std::string_view visibility = "public") {
        const std::string id =
            "urn:uuid:00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + ++captured_);
        const auto reply = owner.post(
            "/events",
            R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",)"
            R"({"idn":"https://ns.example.cn/idn/"}],"type":")" +
                std::string(type) + R"(","eventID":")" + id + R"(","eventTime":"2025-06-02T0)" +
                std::to_string(hour) + R"(:00:00Z","eventTimeZoneOffset":"+08:00","action":")" +
                std::string(action) + R"(","bizStep":")" + std::string(step) +
                R"(","idn:visibility":")" + std::string(visibility) + "\"" + std::string(more) +
                "}");
        INFO(reply.http.body);
        REQUIRE(reply.status == 201);
        return id;
    }
    static std::string list(std::string_view name, const std::vector<std::string>& ids) {
        std::string out = ",\"" + std::string(name) + "\":[";
        for (const auto& id : ids) out += (out.ends_with('[') ? "\"" : ",\"") + id + "\"";
        return out + "]";
    }
    std::string cid() const { return "hdl:" + handle; }
    std::string box() const { return "hdl:" + works.prefix + "/BOX-1"; }

    /// As somebody without token.
    HttpReply open(std::string_view path, const std::map<std::string, std::string>& more = {}) {
        HttpClient client(setting.daemon().http_port(), TlsOptions{});
        return client.ask(http_request("GET", path, more));
    }
    boost::json::object open_json(std::string_view path) {
        const auto reply = open(path);
        INFO(reply.body);
        REQUIRE(reply.status == 200);
        return boost::json::parse(reply.body).as_object();
    }
    Finished command(std::vector<std::string> words, bool with_token = true) {
        words.insert(words.begin(), program("idnode"));
        words.insert(words.end(),
                     {"--server", "127.0.0.1:" + std::to_string(setting.daemon().http_port())});
        if (with_token) {
            words.insert(words.end(), {"--token-file", folder.write("token", owner.token())});
        }
        return run(words);
    }

    Setting setting;
    TestEnterprise works;
    ApiClient owner;
    std::string handle;
    ScratchFolder folder;

  private:
    std::uint64_t captured_ = 0;
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// The JSON of the one value in a reply that shows the state.
boost::json::object state_in(const Reply& reply) {
    REQUIRE(reply.rc() == 1);
    REQUIRE(reply.values().size() == 1);
    const handle::Value value = reply.values().front();
    CHECK(value.type == kType);
    CHECK(value.index == 1002);
    CHECK(value.ttl == 60);
    return boost::json::parse(as_text(value.data)).as_object();
}

}  // namespace

TEST_CASE("the present state of a product is shown, as it is and as it was") {
    Product product;
    product.capture_life();
    const auto now = product.open_json("/idn/v1/stage?id=" + product.handle);
    CHECK(now.at("id").as_string() == product.cid());
    CHECK(now.at("stage") == "shipping");
    CHECK(now.at("stageName") == "发运");
    CHECK(now.at("disposition") == "in_transit");
    CHECK(now.at("existence") == "commissioned");
    CHECK(now.at("bizLocation").at("id") == "gs1:/414/6901234000016");
    CHECK(now.at("parents").at(0).at("id").as_string() == product.box());
    const auto then =
        product.open_json("/idn/v1/stage?id=" + product.cid() + "&asOf=2025-06-02T01:30:00Z");
    CHECK(then.at("stage") == "production");
    CHECK(then.at("parents").as_array().empty());
    const auto before =
        product.open_json("/idn/v1/stage?id=" + product.cid() + "&asKnownAt=2020-01-01T00:00:00Z");
    CHECK_FALSE(before.contains("stage"));
    CHECK(product.open("/idn/v1/stage?id=" + product.works.prefix + "/OTHER").status == 404);
    CHECK(product.open("/idn/v1/stage").status == 400);
    CHECK(product.open("/idn/v1/stage?id=x&asOf=yesterday").status == 400);
}

TEST_CASE("a timeline has the events of containers, page by page, and counts what is hidden") {
    Product product;
    product.capture_life();
    product.capture("ObjectEvent", 5, "OBSERVE", "inspecting",
                    Product::list("epcList", {product.cid()}), "private");
    const auto whole = product.open_json("/idn/v1/history?id=" + product.handle);
    const auto& events = whole.at("events").as_array();
    REQUIRE(events.size() == 3);
    CHECK(events.at(2).at("via").as_string() == product.box());
    CHECK(events.at(2).at("event").at("bizStep") == "shipping");
    CHECK(whole.at("redacted").as_int64() == 1);
    const auto own = product.owner.get("/idn/v1/history?id=" + product.handle);
    CHECK(own.json.at("events").as_array().size() == 4);
    const auto first = product.open_json("/idn/v1/history?perPage=2&id=" + product.handle);
    REQUIRE(first.at("events").as_array().size() == 2);
    const auto second = product.open_json("/idn/v1/history?perPage=2&id=" + product.handle +
                                          "&cursor=" + std::string(first.at("cursor").as_string()));
    CHECK(second.at("events").as_array().size() == 1);
    CHECK(product.open("/idn/v1/history?perPage=0&id=" + product.handle).status == 400);
    CHECK(product.open("/idn/v1/history?cursor=x&id=" + product.handle).status == 400);
    CHECK(product.open("/idn/v1/history?hasWarning=x&id=" + product.handle).status == 400);
}

TEST_CASE("a lookup by the type IDN.LIFECYCLE shows the state over every interface") {
    Product product;
    const auto ask = resolution(product.handle, {}, {std::string(kType)});
    for (const auto& reply : product.setting.ask_both(ask)) {
        CHECK(reply.rc() == 200);  // a record without events has no such value
    }
    product.capture_life();
    HttpClient tunnel(product.setting.daemon().http_port());
    auto replies = product.setting.ask_both(ask);
    replies.push_back(tunnel.ask(ask));
    for (const auto& reply : replies) {
        const auto state = state_in(reply);
        CHECK(state.at("stage") == "shipping");
        CHECK(state.at("place") == "gs1:/414/6901234000016");
        CHECK(state.at("parent").as_string() == product.box());
        CHECK_FALSE(state.contains("persistentDisposition"));
    }
    product.recall();
    for (const auto& reply : product.setting.ask_both(ask)) {
        const auto state = state_in(reply);
        CHECK(state.at("stage") == "recall");
        CHECK(state.at("persistentDisposition") == boost::json::array{"recalled"});
    }
    const auto json = product.open("/api/handles/" + product.handle + "?type=IDN.LIFECYCLE");
    CHECK(json.status == 200);
    CHECK(has(json.body, "recalled"));
    CHECK(json.field("etag").empty());  // the state changes without the record
}

TEST_CASE("the state is shown only to who asks for it by its name, beside what is stored") {
    Product product;
    product.capture_life();
    const auto types_of = [&](std::vector<std::string> types) {
        std::vector<std::string> out;
        const auto reply = product.setting.udp().ask(resolution(product.handle, {}, types));
        if (reply.rc() != 1) return out;
        for (const auto& value : reply.values()) out.push_back(value.type);
        return out;
    };
    CHECK(types_of({}).size() == 2);
    CHECK(types_of({"IDN."}).empty());
    CHECK(types_of({"idn.lifecycle"}) == std::vector<std::string>{std::string(kType)});
    CHECK(types_of({"NAME", std::string(kType)}) ==
          std::vector<std::string>{std::string(kType), "NAME"});
    const auto missing = product.setting.udp().ask(
        resolution(product.works.prefix + "/NONE", {}, {std::string(kType)}));
    CHECK(missing.rc() == 100);
}

TEST_CASE("links in the shown state lead where the state came from") {
    Product product;
    product.capture_life();
    const auto state =
        state_in(product.setting.tcp().ask(resolution(product.handle, {}, {std::string(kType)})));
    for (const auto name : {"events", "history", "trace"}) {
        CAPTURE(name);
        const std::string url(state.at(name).as_string());
        const std::string path = url.substr(url.find('/', url.find("//") + 2));
        CHECK(product.open(path).status == 200);
    }
}

TEST_CASE("a passport is JSON-LD for programs and a page for people, of public parts only") {
    Product product;
    product.capture_life();
    product.capture("ObjectEvent", 5, "OBSERVE", "repairing",
                    Product::list("epcList", {product.cid()}), "partner");
    const std::string path = "/idn/v1/passport?id=" + product.handle;
    const auto reply = product.open(path);
    CHECK(reply.field("content-type") == "application/ld+json");
    const auto json = boost::json::parse(reply.body).as_object();
    CHECK(json.contains("@context"));
    CHECK(json.at("uniqueProductId").as_string() == product.cid());
    CHECK(json.at("granularity") == "item");
    CHECK(json.at("economicOperator").at("name") == "Works 1");
    CHECK(json.at("commodityCode") == "841370");
    CHECK(json.at("facility").at("identifier") == "gs1:/414/6901234000016");
    CHECK(json.at("status") == "active");
    CHECK(json.at("state").at("stage") == "shipping");
    CHECK(json.at("timeline").at("events").as_array().size() == 3);
    const auto own = product.owner.get(path);
    CHECK(own.http.field("cache-control") == "no-store");
    const auto own_json = boost::json::parse(own.http.body).as_object();
    CHECK(own_json.at("timeline").at("events").as_array().size() == 4);

    const auto page = product.open(path, {{"Accept", "text/html,application/json;q=0.9"}});
    CHECK(has(page.field("content-type"), "text/html"));
    CHECK(has(page.field("content-security-policy"), "default-src 'none'"));
    CHECK(has(page.body, "Pump &lt;b&gt;9&lt;/b&gt; &amp; &quot;more&quot;"));
    CHECK_FALSE(has(page.body, "<b>9"));
    CHECK_FALSE(has(page.body, "<script"));
    CHECK_FALSE(has(page.body, "repairing"));
    product.recall();
    CHECK(has(product.open(path, {{"Accept", "text/html"}}).body, "class=\"recalled\""));
    CHECK(product.open("/idn/v1/passport?id=88.100.71/NONE").status == 404);
}

TEST_CASE("each example of the presets can be captured when it is filled in") {
    Product product;
    const auto presets = product.open_json("/idn/v1/events/presets");
    const auto fill = [&](std::string text, int number) {
        const std::map<std::string, std::string> words{
            {"{time}", "2025-06-02T09:30:00Z"},
            {"{lot}", "urn:epc:class:lgtin:6901234.056789.B7"},
            {"{inputLot}", "urn:epc:class:lgtin:6901234.056789.A1"},
            {"{class}", "urn:epc:idpat:sgtin:6901234.056789.*"},
            {"{sscc}", "urn:epc:id:sscc:6901234.0000000001"}};
        for (const auto& [word, value] : words) {
            for (std::size_t at; (at = text.find(word)) != std::string::npos;) {
                text.replace(at, word.size(), value);
            }
        }
        // What is left are things, parties, places and documents of the enterprise.
        for (std::size_t at; (at = text.find("\"{")) != std::string::npos && text[at + 2] != '"';) {
            const std::size_t end = text.find('}', at);
            text.replace(at, end + 1 - at,
                         "\"hdl:" + product.works.prefix + "/" + text.substr(at + 2, end - at - 2) +
                             "-" + std::to_string(number));
        }
        return text;
    };
    int number = 0;
    for (const auto& preset : presets.at("presets").as_array()) {
        const std::string kind(preset.at("type").as_string());
        CHECK(product.open("/idn/v1/events/presets/" + kind).status == 200);
        for (const auto& event : preset.at("events").as_array()) {
            auto skeleton = event.at("skeleton").as_object();
            const std::string stage(event.at("stage").as_string());
            const auto reply =
                product.owner.post("/events", fill(boost::json::serialize(skeleton), ++number));
            CAPTURE(kind, stage, boost::json::serialize(skeleton), reply.http.body);
            CHECK(reply.status == 201);
        }
    }
    CHECK(number > 30);
    CHECK(product.open("/idn/v1/events/presets/spaceship").status == 404);
}

TEST_CASE("events are captured and read on the command line") {
    Product product;
    const std::string event =
        R"({"type":"ObjectEvent","eventID":"urn:uuid:00000000-0000-4000-8000-000000000001",)"
        R"("eventTime":"2025-06-02T01:00:00Z","eventTimeZoneOffset":"+08:00","action":"ADD",)"
        R"("bizStep":"commissioning","idn:visibility":"public","epcList":[")" +
        product.cid() + "\"]}";
    const auto one = product.command({"event", "capture", product.folder.write("one.json", event)});
    CHECK(one.errors == "");
    CHECK(one.exit_code == 0);
    CHECK(has(one.output, "/events/"));
    const std::string document =
        R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],)"
        R"("type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2025-06-03T08:00:00Z",)"
        R"("epcisBody":{"eventList":[)" +
        event + "]}}";
    const auto job =
        product.command({"event", "capture", product.folder.write("all.json", document)});
    CHECK(job.errors == "");
    CHECK(job.exit_code == 0);
    CHECK(has(job.output, "\"success\": true"));
    const auto lines =
        product.command({"event", "capture", product.folder.write("all.ndjson", event + "\n")});
    CHECK(lines.errors == "");
    CHECK(lines.exit_code == 0);
    const auto refused = product.command(
        {"event", "capture", product.folder.write("bad.json", R"({"type":"ObjectEvent"})")});
    CHECK(refused.exit_code == 4);
    CHECK(has(refused.errors, "eventTime"));
    CHECK(product.command({"event", "capture", "/nowhere/at/all"}).exit_code == 2);

    const auto listed = product.command({"event", "list", product.cid()}, false);
    CHECK(listed.exit_code == 0);
    CHECK(has(listed.output, "2025-06-02T01:00:00"));
    CHECK(has(listed.output, "ADD  commissioning  urn:uuid:0000"));
    const auto shown =
        product.command({"event", "show", "urn:uuid:00000000-0000-4000-8000-000000000001"}, false);
    CHECK(has(shown.output, "commissioning"));
    CHECK(product.command({"event", "show", "urn:uuid:none"}, false).exit_code == 1);
    CHECK(has(product.command({"event", "presets", "component"}, false).output, "skeleton"));
}

TEST_CASE("a product's timeline, trace, recall and passport are shown on the command line") {
    Product product;
    product.capture_life();
    const auto timeline = product.command({"event", "timeline", product.handle}, false);
    CHECK(timeline.errors == "");
    CHECK(timeline.output == product.command({"history", product.handle}, false).output);
    CHECK(timeline.output.starts_with(product.cid() + "\n2025-06-02T01:00:00.000Z  production"));
    CHECK(has(timeline.output, "shipping  in_transit  via " + product.box()));
    const auto trace = product.command({"trace", product.cid()}, false);
    CHECK(trace.errors == "");
    CHECK(trace.output.starts_with(product.cid() + "\n└─ " + product.box() + "  current"));
    const auto back = product.command({"trace", product.box(), "--back"}, false);
    CHECK(has(back.output, "└─ " + product.cid()));
    CHECK(product.command({"trace", product.cid(), "--back", "--forward"}, false).exit_code == 2);
    const auto recall = product.command({"recall", product.cid()});
    CHECK(recall.errors == "");
    CHECK(has(recall.output, product.box()));
    CHECK(product.command({"recall"}).exit_code == 2);
    const auto marked =
        product.command({"recall", product.cid(), "--mark", "R-1", "--reason", "a crack"});
    CHECK(marked.errors == "");
    const auto page = product.folder / "passport.html";
    CHECK(product.command({"passport", product.handle, "--html", "-o", page.string()}, false)
              .exit_code == 0);
    CHECK(read_file(page).starts_with("<!doctype html>"));
    const auto passport = product.command({"passport", product.handle}, false);
    CHECK(has(passport.output, "\"uniqueProductId\""));
    CHECK(product.command({"passport", product.works.prefix + "/NONE"}, false).exit_code == 1);
}

}  // namespace idnode::testing
