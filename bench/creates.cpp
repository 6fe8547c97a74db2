#include "bench/creates.h"

#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bench/exchange.h"
#include "registry/model/record.h"

namespace idnode::bench {
namespace {

constexpr std::size_t kDataBytes = 200;

double microseconds(Histogram::Duration duration) {
    return static_cast<double>(duration.count()) / 1e3;
}

/// One connection and its handles.
class Creator {
  public:
    Creator(const CreateLoad& load, std::string name, client::Client client)
        : load_(load), name_(std::move(name)), client_(std::move(client)) {}

    /// Until `end`, and until what is under way then is answered.
    Result<void> run(TimePoint end) {
        // The first request pays for connection and session, and is not counted.
        if (auto created = create_one(); !created) return created;
        result_ = {};
        while (SteadyClock::now() < end) {
            const auto done = load_.window > 1 ? create_many(end) : create_one();
            if (!done) return done;
        }
        return {};
    }
    const CreateResult& result() const { return result_; }

  private:
    /// A product's record: an address and a description, about 250 octets.
    client::Request next_request() {
        const std::string handle = fmt::format("{}/{}-{}", load_.prefix, name_, number_++);
        handle::Value url;
        url.index = 1;
        url.type = "URL";
        url.data = to_bytes("https://example.com/" + handle);
        handle::Value description;
        description.index = 2;
        description.type = "DESC";
        description.data = to_bytes(std::string(kDataBytes, 'x'));
        const auto values = model::encode_record_values({handle, {url, description}});
        return client::create_request(handle, *values);
    }

    void count(const client::Response& response, TimePoint begun) {
        if (response.is_success()) {
            ++result_.created;
            result_.latency.add(SteadyClock::now() - begun);
            return;
        }
        if (result_.refused++ == 0) result_.first_refusal = response.error().detail;
    }

    Result<void> create_one() {
        const TimePoint begun = SteadyClock::now();
        const auto response = client_.channel().call(next_request());
        if (!response) return response.error();
        count(*response, begun);
        return {};
    }

    /// Keeps the window full until `end`.
    Result<void> create_many(TimePoint end) {
        std::unordered_map<std::uint32_t, TimePoint> begun;
        for (;;) {
            while (begun.size() < load_.window && SteadyClock::now() < end) {
                const auto id = client_.channel().send(next_request());
                if (!id) return id.error();
                begun.emplace(*id, SteadyClock::now());
            }
            if (begun.empty()) return {};
            const auto arrived = client_.channel().receive();
            if (!arrived) return arrived.error();
            const auto at = begun.find(arrived->request_id);
            count(arrived->response, at->second);
            begun.erase(at);
        }
    }

    const CreateLoad& load_;
    const std::string name_;
    client::Client client_;
    std::uint64_t number_ = 0;
    CreateResult result_;
};

void merge(const CreateResult& from, CreateResult& into) {
    into.created += from.created;
    into.refused += from.refused;
    if (into.first_refusal.empty()) into.first_refusal = from.first_refusal;
    into.latency.merge(from.latency);
}

}  // namespace

Result<CreateResult> run_creates(const CreateLoad& load) {
    if (load.window > 1 && load.remote.without_session) {
        return Error{Errc::kInvalid, "--window needs a session"};
    }
    // No two runs make the same names.
    const auto run = std::random_device{}();
    std::vector<Creator> creators;
    for (std::size_t i = 0; i < load.connections; ++i) {
        auto client = tools::make_client(load.remote);
        if (!client) return client.error();
        creators.emplace_back(load, fmt::format("{:08x}-{}", run, i), *std::move(client));
    }
    std::mutex mutex;
    std::optional<Error> failed;
    const TimePoint begun = SteadyClock::now();
    {
        std::vector<std::jthread> threads;
        for (Creator& creator : creators) {
            threads.emplace_back([&] {
                const auto done = creator.run(begun + load.duration);
                const std::scoped_lock lock(mutex);
                if (!done && !failed) failed = done.error();
            });
        }
    }
    if (failed) return *failed;
    CreateResult out;
    for (const Creator& creator : creators) merge(creator.result(), out);
    out.seconds = std::chrono::duration<double>(SteadyClock::now() - begun).count();
    return out;
}

std::string format_table(const CreateLoad& load, const CreateResult& result) {
    std::string out = fmt::format(
        "{} for {:.1f} s, {} connections x {} under way\n"
        "creates/s   {:>12.0f}\n"
        "refused     {:>12}\n"
        "latency us  p50 {:.1f}  p99 {:.1f}  max {:.1f}\n",
        load.remote.server, result.seconds, load.connections, load.window, result.rate(),
        result.refused, microseconds(result.latency.percentile(0.5)),
        microseconds(result.latency.percentile(0.99)), microseconds(result.latency.max()));
    if (!result.first_refusal.empty()) out += "first refusal: " + result.first_refusal + "\n";
    return out;
}

std::string format_json(const CreateResult& result) {
    return fmt::format(
        R"({{"creates_per_second":{:.0f},"created":{},"refused":{},"seconds":{:.3f},)"
        R"("latency_us":{{"p50":{:.1f},"p99":{:.1f},"max":{:.1f}}}}})",
        result.rate(), result.created, result.refused, result.seconds,
        microseconds(result.latency.percentile(0.5)), microseconds(result.latency.percentile(0.99)),
        microseconds(result.latency.max()));
}

}  // namespace idnode::bench
