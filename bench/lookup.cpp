#include "bench/lookup.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "bench/channel.h"
#include "resolver/net/scheduling.h"

namespace idnode::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kExpireEvery{20};
constexpr std::size_t kEventsMax = 256;

/// One thread's sockets and its share of the rate.
class Worker {
  public:
    Worker(const LookupOptions& options, const RecordSet& records, std::size_t number)
        : options_(options),
          records_(records),
          number_(number),
          events_(::epoll_create1(EPOLL_CLOEXEC)) {}

    Result<void> open(const Endpoint& server);
    /// From `start`, when all workers begin together.
    Result<void> run(TimePoint start);

    const Tally& tally() const { return tally_; }
    std::uint64_t in_time() const { return in_time_; }

  private:
    Result<void> run_until_idle(TimePoint start);
    void ask(TimePoint now);
    void ask_on_schedule(TimePoint now);
    Result<void> flush();
    Result<void> wait(TimePoint now);
    void watch(std::size_t channel, bool is_new);
    bool is_idle() const;
    nanoseconds patience(TimePoint now) const;

    const LookupOptions& options_;
    const RecordSet& records_;
    std::size_t number_;
    Descriptor events_;
    std::vector<std::unique_ptr<Channel>> channels_;
    std::vector<int> watched_;  // each channel's descriptor as epoll knows it
    Tally tally_;
    std::uint64_t in_time_ = 0;
    std::optional<nanoseconds> interval_;  // between two questions, when a rate is set
    TimePoint due_;                        // of the next one
    std::size_t turn_ = 0;                 // whose turn it is
};

Result<void> Worker::open(const Endpoint& server) {
    if (options_.rate > 0) {
        const double share = options_.rate / static_cast<double>(options_.threads);
        interval_ = nanoseconds(static_cast<std::int64_t>(1e9 / share));
    }
    for (std::size_t i = number_; i < options_.sockets; i += options_.threads) {
        Questions questions = options_.questions;
        questions.seed = mix64(questions.seed) + i;
        Exchange exchange(records_, questions, options_.window, tally_);
        auto channel = options_.transport == Transport::kUdp
                           ? open_udp_channel(server, std::move(exchange))
                           : open_tcp_channel(server, std::move(exchange), tally_);
        if (!channel) return channel.error();
        channels_.push_back(std::move(*channel));
        watched_.push_back(-1);
        watch(channels_.size() - 1, true);
    }
    return {};
}

void Worker::watch(std::size_t channel, bool is_new) {
    epoll_event event{};
    event.events = EPOLLIN | (channels_[channel]->wants_write() ? EPOLLOUT : 0U);
    event.data.u64 = channel;
    watched_[channel] = channels_[channel]->fd();
    ::epoll_ctl(events_.get(), is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, watched_[channel], &event);
}

Result<void> Worker::run(TimePoint start) {
    // Timers as exact as the kernel has them: with a rate, oversleeping would count as latency.
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    // Nor shall it count that this thread waits while another computes.
    resolver::come_first();
    std::this_thread::sleep_until(start);
    return run_until_idle(start);
}

Result<void> Worker::run_until_idle(TimePoint start) {
    const TimePoint end = start + options_.duration;
    const TimePoint give_up = end + kAnswerTimeout;
    due_ = start;
    TimePoint next_expiry = start + kExpireEvery;
    bool asking = true;
    for (;;) {
        const TimePoint now = SteadyClock::now();
        if (asking && now >= end) {
            asking = false;
            in_time_ = tally_.correct;
        }
        if (!asking && (is_idle() || now >= give_up)) break;
        if (asking) ask(now);
        if (auto sent = flush(); !sent) return sent;
        if (auto taken = wait(now); !taken) return taken;
        if (now < next_expiry) continue;
        next_expiry = now + kExpireEvery;
        for (const auto& channel : channels_) channel->exchange().expire(now);
    }
    for (const auto& channel : channels_) channel->exchange().expire(give_up, /*all=*/true);
    return {};
}

