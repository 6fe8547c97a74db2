// Capture over HTTP: single events, jobs, streams, and who may capture what.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <thread>

#include "tests/server/registration_client.h"

namespace idnode::testing {
namespace {

constexpr std::string_view kContext =
    R"("@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"])";

std::string event(std::string_view epc, std::string_view more = {}) {
    return R"({"type":"ObjectEvent","eventTime":"2025-06-02T09:30:00+08:00",)"
           R"("eventTimeZoneOffset":"+08:00","action":"OBSERVE","bizStep":"inspecting",)"
           R"("epcList":[")" +
           std::string(epc) + "\"]" + std::string(more) + "}";
}

std::string document(const std::vector<std::string>& events) {
    std::string list;
    for (const std::string& one : events) list += (list.empty() ? "" : ",") + one;
    return "{" + std::string(kContext) +
           R"(,"type":"EPCISDocument","schemaVersion":"2.0",)"
           R"("creationDate":"2025-06-03T08:00:00Z","epcisBody":{"eventList":[)" +
           list + "]}}";
}

/// EPCIS errors are no plain `application/json`.
boost::json::object problem_of(const ApiReply& reply) {
    CHECK(reply.http.field("content-type") == "application/problem+json");
    return boost::json::parse(reply.http.body).as_object();
}

std::string text_of(const boost::json::object& object, std::string_view name) {
    const auto* const value =
        object.if_contains(boost::json::string_view(name.data(), name.size()));
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

/// The job once it is finished.
ApiReply finished(ApiClient& client, const std::string& path) {
    for (;;) {
        ApiReply out = client.get(path);
        REQUIRE(out.status == 200);
        if (out.text("running") == "false") return out;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

TEST_CASE("§15 a single event is captured once, whatever is sent how often") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    ApiClient line(setting, works.application);
    const std::string one = event("hdl:" + works.prefix + "/P-1", R"(,"eventID":"urn:x:1")");

    const auto first = line.post("/events", one);
    INFO(first.http.body);
    CHECK(first.status == 201);
    CHECK(first.http.field("location").find("/events/") == 0);
    CHECK(line.post("/events", one).status == 201);

    const auto other =
        line.post("/events", event("hdl:" + works.prefix + "/P-2", R"(,"eventID":"urn:x:1")"));
    CHECK(other.status == 409);
    CHECK(text_of(problem_of(other), "type") == "epcisException:ResourceAlreadyExistsException");

    const std::string wrong =
        R"(,"eventID":"urn:x:1","errorDeclaration":{"declarationTime":"2025-06-04T00:00:00Z",)"
        R"("reason":"did_not_occur"})";
    CHECK(line.post("/events", event("hdl:" + works.prefix + "/P-2", wrong)).status == 409);
    CHECK(line.post("/events", event("hdl:" + works.prefix + "/P-1", wrong)).status == 201);
    CHECK(line.post("/events", event("hdl:" + works.prefix + "/P-1", wrong)).status == 201);
    const auto unknown = line.post(
        "/events", event("hdl:" + works.prefix + "/P-9",
                         R"(,"errorDeclaration":{"declarationTime":"2025-06-04T00:00:00Z"})"));
    CHECK(unknown.status == 404);

    const auto bad = line.post("/events", event("hdl:" + works.prefix + "/P-1", R"(,"bare":1)"));
    CHECK(bad.status == 400);
    const auto told = problem_of(bad);
    CHECK(text_of(told, "type") == "epcisException:ValidationException");
    CHECK(text_of(told, "code") == "E_EVENT_EXTENSION");
    CHECK(text_of(told, "field") == "bare");
    CHECK(ApiClient(setting, "wrong").post("/events", one).status == 401);
    CHECK(setting.daemon().stop_and_find_faults().empty());
}

TEST_CASE(
    "§9.3 events about others' identifiers need a grant, about strangers' they are statements") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    const TestEnterprise service = make_enterprise(setting, 2);
    ApiClient owner(setting, works.administrator);
    ApiClient repair(setting, service.application);
    const std::string pump = "hdl:" + works.prefix + "/P-1";
    const auto repairing = [&](std::string_view step, std::string_view epc) {
        std::string out = event(epc);
        const std::string before = R"("bizStep":"inspecting")";
        return out.replace(out.find(before), before.size(),
                           R"("bizStep":")" + std::string(step) + "\"");
    };

    const auto refused = repair.post("/events", repairing("repairing", pump));
    CHECK(refused.status == 403);
    CHECK(text_of(problem_of(refused), "type") == "epcisException:SecurityException");
    const auto granted = owner.post(
        "/idn/v1/grants", R"({"granteeId":")" + service.id + R"(","prefix":")" + works.prefix +
                              R"(","actions":["GRANT_ACTION_CAPTURE"],"bizSteps":["repairing"]})");
    INFO(granted.http.body);
    REQUIRE(granted.status == 201);
    CHECK(repair.post("/events", repairing("repairing", pump)).status == 201);
    CHECK(repair.post("/events", repairing("shipping", pump)).status == 403);
    CHECK(repair.post("/events", repairing("repairing", "hdl:86.122.2/A")).status == 201);
    // Who only reads may not capture.
    CHECK(ApiClient(setting).post("/events", repairing("repairing", pump)).status == 201);

    // A company prefix that is registered has an owner, too.
    ApiClient node(setting);
    const std::string gtin = "https://id.example.cn/01/06901234567892/21/P-1";
    CHECK(repair.post("/events", repairing("repairing", gtin)).status == 201);
    CHECK(node.put("/idn/v1/events/authorities/gs1:6901234",
                   R"({"enterpriseId":")" + works.id + R"("})")
              .status == 200);
    CHECK(repair
              .put("/idn/v1/events/authorities/gs1:6901234",
                   R"({"enterpriseId":")" + service.id + R"("})")
              .status == 403);
    CHECK(repair.post("/events", repairing("holding", gtin)).status == 403);
    CHECK(owner.post("/events", repairing("holding", gtin)).status == 201);
    CHECK(node.get("/idn/v1/events/authorities").text("authorities").find("6901234") !=
          std::string::npos);
    CHECK(node.ask("DELETE", "/idn/v1/events/authorities/gs1:6901234", {}).status == 204);
    CHECK(repair.post("/events", repairing("storing", gtin)).status == 201);

    // Whose prefix is disabled changes nothing more.
    REQUIRE(
        node.post("/idn/v1/enterprises/" + works.id + "/suspend", R"({"reason":"debt"})").status ==
        200);
    CHECK(owner.post("/events", repairing("storing", pump)).status == 409);
    CHECK(repair.post("/events", repairing("repairing", pump + "2")).status == 409);
    CHECK(setting.daemon().stop_and_find_faults().empty());
}

