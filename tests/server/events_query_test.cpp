// Queries of lifecycle events over HTTP, and those who are told of what they find.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <csignal>
#include <set>
#include <string>

#include "tests/server/registration_client.h"
#include "tests/support/http_sink.h"

namespace idnode::testing {
namespace {

namespace bj = boost::json;

const Settings kWebhooks{R"(events.webhook_hosts=["127.0.0.1"])",
                         R"(events.webhook_networks=["127.0.0.0/8"])"};

/// Captures an event and gives its id.
std::string capture(ApiClient& client, const std::string& prefix, unsigned number,
                    const std::string& step = "inspecting",
                    const std::string& visibility = "public") {
    const std::string id =
        "urn:uuid:00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + number);
    const auto reply = client.post(
        "/events", R"({"type":"ObjectEvent","eventID":")" + id +
                       R"(","eventTime":"2025-06-02T09:30:)" + std::to_string(10 + number % 50) +
                       R"(.000Z","eventTimeZoneOffset":"+08:00","epcList":["hdl:)" + prefix +
                       R"(/P-1"],"action":"OBSERVE","bizStep":")" + step +
                       R"(","readPoint":{"id":"https://id.example.cn/414/6901234000016"},)" +
                       R"("idn:visibility":")" + visibility + "\"}");
    INFO(reply.http.body);
    REQUIRE(reply.status == 201);
    return id;
}

const bj::array& events_in(const bj::value& document) {
    return document.at("epcisBody").at("queryResults").at("resultsBody").at("eventList").as_array();
}

std::vector<std::string> ids_in(const bj::value& document) {
    std::vector<std::string> out;
    for (const bj::value& one : events_in(document)) {
        out.emplace_back(one.at("eventID").as_string());
    }
    return out;
}

/// The path in `Link: <…>; rel="next"`; empty: there is none.
std::string next_of(const ApiReply& reply) {
    const std::string link = reply.http.field("link");
    return link.starts_with('<') ? link.substr(1, link.find('>') - 1) : std::string();
}

std::string signature(const std::string& token, const std::string& body) {
    std::array<unsigned char, 32> digest{};
    unsigned size = 0;
    HMAC(EVP_sha256(), token.data(), static_cast<int>(token.size()),
         reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(), &size);
    std::array<unsigned char, 64> text{};
    const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
    return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)};
}

std::string exception_of(const ApiReply& reply) {
    return std::string(bj::parse(reply.http.body).at("type").as_string());
}

/// Ids of all events that a sink was told of, in their order; those told again stand again.
std::vector<std::string> told(const std::vector<Sunk>& sunk) {
    std::vector<std::string> out;
    for (const Sunk& one : sunk) {
        for (std::string& id : ids_in(bj::parse(one.body))) out.push_back(std::move(id));
    }
    return out;
}

void subscribe(ApiClient& client, const HttpSink& sink) {
    REQUIRE(
        client.post("/queries", R"({"name":"steps","query":{"EQ_bizStep":["shipping"]}})").status ==
        201);
    const auto made = client.post(
        "/queries/steps/subscriptions",
        R"({"dest":"http://127.0.0.1:)" + std::to_string(sink.port()) +
            R"(/hook?of=us","signatureToken":"a secret of the subscriber","stream":true})");
    INFO(made.http.body);
    REQUIRE(made.status == 201);
}

}  // namespace

