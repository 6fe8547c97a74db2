#include <catch2/catch.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "forward_fake_server.h"
#include "proto/base/text.h"
#include "proto/handle/value.h"
#include "resolver/crypto/digests.h"
#include "resolver/forward/forwarder.h"
#include "resolver/forward/networks.h"

namespace idnode {
namespace {

using handle::ResponseCode;
using handle::Transport;
using resolver::Forwarder;
using resolver::ForwardSettings;
using resolver::Question;
using resolver::UpstreamAnswer;
using resolver::UpstreamAnswerPtr;
using test::FakeServer;
using Replies = std::vector<Bytes>;

class SystemTime : public model::Clock {
  public:
    model::TimeMs now() const override {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }
};

/// A forwarder with everything it needs; small times so that silence is short.
class Node {
  public:
    explicit Node(std::vector<std::string> servers, ForwardSettings settings = quick())
        : entropy_(crypto::make_entropy()) {
        settings.servers = std::move(servers);
        auto opened = resolver::open_forwarder(settings, clock_, *entropy_);
        REQUIRE(opened.has_value());
        forwarder_ = std::move(*opened);
    }

    static ForwardSettings quick() {
        ForwardSettings settings;
        settings.timeout = std::chrono::milliseconds(800);
        return settings;
    }

    std::future<UpstreamAnswerPtr> ask_later(Question question) {
        auto promise = std::make_shared<std::promise<UpstreamAnswerPtr>>();
        forwarder_->ask(std::move(question),
                        [promise](UpstreamAnswerPtr answer) { promise->set_value(answer); });
        return promise->get_future();
    }

    /// Throws, and so fails the test, when `done` is called twice or never.
    static UpstreamAnswerPtr wait(std::future<UpstreamAnswerPtr> answer) {
        REQUIRE(answer.wait_for(std::chrono::seconds(60)) == std::future_status::ready);
        UpstreamAnswerPtr out = answer.get();
        REQUIRE(out);
        return out;
    }

    UpstreamAnswerPtr ask(Question question) { return wait(ask_later(std::move(question))); }
    Forwarder& forwarder() { return *forwarder_; }
    void stop() { forwarder_.reset(); }