TEST_CASE("§15 a document is a job: all or nothing, or what is right of it") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    ApiClient line(setting, works.application);
    const std::string pump = "hdl:" + works.prefix + "/P-";
    const std::vector<std::string> mixed{event(pump + "1"), event("x y"), event(pump + "2"),
                                         event("hdl:88.100.72/P-1")};

    const auto taken = line.post("/capture", document(mixed));
    INFO(taken.http.body);
    REQUIRE(taken.status == 202);
    const std::string path = taken.http.field("location");
    const auto undone = finished(line, path);
    CHECK(undone.text("success") == "false");
    CHECK(undone.text("captureErrorBehaviour") == "rollback");
    CHECK(undone.text("capturedCount") == "0");
    const auto& errors = undone.json.as_object().at("errors").as_array();
    REQUIRE_FALSE(errors.empty());
    CHECK(text_of(errors[0].as_object(), "field") == "eventList[1].epcList[0]");
    CHECK(errors[0].as_object().at("index").to_number<int>() == 1);

    const auto kept =
        line.ask("POST", "/capture", document(mixed), {{"GS1-Capture-Error-Behaviour", "proceed"}});
    REQUIRE(kept.status == 202);
    const auto done = finished(line, kept.http.field("location"));
    CHECK(done.text("success") == "false");
    CHECK(done.text("capturedCount") == "3");
    CHECK(done.text("failedCount") == "1");
    CHECK_FALSE(done.text("finishedAt").empty());

    const auto whole = line.post("/capture", document({event(pump + "1"), event(pump + "3")}));
    CHECK(finished(line, whole.http.field("location")).text("success") == "true");
    const auto list = line.get("/capture?perPage=2");
    CHECK(list.json.as_array().size() == 2);
    CHECK(list.http.field("link").find("rel=\"next\"") != std::string::npos);
    CHECK(list.http.field("gs1-epcis-capture-limit") == "10000");

    const TestEnterprise other = make_enterprise(setting, 2);
    CHECK(ApiClient(setting, other.application).get(path).status == 404);
    CHECK(line.get("/capture/none").status == 404);
    CHECK(setting.daemon().stop_and_find_faults().empty());
}