TEST_CASE("15: events are found by their parameters, in pages, and each by its id") {
    Setting setting;
    const auto works = make_enterprise(setting, 1);
    ApiClient client(setting, works.administrator);
    std::vector<std::string> ids;
    for (unsigned number = 0; number < 7; ++number) {
        ids.push_back(capture(client, works.prefix, number, number < 5 ? "inspecting" : "shipping",
                              number == 0 ? "private" : "public"));
    }

    const auto all = client.get("/events?MATCH_anyEPC=hdl:" + works.prefix + "/P-1");
    REQUIRE(all.status == 200);
    CHECK(all.text("type") == "EPCISQueryDocument");
    CHECK(all.text("schemaVersion") == "2.0");
    CHECK(all.text("epcisBody.queryResults.queryName") == "SimpleEventQuery");
    CHECK(all.http.field("gs1-epcis-version") == "2.0.0");
    CHECK(ids_in(all.json) == std::vector<std::string>(ids.rbegin(), ids.rend()));
    CHECK(events_in(all.json).at(0).as_object().contains("recordTime"));

    std::vector<std::string> paged;
    std::string path = "/events?orderDirection=ASC&perPage=3";
    while (!path.empty()) {
        const auto page = client.get(path);
        REQUIRE(page.status == 200);
        for (const auto& id : ids_in(page.json)) paged.push_back(id);
        path = next_of(page);
        CHECK(path.empty() == page.http.field("gs1-next-page-token-expires").empty());
    }
    CHECK(paged == ids);

    CHECK(ids_in(client.get("/bizSteps/shipping/events").json).size() == 2);
    CHECK(ids_in(client.get("/eventTypes/ObjectEvent/events?EQ_bizStep=shipping%7Cinspecting").json)
              .size() == 7);
    CHECK(ids_in(client.get("/epcs/hdl%3A" + works.prefix + "%2FP-1/events").json).size() == 7);
    CHECK(ids_in(client.get("/readPoints/urn%3Aepc%3Aid%3Asgln%3A6901234.00001.0/events").json)
              .size() == 7);

    const std::string one = "/events/urn%3Auuid%3A" + ids[3].substr(9);
    const auto found = client.get(one);
    REQUIRE(found.status == 200);
    CHECK(found.text("eventID") == ids[3]);
    CHECK(found.json.as_object().contains("@context"));
    const auto known = client.ask("GET", one, {}, {{"If-None-Match", found.http.field("etag")}});
    CHECK(known.status == 304);
    CHECK(client.get("/events/urn%3Auuid%3Anone").status == 404);

    CHECK(bj::serialize(client.get("/bizSteps").json.at("member")) ==
          R"(["inspecting","shipping"])");
    CHECK(client.get("/eventTypes").json.at("member").as_array().size() == 5);
    CHECK(client.get("/epcs?perPage=1").json.at("member").as_array().size() == 1);

    HttpClient anonymous(setting.daemon().http_port());
    const auto open = anonymous.ask(http_request("GET", "/events"));
    CHECK(open.status == 200);
    CHECK(ids_in(bj::parse(open.body)).size() == 6);
    CHECK(setting.daemon().stop_and_find_faults().empty());
}

