// Registrations that were acknowledged outlive a kill at any moment, and what is sent again because
// the answer got lost is done once.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "storage/stores.h"
#include "tests/server/registration_client.h"
#include "tests/support/effort.h"

namespace idnode::testing {
namespace {

constexpr unsigned kRounds = kIsFast ? 200 : 8;  // otherwise a daemon takes seconds to start
// How long a daemon lives after it is ready.
constexpr milliseconds kLifeMax{150};
constexpr std::size_t kBatchItems = 10;
constexpr std::size_t kStreamParts = 20;
constexpr std::size_t kPartLines = 20;

/// `IDNODE_CRASH_TEST=ROUNDS,SEED` repeats a run.
struct Course {
    unsigned rounds = kRounds;
    unsigned seed = std::random_device{}();

    Course() {
        const char* const text = std::getenv("IDNODE_CRASH_TEST");
        if (text == nullptr) return;
        char* end = nullptr;
        rounds = static_cast<unsigned>(std::strtoul(text, &end, 10));
        if (*end == ',') seed = static_cast<unsigned>(std::strtoul(end + 1, nullptr, 10));
    }
};

std::string identifier(std::string_view handle) {
    return R"({"handle":")" + std::string(handle) +
           R"(","values":[{"index":2000,"type":"model","value":"PX-40"}]})";
}

/// A client that sends again what was not answered, as it was. Used by one thread at a time.
class Sender {
  public:
    Sender(const TestEnterprise& works, std::string name)
        : token_(works.application), beginning_(works.prefix + "/" + std::move(name) + "-") {}
    virtual ~Sender() = default;

    /// Until the daemon is gone or, with `once`, until nothing is unanswered.
    void run(std::uint16_t port, bool once) {
        try {
            while (send_one(port) && !once) {
            }
        } catch (const std::exception&) {
            // It died while we connected.
        }
    }
    const std::vector<std::string>& acknowledged() const { return acknowledged_; }
    const std::string& fault() const { return fault_; }

  protected:
    /// False: there was no answer.
    virtual bool send_one(std::uint16_t port) = 0;

    std::map<std::string, std::string> fields() const {
        return {{"Authorization", "Bearer " + token_}, {"Content-Type", "application/json"}};
    }
    std::string handle(std::size_t number) const { return beginning_ + std::to_string(number); }
    void acknowledge(std::size_t first, std::size_t last) {
        for (std::size_t at = first; at < last; ++at) acknowledged_.push_back(handle(at));
    }
    void blame(const std::string& fault) {
        if (fault_.empty()) fault_ = fault;
    }

  private:
    std::string token_;
    std::string beginning_;
    std::vector<std::string> acknowledged_;
    std::string fault_;
};

/// Requests with idempotency keys, one after the other on one connection.
class RequestSender : public Sender {
  public:
    enum class Form : std::uint8_t { kSingle, kBatch, kAllOrNothing };
    RequestSender(const TestEnterprise& works, std::string name, Form form)
        : Sender(works, std::move(name)), form_(form) {}

  private:
    bool send_one(std::uint16_t port) override {
        if (!client_ || port != port_) client_ = std::make_unique<HttpClient>(port);
        port_ = port;
        const std::size_t count = form_ == Form::kSingle ? 1 : kBatchItems;
        auto with_key = fields();
        with_key["Idempotency-Key"] = handle(next_);
        client_->send(
            http_request("POST", form_ == Form::kSingle ? "/idn/v1/identifiers" : "/idn/v1/batches",
                         with_key, body(count)));
        const auto reply = client_->receive();
        if (!reply) {
            client_.reset();
            return false;
        }
        const bool right =
            form_ == Form::kSingle
                ? reply->status == 201
                : reply->status == 200 && reply->body.find("\"failed\"") == std::string::npos;
        if (!right) blame(reply->body);
        acknowledge(next_, next_ + count);
        next_ += count;
        return true;
    }

    std::string body(std::size_t count) const {
        if (form_ == Form::kSingle) return identifier(handle(next_));
        std::string out = form_ == Form::kBatch
                              ? R"({"items":[)"
                              : R"({"mode":"BATCH_MODE_ALL_OR_NOTHING","items":[)";
        for (std::size_t at = next_; at < next_ + count; ++at) {
            out += at == next_ ? "" : ",";
            out += R"({"identifier":)" + identifier(handle(at)) + "}";
        }
        return out + "]}";
    }

