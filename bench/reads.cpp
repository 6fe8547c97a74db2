#include "bench/reads.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "bench/exchange.h"
#include "bench/http_answer.h"
#include "bench/product_events.h"
#include "bench/socket.h"

namespace idnode::bench {
namespace {

constexpr std::string_view kProduct = "{product}";
constexpr std::size_t kExcerptBytes = 200;
constexpr std::chrono::milliseconds kPatience{60'000};

double milliseconds(Histogram::Duration duration) {
    return static_cast<double>(duration.count()) / 1e6;
}

/// One connection with one request under way at most.
struct Lane {
    Descriptor socket;
    HttpAnswer answer;
    std::optional<TimePoint> due;  // of the request under way
};

class Reader {
  public:
    Reader(const ReadLoad& load, std::vector<Lane> lanes)
        : load_(load),
          products_(ProductEvents::Set::kLives, load.prefix, load.series),
          lanes_(std::move(lanes)) {}

    Result<ReadResult> run() {
        const TimePoint begun = SteadyClock::now();
        const TimePoint end = begun + load_.duration;
        const auto step =
            load_.rate > 0 ? std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / load_.rate))
                           : std::chrono::nanoseconds::max();
        TimePoint due = begun;
        bool asks = true;
        while (asks || under_way() > 0) {
            const TimePoint now = SteadyClock::now();
            while (asks && due <= now) {
                Lane* const lane = free_lane();
                if (lane == nullptr) break;
                if (auto asked = ask(*lane, due); !asked) return asked.error();
                asks = load_.rate > 0 && due + step < end;
                if (asks) due += step;
            }
            if (auto waited = wait(asks && free_lane() != nullptr ? due : now + kPatience);
                !waited) {
                return waited.error();
            }
        }
        result_.seconds = std::chrono::duration<double>(SteadyClock::now() - begun).count();
        return std::move(result_);
    }

  private:
    std::size_t under_way() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(lanes_, [](const Lane& lane) { return lane.due.has_value(); }));
    }
    Lane* free_lane() {
        const auto at =
            std::ranges::find_if(lanes_, [](const Lane& lane) { return !lane.due.has_value(); });
        return at == lanes_.end() ? nullptr : &*at;
    }

    std::string request() {
        std::string target = load_.target;
        if (const std::size_t at = target.find(kProduct); at != std::string::npos) {
            std::uniform_int_distribution<std::uint64_t> choose(0, load_.products - 1);
            target.replace(at, kProduct.size(), products_.product(choose(random_)));
        }
        std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n",
                                      load_.body.empty() ? "GET" : "POST", target, load_.server);
        if (!load_.token.empty()) out += "Authorization: Bearer " + load_.token + "\r\n";
        if (!load_.body.empty()) {
            out += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n",
                               load_.body.size());
        }
        return out + "\r\n" + load_.body;
    }

    Result<void> ask(Lane& lane, TimePoint due) {
        const std::string octets = request();
        // A request is far smaller than an empty socket's buffer.
        const ssize_t sent = ::send(lane.socket.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent != static_cast<ssize_t>(octets.size())) return socket_error("send");
        lane.due = due;
        return {};
    }

    Result<void> wait(TimePoint until) {
        std::vector<pollfd> waiting;
        for (const Lane& lane : lanes_) waiting.push_back({lane.socket.get(), POLLIN, 0});
        const auto left = std::max(std::chrono::nanoseconds{0},
                                   std::chrono::nanoseconds(until - SteadyClock::now()));
        const timespec limit{.tv_sec = left.count() / 1'000'000'000,
                             .tv_nsec = left.count() % 1'000'000'000};
        const int ready = ::ppoll(waiting.data(), waiting.size(), &limit, nullptr);
        if (ready < 0 && errno != EINTR) return socket_error("ppoll");
        if (ready == 0 && left >= kPatience / 2) {
            return Error{Errc::kUnavailable, "the server does not answer"};
        }
        for (std::size_t i = 0; i < waiting.size(); ++i) {
            if (waiting[i].revents == 0) continue;
            if (auto read = receive(lanes_[i]); !read) return read;
        }
        return {};
    }

    Result<void> receive(Lane& lane) {
        static thread_local std::array<char, 1U << 18U> piece{};
        const ssize_t got = ::recv(lane.socket.get(), piece.data(), piece.size(), 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
        if (got < 0) return socket_error("recv");
        if (got == 0) return Error{Errc::kUnavailable, "the server ended a connection"};
        if (!lane.answer.add({piece.data(), static_cast<std::size_t>(got)})) {
            return Error{Errc::kInvalid, "the server sent something else than an answer"};
        }
        if (lane.answer.is_whole()) check(lane);
        return {};
    }

    void check(Lane& lane) {
        result_.latency.add(SteadyClock::now() - *std::exchange(lane.due, {}));
        const std::string_view body = lane.answer.body();
        result_.octets += body.size();
        result_.lines += static_cast<std::uint64_t>(std::ranges::count(body, '\n'));
        const bool right =
            lane.answer.status() == 200 && body.find(load_.expect) != std::string_view::npos;
        if (right) {
            ++result_.right;
        } else {
            if (result_.wrong == 0) result_.first_wrong = body.substr(0, kExcerptBytes);
            ++result_.wrong;
        }
        lane.answer.clear();
    }

    const ReadLoad& load_;
    const ProductEvents products_;
    std::vector<Lane> lanes_;
    std::mt19937_64 random_{1};
    ReadResult result_;
};

}  // namespace

Result<ReadResult> run_reads(const ReadLoad& load) {
    const auto server = resolve_endpoint(load.server);
    if (!server) return server.error();
    std::vector<Lane> lanes(load.rate > 0 ? load.connections : 1);
    for (Lane& lane : lanes) {
        auto socket = connect_tcp(*server);
        if (!socket) return socket.error();
        lane.socket = *std::move(socket);
    }
    return Reader(load, std::move(lanes)).run();
}

std::string format_table(const ReadResult& result) {
    std::string out = fmt::format(
        "answers     {:>10}  wrong {}\n"
        "octets      {:>10}  lines {}\n"
        "latency ms  p50 {:.2f}  p99 {:.2f}  max {:.2f}\n",
        result.right, result.wrong, result.octets, result.lines,
        milliseconds(result.latency.percentile(0.5)), milliseconds(result.latency.percentile(0.99)),
        milliseconds(result.latency.max()));
    if (!result.first_wrong.empty()) out += "first wrong one: " + result.first_wrong + "\n";
    return out;
}

std::string format_json(const ReadResult& result) {
    return fmt::format(R"({{"answers":{},"wrong":{},"octets":{},"lines":{},"seconds":{:.3f},)"
                       R"("latency_ms":{{"p50":{:.3f},"p99":{:.3f},"max":{:.3f}}}}})",
                       result.right, result.wrong, result.octets, result.lines, result.seconds,
                       milliseconds(result.latency.percentile(0.5)),
                       milliseconds(result.latency.percentile(0.99)),
                       milliseconds(result.latency.max()));
}

}  // namespace idnode::bench
