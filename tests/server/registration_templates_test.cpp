// Templates as those who make them and those who register with them see them.
#include <catch2/catch.hpp>

#include "tests/server/registration_client.h"

namespace idnode::testing {
namespace {

struct Works {
    Setting setting;
    TestEnterprise enterprise = make_enterprise(setting, 1);
    ApiClient line{setting, enterprise.application};
    std::string templates = "/idn/v1/prefixes/" + enterprise.prefix + "/templates";

    std::string handle(std::string_view suffix) const {
        return enterprise.prefix + "/" + std::string(suffix);
    }
    ApiReply create(std::string_view body) { return line.post(templates, body); }
    ApiReply edit(std::string_view version, std::string_view items) {
        return line.ask("PATCH", templates + "/" + std::string(version),
                        R"({"items":[)" + std::string(items) + "]}");
    }
    ApiReply put(std::string_view suffix, std::string_view version, std::string_view values) {
        return line.put("/idn/v1/identifiers/" + handle(suffix),
                        R"({"templateVersion":")" + std::string(version) + R"(","values":[)" +
                            std::string(values) + "]}");
    }
    ApiReply get(std::string_view suffix) {
        return line.get("/idn/v1/identifiers/" + handle(suffix));
    }
};

std::string value(std::uint32_t index, std::string_view text) {
    return R"({"index":)" + std::to_string(index) + R"(,"value":")" + std::string(text) + R"("})";
}

std::string item_indexes(const ApiReply& reply) {
    std::string out;
    for (const auto& item : reply.json.at("items").as_array()) {
        out += std::string(item.at("type").as_string()) + "=" +
               std::to_string(item.at("index").as_int64()) + " ";
    }
    return out;
}

}  // namespace

TEST_CASE("items without an index get the lowest free ones, and repeatable ones room") {
    Works works;
    const auto made = works.create(
        R"({"templateVersion":"v","items":[{"type":"a","name":"A"},
            {"type":"b","name":"B","index":2001},{"type":"c","name":"C","repeatable":true},
            {"type":"d","name":"D"}]})");
    INFO(made.http.body);
    REQUIRE(made.status == 201);
    CHECK(item_indexes(made) == "a=2000 b=2001 c=2002 d=2102 ");
    const auto refused = [&](std::string_view items) {
        const auto reply =
            works.create(R"({"templateVersion":"w","items":[)" + std::string(items) + "]}");
        CHECK(reply.status == 400);
        return reply.text("error.field");
    };
    CHECK(refused(R"({"type":"a","name":"A","index":1001})") == "items[0].index");
    CHECK(refused(R"({"type":"a","name":"A"},{"type":"a","name":"B"})") == "items[1].type");
    CHECK(refused(R"({"type":"a","name":"A"},{"type":"b","name":"A"})") == "items[1].name");
    CHECK(refused(R"({"type":"a","name":"A","index":2000},{"type":"b","name":"B","index":2000})") ==
          "items");
    CHECK(refused(R"({"type":"a","name":"A","lengthMin":3,"lengthMax":2})") ==
          "items[0].lengthMax");
    CHECK(refused(R"({"type":"a","name":"A","pattern":"(a"})") == "items[0].pattern");
    CHECK(refused(R"({"type":"a","name":"A","repeatable":true,"indexLast":2009})") ==
          "items[0].index");
    const auto chain = [&](std::string_view industry) {
        return works
            .create(R"({"templateVersion":"w","items":[{"type":"a","name":"A"}],"industry":)" +
                    std::string(industry) + "}")
            .text("error.field");
    };
    CHECK(chain(R"({"category":"C","division":"34","group":"354","class":"3441"})") ==
          "industry.group");
    CHECK(chain(R"({"category":"34"})") == "industry.category");
    CHECK(chain(R"({"category":"C","group":"344"})") == "industry.group");
    CHECK(chain(R"({"category":"C","division":"34","group":"344","class":"3441"})").empty());
}

TEST_CASE("a published template is edited item by item, and stored records stay as they are") {
    Works works;
    REQUIRE(works
                .create(R"({"templateVersion":"v","items":[{"type":"model","name":"Model"},
                            {"type":"note","name":"Note","lengthMax":10}]})")
                .status == 201);
    REQUIRE(works.put("1", "v", value(2000, "PX-40") + "," + value(2001, "ten letter")).status ==
            201);
    // Both index and type: a change. Otherwise a new item, or a refusal.
    const auto edited = works.edit("v", R"({"index":2001,"type":"note","lengthMax":3},
                                           {"type":"made","name":"Made on"})");
    INFO(edited.http.body);
    REQUIRE(edited.status == 200);
    CHECK(item_indexes(edited) == "model=2000 note=2001 made=2002 ");
    CHECK(edited.text("revision") == "2");
    CHECK(works.edit("v", R"({"index":2001,"type":"other","name":"Other"})").text("error.field") ==
          "items[0].type");
    CHECK(works.edit("v", R"({"type":"note","name":"Another note"})").text("error.field") ==
          "items[3].type");
    CHECK(works.edit("v", R"({"index":2001,"type":"note","itemType":"ITEM_TYPE_NUMBER"})")
              .text("error.field") == "items[0].itemType");
    CHECK(works.get("1").status == 200);
    const auto tight = works.put("2", "v", value(2001, "ten letter"));
    CHECK(tight.code() == "E_ITEM_INVALID");
    CHECK(tight.text("error.message") == "value 2001: note: at most 3 characters");
    // An edit of what somebody else changed meanwhile.
    CHECK(
        works.line
            .ask("PATCH", works.templates + "/v", R"({"description":"x"})", {{"If-Match", "\"1\""}})
            .status == 412);
}