    const Form form_;
    std::unique_ptr<HttpClient> client_;
    std::uint16_t port_ = 0;
    std::size_t next_ = 0;  // first of the request that is not answered yet
};

/// One stream that goes on after every break where the node says that it stands, or a little
/// before.
class StreamSender : public Sender {
  public:
    StreamSender(const TestEnterprise& works, std::string name, unsigned seed)
        : Sender(works, std::move(name)), random_(seed) {}

  private:
    bool send_one(std::uint16_t port) override {
        if (!find_position(port)) return false;
        const std::size_t again = std::min<std::size_t>(done_, random_() % kPartLines);
        const std::size_t first = done_ - again;
        HttpClient client(port);
        auto with_id = fields();
        with_id["Stream-Id"] = "the stream";
        with_id["Transfer-Encoding"] = "chunked";
        client.send(
            http_request("POST", "/idn/v1/streams?from=" + std::to_string(first + 1), with_id));
        std::size_t next = first;
        for (std::size_t part = 0; part < kStreamParts; ++part) {
            std::string lines;
            for (std::size_t i = 0; i < kPartLines; ++i) lines += identifier(handle(next++)) + "\n";
            sent_ = std::max(sent_, next);
            std::array<char, 20> size{};
            std::snprintf(size.data(), size.size(), "%zx\r\n", lines.size());
            client.send(size.data() + lines + "\r\n");
            std::this_thread::sleep_for(milliseconds(2));  // each part a commit
        }
        client.send("0\r\n\r\n");
        const std::string told = client.receive_all();
        const bool ended = told.find("\"ended\":true") != std::string::npos;
        if (told.find("\"failure\"") != std::string::npos) blame(told);
        const std::size_t lines = last_number(told, "{\"lines\":\"");
        if (ended && lines != next) blame("the stream ended at line " + std::to_string(lines));
        advance(lines);
        return ended;
    }

    /// Asks how far the stream is.
    bool find_position(std::uint16_t port) {
        HttpClient client(port);
        client.send(http_request("GET", "/idn/v1/streams/the%20stream", fields()));
        const auto reply = client.receive();
        if (!reply) return false;
        const std::size_t lines = last_number(reply->body, "\"lines\":\"");
        if (lines < done_)
            blame("line " + std::to_string(done_) + " was acknowledged, and is lost");
        if (lines > sent_) blame("more lines are done than were sent");
        advance(lines);
        return true;
    }

    void advance(std::size_t lines) {
        if (lines <= done_) return;
        acknowledge(done_, lines);
        done_ = lines;
    }

    static std::size_t last_number(const std::string& text, const std::string& name) {
        const std::size_t at = text.rfind(name);
        return at == std::string::npos ? 0 : std::stoul(text.substr(at + name.size()));
    }

    std::mt19937 random_;
    std::size_t done_ = 0;  // lines that were acknowledged
    std::size_t sent_ = 0;
};

std::vector<std::unique_ptr<Sender>> make_senders(const TestEnterprise& works, unsigned seed) {
    using Form = RequestSender::Form;
    std::vector<std::unique_ptr<Sender>> out;
    out.push_back(std::make_unique<RequestSender>(works, "single", Form::kSingle));
    out.push_back(std::make_unique<RequestSender>(works, "batch", Form::kBatch));
    out.push_back(std::make_unique<RequestSender>(works, "together", Form::kAllOrNothing));
    out.push_back(std::make_unique<StreamSender>(works, "stream", seed));
    return out;
}

/// All pages of a list: the member `name` of each entry.
template <class Visit>
void walk(ApiClient& client, const std::string& path, std::string_view list, Visit visit) {
    std::string cursor;
    do {
        const auto page = client.get(path + "&limit=1000&cursor=" + cursor);
        INFO(page.http.body.substr(0, 200));
        REQUIRE(page.status == 200);
        const auto* entries =
            page.json.as_object().if_contains(boost::json::string_view(list.data(), list.size()));
        if (entries != nullptr) {
            for (const auto& entry : entries->as_array()) visit(entry.as_object());
        }
        cursor = page.text("nextCursor");
    } while (!cursor.empty());
}

std::string text_of(const boost::json::object& object, const char* name) {
    const auto* const value = object.if_contains(name);
    return value == nullptr ? std::string() : std::string(value->as_string());
}

std::vector<std::string> sorted(std::vector<std::string> names) {
    std::ranges::sort(names);
    return names;
}