void Worker::ask(TimePoint now) {
    if (interval_) return ask_on_schedule(now);
    for (const auto& channel : channels_) {
        while (channel->exchange().has_room()) channel->ask(now, now);
    }
}

void Worker::ask_on_schedule(TimePoint now) {
    // When every window is full the schedule waits but does not move: those who had to wait count
    // it.
    for (std::size_t full = 0; due_ <= now && full < channels_.size();) {
        Channel& channel = *channels_[turn_];
        turn_ = (turn_ + 1) % channels_.size();
        if (!channel.exchange().has_room()) {
            ++full;
            continue;
        }
        full = 0;
        channel.ask(due_, now);
        due_ += *interval_;
    }
}

Result<void> Worker::flush() {
    for (std::size_t i = 0; i < channels_.size(); ++i) {
        const bool wanted_write = channels_[i]->wants_write();
        if (auto sent = channels_[i]->flush(); !sent) return sent;
        if (channels_[i]->fd() != watched_[i]) {
            watch(i, true);
        } else if (channels_[i]->wants_write() || wanted_write) {
            watch(i, false);
        }
    }
    return {};
}

nanoseconds Worker::patience(TimePoint now) const {
    if (!interval_ || due_ >= now + kExpireEvery) return kExpireEvery;
    // Overdue means that every window is full: only an answer helps.
    return due_ > now ? due_ - now : nanoseconds(kExpireEvery);
}

Result<void> Worker::wait(TimePoint now) {
    const nanoseconds patient = patience(now);
    const timespec timeout{0, patient.count()};
    std::array<epoll_event, kEventsMax> ready{};
    const int count = ::epoll_pwait2(events_.get(), ready.data(), kEventsMax, &timeout, nullptr);
    if (count < 0 && errno != EINTR) return socket_error("epoll_pwait2");
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(count, 0)); ++i) {
        const std::size_t number = ready[i].data.u64;
        if (auto taken = channels_[number]->receive(); !taken) return taken;
        if (channels_[number]->fd() != watched_[number]) watch(number, true);
    }
    return {};
}

bool Worker::is_idle() const {
    return std::all_of(channels_.begin(), channels_.end(),
                       [](const auto& channel) { return channel->exchange().is_idle(); });
}

Result<void> check(const LookupOptions& options) {
    if (options.window < 1 || options.window > kWindowMax) {
        return Error{Errc::kInvalid, fmt::format("the window must be 1 to {}", kWindowMax)};
    }
    if (options.threads < 1 || options.threads > options.sockets) {
        return Error{Errc::kInvalid, "there must be at least one socket for each thread"};
    }
    if (options.questions.zipf_exponent <= 0) {
        return Error{Errc::kInvalid, "the Zipf exponent must be above 0"};
    }
    return {};
}

}  // namespace

Result<LookupResult> run_lookup(const LookupOptions& options, const RecordSet& records) {
    if (auto good = check(options); !good) return good.error();
    const auto server = resolve_endpoint(options.server);
    if (!server) return server.error();

    std::vector<std::unique_ptr<Worker>> workers;
    for (std::size_t i = 0; i < options.threads; ++i) {
        workers.push_back(std::make_unique<Worker>(options, records, i));
        if (auto opened = workers.back()->open(*server); !opened) {
            return Error{opened.error().code, options.server + ": " + opened.error().detail};
        }
    }

    const TimePoint start = SteadyClock::now() + milliseconds(5);
    std::vector<Result<void>> outcomes(workers.size());
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i < workers.size(); ++i) {
            threads.emplace_back([&, i] { outcomes[i] = workers[i]->run(start); });
        }
        outcomes[0] = workers[0]->run(start);
    }

    LookupResult out;
    out.seconds = std::chrono::duration<double>(options.duration).count();
    for (std::size_t i = 0; i < workers.size(); ++i) {
        if (!outcomes[i]) {
            return Error{outcomes[i].error().code,
                         options.server + ": " + outcomes[i].error().detail};
        }
        out.tally.merge(workers[i]->tally());
        out.in_time += workers[i]->in_time();
    }
    return out;
}

}  // namespace idnode::bench