TEST_CASE("a disabled item keeps what is stored and takes nothing more") {
    Works works;
    REQUIRE(works
                .create(R"({"templateVersion":"v","items":[{"type":"model","name":"Model"},
                            {"type":"note","name":"Note","required":true}]})")
                .status == 201);
    REQUIRE(works.put("1", "v", value(2000, "a") + "," + value(2001, "kept")).status == 201);
    REQUIRE(works
                .edit("v", R"({"index":2001,"type":"note","required":true,
                               "state":"ITEM_STATE_DISABLED"})")
                .status == 200);
    const auto refused = works.put("1", "v", value(2001, "new"));
    CHECK(refused.code() == "E_ITEM_DISABLED");
    CHECK(refused.text("error.message") == "value 2001: note: the item is disabled");
    CHECK(works.put("1", "v", value(2000, "b")).status == 200);
    const auto stored = works.get("1");
    CHECK(stored.json.at("values").at(0).at("value").as_string() == "b");
    CHECK(stored.json.at("values").at(1).at("value").as_string() == "kept");
}

TEST_CASE("a draft takes no registrations, and a withdrawn template no more than it has") {
    Works works;
    const std::string form =
        R"({"templateVersion":"v","state":"TEMPLATE_STATE_DRAFT","items":[{"type":"a","name":"A"}]})";
    REQUIRE(works.create(form).status == 201);
    CHECK(works.put("1", "v", value(2000, "x")).code() == "E_TEMPLATE_UNKNOWN");
    CHECK(works.line
              .put(works.templates + "/v", R"({"items":[{"type":"b","name":"B","index":2010}]})")
              .status == 200);
    CHECK(works.line.post(works.templates + "/v/withdraw").code() == "E_WRONG_STATE");
    CHECK(works.line.post(works.templates + "/v/publish").text("state") ==
          "TEMPLATE_STATE_PUBLISHED");
    CHECK(works.line.put(works.templates + "/v", form).code() == "E_WRONG_STATE");
    CHECK(works.put("1", "v", value(2010, "x")).status == 201);
    CHECK(works.line.post(works.templates + "/v/withdraw").status == 200);
    CHECK(works.put("2", "v", value(2010, "x")).code() == "E_TEMPLATE_UNKNOWN");
    CHECK(works.put("1", "v", value(2010, "y")).status == 200);
}

TEST_CASE("a template that identifiers name is deleted by an operator's force alone, and hidden") {
    Works works;
    const std::string form = R"({"templateVersion":"v","items":[{"type":"a","name":"A"}]})";
    const std::string path = works.templates + "/v";
    REQUIRE(works.create(form).status == 201);
    CHECK(works.line.ask("DELETE", path, "").status == 204);
    CHECK(works.line.get(path).status == 404);
    REQUIRE(works.create(form).status == 201);
    REQUIRE(works.put("1", "v", value(2000, "x")).status == 201);
    CHECK(works.line.ask("DELETE", path, "").code() == "E_WRONG_STATE");
    CHECK(works.line.ask("DELETE", path + "?force=true", "").code() == "E_NOT_ALLOWED");
    CHECK(ApiClient(works.setting).ask("DELETE", path + "?force=true", "").status == 204);
    CHECK(works.line.get(path).status == 404);
    CHECK(works.create(form).code() == "E_EXISTS");
    CHECK(works.get("1").json.at("values").at(0).at("value").as_string() == "x");
    CHECK(works.put("1", "v", value(2000, "y")).code() == "E_TEMPLATE_UNKNOWN");
}