TEST_CASE("15: what is wrong with a query is said with the exception that EPCIS has for it") {
    Setting setting;
    const auto works = make_enterprise(setting, 1);
    ApiClient client(setting, works.administrator);
    capture(client, works.prefix, 1);
    capture(client, works.prefix, 2);

    const auto unknown = client.get("/events?EQ_colour=red");
    CHECK(unknown.status == 400);
    CHECK(exception_of(unknown) == "epcisException:QueryParameterException");
    CHECK(unknown.http.body.find("EQ_colour") != std::string::npos);
    CHECK(exception_of(client.get("/events?nextPageToken=AAAA")) ==
          "epcisException:QueryParameterException");
    const auto large = client.get("/events?maxEventCount=1");
    CHECK(large.status == 413);
    CHECK(exception_of(large) == "epcisException:QueryTooLargeException");
    const auto xml = client.ask("GET", "/events", {}, {{"Accept", "application/xml"}});
    CHECK(xml.status == 406);
    CHECK(exception_of(xml) == "epcisException:NotAcceptableException");
    CHECK(exception_of(client.get("/queries/none")) == "epcisException:NoSuchNameException");
    CHECK(exception_of(client.post("/queries", R"({"name":"q","query":{"EQ_colour":["red"]}})")) ==
          "epcisException:QueryParameterException");
    REQUIRE(client.post("/queries", R"({"name":"q","query":{}})").status == 201);
    CHECK(exception_of(client.post("/queries", R"({"name":"q","query":{}})")) ==
          "epcisException:ResourceAlreadyExistsException");
    CHECK(exception_of(
              client.post("/queries/q/subscriptions", R"({"dest":"https://hook.example.cn/"})")) ==
          "epcisException:SubscriptionControlsException");
    // Nobody is told of anything where the operator allows no host.
    CHECK(exception_of(client.post("/queries/q/subscriptions",
                                   R"({"dest":"https://hook.example.cn/","stream":true})")) ==
          "epcisException:SecurityException");
}

TEST_CASE("15: a named query is kept, asked, listed and deleted, by its enterprise alone") {
    Setting setting;
    const auto works = make_enterprise(setting, 1);
    const auto others = make_enterprise(setting, 2);
    ApiClient client(setting, works.administrator);
    ApiClient stranger(setting, others.administrator);
    capture(client, works.prefix, 1, "shipping");
    capture(client, works.prefix, 2, "inspecting");
    const auto made =
        client.post("/queries", R"({"name":"out","query":{"EQ_bizStep":["shipping"]}})");
    REQUIRE(made.status == 201);
    CHECK(made.http.field("location") == "/queries/out");
    const auto answer = client.get("/queries/out/events");
    CHECK(ids_in(answer.json).size() == 1);
    CHECK(answer.text("epcisBody.queryResults.queryName") == "out");
    CHECK(client.get("/queries").json.as_array().size() == 1);
    CHECK(client.get("/queries/out").json.at("query").at("EQ_bizStep").at(0) == "shipping");
    CHECK(stranger.get("/queries/out").status == 404);
    CHECK(stranger.get("/queries").json.as_array().empty());
    CHECK(client.ask("DELETE", "/queries/out", {}).status == 204);
    CHECK(client.get("/queries/out").status == 404);
}

TEST_CASE("15: a subscriber is told of each event that fits, signed, and of nothing else") {
    HttpSink sink;
    Setting setting(kWebhooks);
    const auto works = make_enterprise(setting, 1);
    ApiClient client(setting, works.administrator);
    capture(client, works.prefix, 1, "shipping");  // before anybody asked
    subscribe(client, sink);
    const auto first = capture(client, works.prefix, 2, "shipping");
    capture(client, works.prefix, 3, "inspecting");
    const auto came = sink.wait_for(1);
    REQUIRE(came.size() == 1);
    CHECK(came[0].target == "/hook?of=us");
    CHECK(told(came) == std::vector<std::string>{first});
    CHECK(came[0].fields.at("gs1-signature") ==
          signature("a secret of the subscriber", came[0].body));
    const auto document = bj::parse(came[0].body);
    const auto& results = document.at("epcisBody").at("queryResults");
    CHECK(results.at("queryName") == "steps");
    const auto listed = client.get("/queries/steps/subscriptions");
    REQUIRE(listed.json.as_array().size() == 1);
    CHECK(listed.json.at(0).at("subscriptionID") == results.at("subscriptionID"));
    CHECK(listed.http.body.find("secret") == std::string::npos);

    const std::string path =
        "/queries/steps/subscriptions/" + std::string(results.at("subscriptionID").as_string());
    CHECK(client.get(path).status == 200);
    CHECK(client.ask("DELETE", path, {}).status == 204);
    CHECK(client.get(path).status == 404);
    CHECK(setting.daemon().stop_and_find_faults().empty());
}

TEST_CASE(
    "15: a node that is killed while a subscriber does not answer tells it everything later") {
    HttpSink sink;
    sink.answer_with(503);
    Setting setting(kWebhooks);
    const auto works = make_enterprise(setting, 1);
    std::set<std::string> captured;
    {
        ApiClient client(setting, works.administrator);
        subscribe(client, sink);
        for (unsigned number = 0; number < 20; ++number) {
            captured.insert(capture(client, works.prefix, number, "shipping"));
        }
        REQUIRE(!sink.wait_for(1).empty());
    }
    setting.daemon().process().send_signal(SIGKILL);
    (void)setting.daemon().process().wait();
    const std::size_t refused = sink.wait_for(0).size();
    sink.answer_with(204);

    Daemon again(setting.node(), kWebhooks);
    std::vector<std::string> ids;
    for (std::size_t count = refused + 1; ids.size() < captured.size(); ++count) {
        auto all = sink.wait_for(count);
        REQUIRE(all.size() >= count);
        all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(refused));
        ids = told(all);
    }
    // Each once: nothing was under way with an answer of 2xx when the node was killed.
    CHECK(ids.size() == captured.size());
    CHECK(std::set<std::string>(ids.begin(), ids.end()) == captured);
    CHECK(again.stop_and_find_faults().empty());
}

TEST_CASE("15: a stream gives events as they come, and goes on where a listener stopped") {
    Setting setting;
    const auto works = make_enterprise(setting, 1);
    ApiClient client(setting, works.administrator);
    REQUIRE(
        client.post("/queries", R"({"name":"steps","query":{"EQ_bizStep":["shipping"]}})").status ==
        201);
    const auto listen = [&](const std::string& last_id) {
        HttpClient out(setting.daemon().http_port());
        std::map<std::string, std::string> fields{
            {"Authorization", "Bearer " + works.administrator}, {"Accept", "text/event-stream"}};
        if (!last_id.empty()) fields["Last-Event-ID"] = last_id;
        out.send(http_request("GET", "/queries/steps/events", fields));
        return out;
    };
    const auto heard_by = [](HttpClient& listener, const std::string& what) {
        std::string heard;
        for (int tries = 0; tries < 50 && heard.find(what) == std::string::npos; ++tries) {
            heard += listener.receive_all(milliseconds(200));
        }
        INFO(heard);
        CHECK(heard.find(what) != std::string::npos);
        return heard;
    };
    HttpClient listener = listen({});
    heard_by(listener, "text/event-stream");
    const auto first = capture(client, works.prefix, 1, "shipping");
    capture(client, works.prefix, 2, "inspecting");
    const std::string heard = heard_by(listener, first);
    const std::size_t id_at = heard.find("id: ") + 4;
    const std::string last_id = heard.substr(id_at, heard.find('\n', id_at) - id_at);

    const auto second = capture(client, works.prefix, 3, "shipping");
    HttpClient later = listen(last_id);
    const std::string rest = heard_by(later, second);
    CHECK(rest.find(first) == std::string::npos);
    CHECK(setting.daemon().stop_and_find_faults().empty());
}

}  // namespace idnode::testing