TEST_CASE("§15 what is no document of events is refused at once") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    ApiClient line(setting, works.application);
    CHECK(line.post("/capture", "{").status == 400);
    CHECK(line.post("/capture", R"({"type":"EPCISQueryDocument"})").status == 400);
    CHECK(line.ask("POST", "/capture", "<xml/>", {{"Content-Type", "application/xml"}}).status ==
          415);
    CHECK(line.ask("POST", "/capture", document({}), {{"Accept", "text/html"}}).status == 406);
    CHECK(line.ask("POST", "/capture", document({}), {{"Content-Type", "application/ld+json"}})
              .status == 202);
    CHECK(line.ask("POST", "/capture", document({}), {{"GS1-Capture-Error-Behaviour", "maybe"}})
              .status == 400);
    std::vector<std::string> many(10'001, event("hdl:" + works.prefix + "/P"));
    const auto too_many = line.post("/capture", document(many));
    CHECK(too_many.status == 413);
    CHECK(text_of(problem_of(too_many), "type") == "epcisException:CaptureLimitExceededException");
    const auto options = line.ask("OPTIONS", "/capture", {});
    CHECK(options.status == 204);
    CHECK(options.http.field("gs1-epcis-capture-file-size-limit") == "33554432");
    CHECK(options.http.field("gs1-capture-error-behaviour") == "rollback");
    CHECK(options.http.field("gs1-epcis-version") == "2.0.0");
    CHECK(options.http.field("allow").find("POST") != std::string::npos);
    CHECK(setting.daemon().stop_and_find_faults().empty());
}

/// Whole lines of an answer, parsed.
std::vector<boost::json::object> lines_of(std::string_view body) {
    std::vector<boost::json::object> out;
    while (!body.empty()) {
        const std::size_t end = body.find('\n');
        out.push_back(boost::json::parse(std::string(body.substr(0, end))).as_object());
        body.remove_prefix(std::min(body.size(), end + 1));
    }
    return out;
}

TEST_CASE("a stream of events tells what failed, and is carried on where it broke off") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    std::string body;
    for (int i = 0; i < 3'000; ++i) {
        body += i == 7 ? "{}" : event("hdl:" + works.prefix + "/P-" + std::to_string(i));
        body += '\n';
    }
    const std::map<std::string, std::string> fields{{"Content-Type", "application/x-ndjson"},
                                                    {"Stream-Id", "s-1"}};
    ApiClient line(setting, works.application);
    // Cut within a line.
    const auto half = line.ask("POST", "/capture", body.substr(0, body.size() / 2 + 40), fields);
    CHECK(half.status == 200);
    ApiClient again(setting, works.application);
    const auto whole = again.ask("POST", "/idn/v1/events:stream", body, fields);
    CHECK(whole.status == 200);
    const auto told = lines_of(whole.http.body);
    REQUIRE_FALSE(told.empty());
    CHECK(text_of(told.back(), "lines") == "3000");
    CHECK(text_of(told.back(), "done") == "2998");
    CHECK(text_of(told.back(), "failed") == "2");  // line 8, and the line that was cut
    ApiClient third(setting, works.application);
    CHECK(third.get("/idn/v1/streams/s-1").text("lines") == "3000");
    const auto failure = lines_of(half.http.body).front();
    REQUIRE(failure.contains("failure"));
    CHECK(boost::json::serialize(failure).find("E_EVENT_MISSING") != std::string::npos);
    CHECK(setting.daemon().stop_and_find_faults().empty());
}

TEST_CASE("an identifier is registered together with its events, or neither") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    ApiClient line(setting, works.application);
    const std::string handle = works.prefix + "/P-1";
    const auto body = [&](const std::string& events) {
        return R"({"identifier":{"handle":")" + handle +
               R"(","values":[{"index":2000,"type":"model","value":"PX-40"}]},"events":[)" +
               events + "]}";
    };
    const auto refused =
        line.post("/idn/v1/events:register", body(event("hdl:" + handle) + "," + event("x y")));
    CHECK(refused.status == 400);
    CHECK(text_of(problem_of(refused), "field") == "events[1].epcList[0]");
    CHECK(line.get("/idn/v1/identifiers/" + handle).status == 404);

    const auto made = line.post("/idn/v1/events:register", body(event("hdl:" + handle)));
    INFO(made.http.body);
    REQUIRE(made.status == 201);
    CHECK(line.get("/idn/v1/identifiers/" + handle).status == 200);
    CHECK(made.text("eventIDs").find("ni:") != std::string::npos);
    CHECK(line.post("/idn/v1/events:register", body(event("hdl:" + handle))).status == 409);
    CHECK(setting.daemon().stop_and_find_faults().empty());
}

}  // namespace
}  // namespace idnode::testing