TEST_CASE("a patch that names another template is held against all of it") {
    Works works;
    REQUIRE(works
                .create(R"({"templateVersion":"v","items":[{"type":"a","name":"A"},
                            {"type":"b","name":"B"}]})")
                .status == 201);
    REQUIRE(works
                .create(R"({"templateVersion":"w","items":[{"type":"a","name":"A","lengthMax":1},
                            {"type":"c","name":"C","index":2005,"required":true}]})")
                .status == 201);
    REQUIRE(works.put("1", "v", value(2000, "long") + "," + value(2001, "b")).status == 201);
    const auto patch = [&](std::string_view values) {
        return works.line.ask("PATCH", "/idn/v1/identifiers/" + works.handle("1"),
                              R"({"templateVersion":"w","values":[)" + std::string(values) + "]}");
    };
    CHECK(patch(value(2005, "c")).code() == "E_ITEM_INVALID");
    CHECK(patch(value(2005, "c") + "," + value(2000, "s")).code() == "E_TEMPLATE_INDEX_UNKNOWN");
    const std::string dropped = "," + value(2001, "");
    CHECK(patch(value(2000, "s") + dropped).code() == "E_ITEM_MISSING");
    CHECK(patch(value(2005, "c") + "," + value(2000, "s") + dropped).status == 200);
    CHECK(works.get("1").text("templateVersion") == "w");
}

TEST_CASE("references name what is registered, and values of a repeatable item get its indexes") {
    Works works;
    REQUIRE(
        works.create(R"({"templateVersion":"part","items":[{"type":"a","name":"A"}]})").status ==
        201);
    REQUIRE(
        works
            .create(R"({"templateVersion":"pump","items":[{"type":"part","name":"Part","index":2000,
                            "itemType":"ITEM_TYPE_REFERENCE","referencePrefix":")" +
                    works.enterprise.prefix +
                    R"(","referenceTemplate":"part","repeatable":true,"indexLast":2001}]})")
            .status == 201);
    REQUIRE(works.put("p1", "part", value(2000, "x")).status == 201);
    const auto part = [&](std::string_view suffix) {
        return R"({"type":"part","value":")" + works.handle(suffix) + R"("})";
    };
    const auto refused = works.put("1", "pump", part("p2"));
    CHECK(refused.code() == "E_ITEM_INVALID");
    CHECK(refused.text("error.message") ==
          "value 2000: part: must be a registered identifier with template 'part'");
    CHECK(works.put("1", "pump", part("p1") + "," + part("p1")).status == 201);
    CHECK(works.get("1").json.at("values").at(1).at("index").as_int64() == 2001);
    CHECK(works.put("2", "pump", part("1")).code() == "E_ITEM_INVALID");
    CHECK(works.put("2", "pump", part("p1") + "," + part("p1") + "," + part("p1")).code() ==
          "E_ITEM_REPEATED");
    const std::string path = "/idn/v1/identifiers/" + works.handle("1");
    CHECK(works.line.ask("PATCH", path, R"({"values":[)" + part("p1") + "]}").code() ==
          "E_TEMPLATE_INDEX_UNKNOWN");
    CHECK(works.line.ask("PATCH", path, R"({"values":[)" + value(2000, "") + "]}").status == 200);
    CHECK(works.get("1").json.at("values").as_array().size() == 1);
}

TEST_CASE("rows of CSV are registered as lines of JSON are, and come out as they went in") {
    Works works;
    REQUIRE(works
                .create(R"({"templateVersion":"v","items":[{"type":"model","name":"Model"},
                            {"type":"mass","name":"Mass","itemType":"ITEM_TYPE_NUMBER"},
                            {"type":"part","name":"Part","repeatable":true}]})")
                .status == 201);
    const std::string rows = "handle,templateVersion,model,mass,part[]\r\n" + works.handle("1") +
                             ",v,\"PX \"\"40\"\", red\",12,\"a\nb\"\r\n" + works.handle("2") +
                             ",v,,many,\r\n" + works.handle("3") + ",v,x\r\n" + works.handle("4") +
                             ",v,y,,\r\n";
    const auto send = [&](std::string_view body) {
        return ApiClient(works.setting, works.enterprise.application)
            .ask("POST", "/idn/v1/streams", body, {{"Content-Type", "text/csv"}});
    };
    const auto answer = send(rows);
    INFO(answer.http.body);
    CHECK(answer.http.body.find("\"line\":\"2\"") != std::string::npos);
    CHECK(answer.http.body.find("mass: must be a decimal number") != std::string::npos);
    CHECK(answer.http.body.find("\"line\":\"3\"") != std::string::npos);
    CHECK(answer.http.body.find("has 3 cells, the header 5") != std::string::npos);
    CHECK(answer.http.body.find(R"("lines":"4","done":"2","failed":"2","ended":true)") !=
          std::string::npos);
    CHECK(send("model,mass\n").http.body.find("must name one column handle") != std::string::npos);
    const auto out = works.line.ask(
        "GET", "/idn/v1/identifiers?templateVersion=v&limit=1&prefix=" + works.enterprise.prefix,
        {}, {{"Accept", "text/csv"}});
    CHECK(out.http.field("x-idn-next-cursor") == works.enterprise.prefix + "/1");
    CHECK(out.http.body == rows.substr(0, rows.find(works.handle("2"))));
}

}  // namespace idnode::testing