  private:
    SystemTime clock_;
    std::unique_ptr<model::Entropy> entropy_;
    std::unique_ptr<Forwarder> forwarder_;
};

Question question(std::string handle = "88.200/x",
                  std::uint32_t flags = handle::flag::kPublicOnly) {
    Question out;
    out.handle = std::move(handle);
    out.flags = flags;
    return out;
}

std::string data_of(const UpstreamAnswerPtr& answer) {
    REQUIRE(answer->code == ResponseCode::kSuccess);
    const auto values = handle::decode_values(answer->content);
    REQUIRE(values.has_value());
    REQUIRE(values->size() == 1);
    return std::string(as_text(values->front().data));
}

std::string text_of(const UpstreamAnswerPtr& answer) {
    return std::string(as_text(answer->content));
}

FakeServer::Behaviour answers(std::string data) {
    return [data](const FakeServer::Request& asked) { return Replies{test::found(asked, data)}; };
}

FakeServer::Behaviour silent() {
    return [](const FakeServer::Request&) { return Replies{}; };
}

/// Asks until the answer is a success; fails the test when it takes absurdly long.
UpstreamAnswerPtr ask_until_found(Node& node) {
    for (int attempt = 0; attempt < 600; ++attempt) {
        // Different handles, so that no answer comes from memory.
        UpstreamAnswerPtr answer = node.ask(question("88.200/again-" + std::to_string(attempt)));
        if (answer->code == ResponseCode::kSuccess) return answer;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    FAIL("the server was never asked again");
    return nullptr;
}

/// Opens for all at once.
class Gate {
  public:
    void open() {
        const std::scoped_lock guard(lock_);
        open_ = true;
        changed_.notify_all();
    }
    void wait() {
        std::unique_lock guard(lock_);
        changed_.wait_for(guard, std::chrono::seconds(60), [this] { return open_; });
    }

  private:
    std::mutex lock_;
    std::condition_variable changed_;
    bool open_ = false;
};

ForwardSettings patient() {
    ForwardSettings settings;
    settings.timeout = std::chrono::seconds(30);
    return settings;
}

}  // namespace

TEST_CASE("a question is answered by the top-level node, and the second time from memory") {
    const FakeServer server(answers("yes"));
    Node node({server.name()});
    CHECK_FALSE(node.forwarder().cached(question()));
    const UpstreamAnswerPtr first = node.ask(question());
    CHECK(data_of(first) == "yes");
    CHECK(first->authoritative);
    const UpstreamAnswerPtr second = node.forwarder().cached(question());
    REQUIRE(second);
    CHECK(data_of(second) == "yes");
    CHECK_FALSE(second->authoritative);
    CHECK(server.udp_requests() == 1);
    CHECK(node.forwarder().counters().asked == 1);
    CHECK(node.forwarder().counters().from_cache == 1);
}

TEST_CASE("not found is remembered, a value of time to live 0 is not") {
    const FakeServer server([](const FakeServer::Request& asked) {
        const bool missing = as_text(asked.message.body).find("missing") != std::string_view::npos;
        return Replies{missing ? test::error(asked, ResponseCode::kHandleNotFound, "no such handle")
                               : test::found(asked, "volatile", 0)};
    });
    Node node({server.name()});
    const UpstreamAnswerPtr missing = node.ask(question("88.200/missing"));
    CHECK(missing->code == ResponseCode::kHandleNotFound);
    CHECK(text_of(missing) == "no such handle");
    CHECK(node.forwarder().cached(question("88.200/missing")));

    CHECK(data_of(node.ask(question("88.200/fresh"))) == "volatile");
    CHECK_FALSE(node.forwarder().cached(question("88.200/fresh")));
    CHECK(data_of(node.ask(question("88.200/fresh"))) == "volatile");
    CHECK(server.udp_requests() == 3);
}

TEST_CASE("questions for authoritative answers or restricted values are asked each time") {
    const FakeServer server(answers("yes"));
    Node node({server.name()});
    for (const std::uint32_t flags :
         {0U, handle::flag::kPublicOnly | handle::flag::kAuthoritative}) {
        node.ask(question("88.200/x", flags));
        CHECK_FALSE(node.forwarder().cached(question("88.200/x", flags)));
        node.ask(question("88.200/x", flags));
    }
    CHECK(server.udp_requests() == 4);
    CHECK_FALSE(node.forwarder().cached(question("88.200/x")));  // nor do they fill it
}

TEST_CASE("a hundred equal questions at once are one question to the top-level node") {
    Gate gate;
    const FakeServer server([&](const FakeServer::Request& asked) {
        gate.wait();
        return Replies{test::found(asked, "once", 0)};
    });
    Node node({server.name()}, patient());
    std::vector<std::future<UpstreamAnswerPtr>> answers;
    for (int i = 0; i < 100; ++i) answers.push_back(node.ask_later(question()));
    // Joined or not is decided when the question is taken up: all of them have been by then.
    while (node.forwarder().counters().coalesced < 99) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    gate.open();
    for (auto& answer : answers) CHECK(data_of(Node::wait(std::move(answer))) == "once");
    CHECK(server.udp_requests() == 1);
    CHECK(node.forwarder().counters().coalesced == 99);
}

TEST_CASE("questions of different recursion counts or flags are not taken for one") {
    Gate gate;
    const FakeServer server([&](const FakeServer::Request& asked) {
        gate.wait();
        const std::string count = std::to_string(asked.message.header.recursion_count);
        return Replies{test::found(asked, count, 0)};
    });
    Node node({server.name()}, patient());
    Question deep = question();
    deep.recursion_count = 3;
    auto shallow_answer = node.ask_later(question());
    auto deep_answer = node.ask_later(deep);
    auto full_answer = node.ask_later(question("88.200/x", 0));
    gate.open();
    CHECK(data_of(Node::wait(std::move(shallow_answer))) == "1");
    CHECK(data_of(Node::wait(std::move(deep_answer))) == "4");
    CHECK(data_of(Node::wait(std::move(full_answer))) == "1");
    CHECK(server.udp_requests() == 3);
    CHECK(node.forwarder().counters().coalesced == 0);
}

TEST_CASE("an answer that UDP loses comes over TCP") {
    const FakeServer server([](const FakeServer::Request& asked) {
        if (asked.transport == Transport::kUdp) return Replies{};
        return Replies{test::found(asked, "by TCP")};
    });
    Node node({server.name()});
    CHECK(data_of(node.ask(question())) == "by TCP");
    CHECK(server.udp_requests() >= 2);
    CHECK(server.tcp_requests() == 1);
}

TEST_CASE("a server that answers RC 2 or 3 over UDP, as for long answers, is asked over TCP") {
    for (const ResponseCode code : {ResponseCode::kError, ResponseCode::kServerBusy}) {
        const FakeServer server([&](const FakeServer::Request& asked) {
            if (asked.transport == Transport::kUdp) {
                return Replies{test::error(asked, code, "too long for UDP")};
            }
            return Replies{test::found(asked, "by TCP")};
        });
        Node node({server.name()}, patient());
        CHECK(data_of(node.ask(question())) == "by TCP");
        CHECK(server.udp_requests() == 1);
    }
}

TEST_CASE("a dead server costs nothing when the next one lives") {
    const test::DeadPort dead;
    const FakeServer second(answers("second"));
    Node node({dead.name(), second.name()}, patient());
    CHECK(data_of(node.ask(question("88.200/a"))) == "second");
    CHECK(node.forwarder().counters().failovers == 1);
    CHECK(data_of(node.ask(question("88.200/b"))) == "second");
    CHECK(node.forwarder().counters().failovers == 1);  // marked down: not asked again
}

TEST_CASE("a silent server is given up for the next one within the time of the question") {
    const FakeServer first(silent());
    const FakeServer second(answers("second"));
    Node node({first.name(), second.name()});
    CHECK(data_of(node.ask(question())) == "second");
    CHECK(node.forwarder().counters().timeouts == 1);
}

TEST_CASE("busy, read-only, failing and irresponsible servers hand over to the next one") {
    for (const ResponseCode code :
         {ResponseCode::kError, ResponseCode::kServerBusy, ResponseCode::kServerBackup,
          ResponseCode::kServerNotResponsible}) {
        const FakeServer first(
            [&](const FakeServer::Request& asked) { return Replies{test::error(asked, code)}; });
        const FakeServer second(answers("second"));
        Node node({first.name(), second.name()}, patient());
        CHECK(data_of(node.ask(question())) == "second");
    }
}

TEST_CASE("other answers are final, and when all servers fail the first one's answer is given") {
    for (const ResponseCode code :
         {ResponseCode::kRecursionLimit, ResponseCode::kHandleNotFound,
          ResponseCode::kValuesNotFound, ResponseCode::kInsufficientPermissions}) {
        const FakeServer first(
            [&](const FakeServer::Request& asked) { return Replies{test::error(asked, code)}; });
        const FakeServer second(answers("second"));
        Node node({first.name(), second.name()}, patient());
        CHECK(node.ask(question())->code == code);
        CHECK(second.udp_requests() == 0);
    }
    const FakeServer irresponsible([](const FakeServer::Request& asked) {
        return Replies{test::error(asked, ResponseCode::kServerNotResponsible, "not mine")};
    });
    const FakeServer busy([](const FakeServer::Request& asked) {
        return Replies{test::error(asked, ResponseCode::kServerBusy)};
    });
    Node node({irresponsible.name(), busy.name()}, patient());
    const UpstreamAnswerPtr answer = node.ask(question());
    CHECK(answer->code == ResponseCode::kServerNotResponsible);
    CHECK(text_of(answer) == "not mine");
}

TEST_CASE("a referral is passed on as it is") {
    Bytes body;
    ByteWriter(body).text_u32("");
    handle::Value site;
    site.index = 1;
    site.type = "HS_SITE.PREFIX";
    ByteWriter(body).raw(handle::encode_values(std::span(&site, 1)));
    const FakeServer server([&](const FakeServer::Request& asked) {
        return Replies{test::response(asked, ResponseCode::kPrefixReferral, body)};
    });
    Node node({server.name()}, patient());
    const UpstreamAnswerPtr answer = node.ask(question("0.NA/88.200.7"));
    CHECK(answer->code == ResponseCode::kPrefixReferral);
    CHECK(answer->content == body);
    CHECK_FALSE(node.forwarder().cached(question("0.NA/88.200.7")));
}

TEST_CASE("without any live server the answer is prompt, says so, and recovery is noticed") {
    test::DeadPort first;
    const test::DeadPort second;
    Node node({first.name(), second.name()}, patient());
    for (int i = 0; i < 5; ++i) {
        const UpstreamAnswerPtr answer = node.ask(question("88.200/" + std::to_string(i)));
        CHECK(answer->code == ResponseCode::kError);
        CHECK(text_of(answer).starts_with("no top-level node answered: " + first.name()));
        CHECK(text_of(answer).find(second.name()) != std::string::npos);
    }
    first.release();
    const FakeServer revived(answers("back"), first.port());
    CHECK(data_of(ask_until_found(node)) == "back");
}

TEST_CASE("a dead top-level node that was silent does not eat the time of every question") {
    const FakeServer server(silent());
    ForwardSettings settings;
    settings.timeout = std::chrono::milliseconds(400);
    Node node({server.name()}, settings);
    // Connectable and silent: three questions in a row decide that it hangs.
    for (int i = 0; i < 3; ++i) {
        CHECK(node.ask(question("88.200/" + std::to_string(i)))->code == ResponseCode::kError);
    }
    const int asked = server.udp_requests();
    constexpr int kQuestions = 200;
    for (int i = 0; i < kQuestions; ++i) {
        CHECK(node.ask(question("88.200/later-" + std::to_string(i)))->code ==
              ResponseCode::kError);
    }
    CHECK(server.udp_requests() - asked < kQuestions);
}

TEST_CASE("a server that hung is taken back once it answers") {
    std::atomic<bool> hangs = true;
    const FakeServer server([&](const FakeServer::Request& asked) {
        return hangs ? Replies{} : Replies{test::found(asked, "awake", 0)};
    });
    ForwardSettings settings;
    settings.timeout = std::chrono::milliseconds(400);
    Node node({server.name()}, settings);
    for (int i = 0; i < 3; ++i) node.ask(question("88.200/" + std::to_string(i)));
    hangs = false;
    CHECK(data_of(ask_until_found(node)) == "awake");
}

TEST_CASE("a first server that comes back is used again without delay for anybody") {
    test::DeadPort port;
    const FakeServer second(answers("second"));
    Node node({port.name(), second.name()}, patient());
    CHECK(data_of(node.ask(question("88.200/a"))) == "second");
    port.release();
    const FakeServer first(answers("first"), port.port());
    std::string data;
    for (int i = 0; i < 600 && data != "first"; ++i) {
        data = data_of(node.ask(question("88.200/b" + std::to_string(i))));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    CHECK(data == "first");
}

TEST_CASE("a server can be named by its host name") {
    const FakeServer server(answers("by name"));
    Node node({"localhost:" + std::to_string(server.port())});
    CHECK(data_of(ask_until_found(node)) == "by name");
}

TEST_CASE("a question that was forwarded too often is not forwarded again") {
    const FakeServer server(answers("never"));
    Node node({server.name()});
    for (const std::uint8_t count : {std::uint8_t{11}, std::uint8_t{200}, std::uint8_t{255}}) {
        Question deep = question();
        deep.recursion_count = count;
        CHECK(node.ask(deep)->code == ResponseCode::kRecursionLimit);
    }
    CHECK(server.udp_requests() == 0);
    Question last = question();
    last.recursion_count = 10;
    CHECK(data_of(node.ask(last)) == "never");
}

TEST_CASE("too many questions at once are refused as busy, and the others are answered") {
    Gate gate;
    const FakeServer server([&](const FakeServer::Request& asked) {
        gate.wait();
        return Replies{test::found(asked, "in the end", 0)};
    });
    ForwardSettings settings = patient();
    settings.questions_max = 10;
    settings.waiters_max = 5;
    Node node({server.name()}, settings);
    std::vector<std::future<UpstreamAnswerPtr>> same;
    for (int i = 0; i < 6; ++i) same.push_back(node.ask_later(question()));
    CHECK(Node::wait(std::move(same.back()))->code == ResponseCode::kServerBusy);
    same.pop_back();
    std::vector<std::future<UpstreamAnswerPtr>> others;
    for (int i = 0; i < 6; ++i) {
        others.push_back(node.ask_later(question("88.200/" + std::to_string(i))));
    }
    CHECK(Node::wait(std::move(others.back()))->code == ResponseCode::kServerBusy);
    others.pop_back();
    gate.open();
    for (auto& answer : same) CHECK(data_of(Node::wait(std::move(answer))) == "in the end");
    for (auto& answer : others) CHECK(data_of(Node::wait(std::move(answer))) == "in the end");
    CHECK(node.forwarder().counters().overloaded == 2);
}

TEST_CASE("at shutdown every question that waits is answered as busy, once") {
    const FakeServer server(silent());
    ForwardSettings settings;
    settings.timeout = std::chrono::minutes(10);  // the test would hang if it were waited for
    Node node({server.name()}, settings);
    std::vector<std::future<UpstreamAnswerPtr>> answers;
    for (int i = 0; i < 50; ++i) {
        answers.push_back(node.ask_later(question("88.200/" + std::to_string(i % 10))));
    }
    while (server.udp_requests() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    node.stop();
    for (auto& answer : answers) {
        CHECK(Node::wait(std::move(answer))->code == ResponseCode::kServerBusy);
    }
}

TEST_CASE("shutdown does not wait for a TCP connection that stays silent") {
    const FakeServer server([](const FakeServer::Request& asked) {
        if (asked.transport == Transport::kTcp) return Replies{};
        return Replies{test::error(asked, ResponseCode::kError)};
    });
    ForwardSettings settings;
    settings.timeout = std::chrono::minutes(10);
    Node node({server.name()}, settings);
    auto answer = node.ask_later(question());
    while (server.tcp_requests() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    node.stop();
    CHECK(Node::wait(std::move(answer)));
}

TEST_CASE("several threads may ask at once") {
    const FakeServer server(answers("yes"));
    Node node({server.name()}, patient());
    std::atomic<int> good = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                const Question asked =
                    question("88.200/" + std::to_string(t % 2) + std::to_string(i));
                UpstreamAnswerPtr answer = node.forwarder().cached(asked);
                if (!answer) answer = node.ask_later(asked).get();
                if (answer->code == ResponseCode::kSuccess) ++good;
            }
        });
    }
    threads.clear();
    CHECK(good == 200);
}

TEST_CASE(
    "only clients of the configured networks are served, by default loopback and private ones") {
    const auto address = [](const char* text) { return *resolver::parse_address(text); };
    Node node({"127.0.0.1:1"});
    for (const char* inside : {"127.0.0.1", "127.255.1.1", "10.1.2.3", "172.31.255.255",
                               "192.168.0.9", "::1", "fd00::1", "fe80::1"}) {
        INFO(inside);
        CHECK(node.forwarder().serves(address(inside)));
    }
    for (const char* outside : {"8.8.8.8", "172.32.0.1", "172.15.255.255", "192.169.0.1",
                                "11.0.0.1", "2001:db8::1", "::", "::2", "fec0::1"}) {
        INFO(outside);
        CHECK_FALSE(node.forwarder().serves(address(outside)));
    }
    Node nobody_to_ask({});
    CHECK_FALSE(nobody_to_ask.forwarder().serves(address("127.0.0.1")));
    CHECK(nobody_to_ask.ask(question())->code == ResponseCode::kServerNotResponsible);
    ForwardSettings off;
    off.enabled = false;
    Node switched_off({"127.0.0.1:1"}, off);
    CHECK_FALSE(switched_off.forwarder().serves(address("127.0.0.1")));
}

TEST_CASE("settings that cannot be read are refused with the entry named") {
    const SystemTime clock;
    const auto entropy = crypto::make_entropy();
    ForwardSettings settings;
    settings.servers = {"127.0.0.1:99999"};
    const auto bad_server = resolver::open_forwarder(settings, clock, *entropy);
    REQUIRE_FALSE(bad_server.has_value());
    CHECK(bad_server.error().detail.find("127.0.0.1:99999") != std::string::npos);
    settings.servers = {"127.0.0.1"};
    for (const char* network :
         {"10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/x", "x"}) {
        settings.networks = {network};
        const auto bad_network = resolver::open_forwarder(settings, clock, *entropy);
        REQUIRE_FALSE(bad_network.has_value());
        CHECK(bad_network.error().detail.find(network) != std::string::npos);
    }
}

}  // namespace idnode