/// Handles of the records, one for each.
std::vector<std::string> registered(ApiClient& client, const std::string& prefix) {
    std::vector<std::string> out;
    walk(client, "/idn/v1/identifiers?prefix=" + prefix, "identifiers",
         [&](const auto& entry) { out.push_back(text_of(entry, "handle")); });
    return sorted(std::move(out));
}

/// Names in the audit trail, one for each entry about an identifier of the prefix.
std::vector<std::string> audited(ApiClient& client, const std::string& prefix) {
    std::vector<std::string> out;
    walk(client, "/idn/v1/audit?kind=identifier", "entries", [&](const auto& entry) {
        const std::string name = text_of(entry, "name");
        if (name.starts_with(prefix + "/")) out.push_back(name);
    });
    return sorted(std::move(out));
}

class NoClock final : public model::Clock {
  public:
    model::TimeMs now() const override { return 0; }
};

/// Handles in the change log, one for each entry of the prefix.
std::vector<std::string> logged(const NodeFolder& node, const std::string& prefix) {
    const NoClock clock;
    const auto store = storage::open_rocks_store({.dir = node.data(), .read_only = true}, clock);
    REQUIRE(store.has_value());
    std::vector<std::string> out;
    model::TransactionId after = 0;
    constexpr std::size_t kEntriesMax = 10'000;
    for (;;) {
        const auto entries = (*store)->read_log(0, after, kEntriesMax);
        REQUIRE(entries.has_value());
        if (entries->empty()) return sorted(std::move(out));
        for (const auto& entry : *entries) {
            if (entry.handle.starts_with(prefix + "/")) out.push_back(entry.handle);
        }
        after = entries->back().id;
    }
}

/// Equal, without two hundred thousand lines when they are not.
std::string difference(const std::vector<std::string>& found,
                       const std::vector<std::string>& expected) {
    const auto [at, wanted] = std::ranges::mismatch(found, expected);
    if (at == found.end() && wanted == expected.end()) return {};
    return "found " + (at == found.end() ? "nothing" : *at) + " where " +
           (wanted == expected.end() ? "nothing" : *wanted) + " was expected";
}

void run_all(std::vector<std::unique_ptr<Sender>>& senders, Daemon& daemon,
             std::optional<milliseconds> life) {
    const std::uint16_t port = daemon.http_port();
    std::vector<std::jthread> threads;
    for (auto& sender : senders) {
        threads.emplace_back([&sender, port, once = !life] { sender->run(port, once); });
    }
    if (!life) return;
    std::this_thread::sleep_for(*life);
    daemon.process().send_signal(SIGKILL);
    daemon.process().wait();
}

}  // namespace

TEST_CASE("what four clients registered is there once, however often the daemon was killed",
          "[slow]") {
    const Course course;
    CAPTURE(course.rounds, course.seed);
    std::printf("IDNODE_CRASH_TEST=%u,%u\n", course.rounds, course.seed);
    auto setting = std::make_unique<Setting>();
    const TestEnterprise works = make_enterprise(*setting, 1);
    auto senders = make_senders(works, course.seed);
    std::mt19937 random(course.seed);
    std::uniform_int_distribution<milliseconds::rep> life(1, kLifeMax.count());
    CHECK(setting->daemon().stop_and_find_faults() == "");
    for (unsigned round = 0; round < course.rounds; ++round) {
        CAPTURE(round);
        Daemon daemon(setting->node());
        run_all(senders, daemon, milliseconds(life(random)));
        for (const auto& sender : senders) REQUIRE(sender->fault() == "");
    }

    Daemon daemon(setting->node());
    run_all(senders, daemon, std::nullopt);
    std::vector<std::string> acknowledged;
    for (const auto& sender : senders) {
        CHECK(sender->fault() == "");
        // Each client got something through.
        CHECK(!sender->acknowledged().empty());
        acknowledged.insert(acknowledged.end(), sender->acknowledged().begin(),
                            sender->acknowledged().end());
    }
    std::ranges::sort(acknowledged);
    ApiClient line(daemon, works.application);
    CHECK(difference(registered(line, works.prefix), acknowledged) == "");
    ApiClient administrator(daemon, works.administrator);
    CHECK(difference(audited(administrator, works.prefix), acknowledged) == "");
    CHECK(daemon.stop_and_find_faults() == "");
    CHECK(difference(logged(setting->node(), works.prefix), acknowledged) == "");
}

}  // namespace idnode::testing
