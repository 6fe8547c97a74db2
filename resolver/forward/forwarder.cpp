#include "resolver/forward/forwarder.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <exception>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <utility>

#include "proto/base/limits.h"
#include "resolver/forward/asio_endpoint.h"
#include "resolver/forward/cache.h"
#include "resolver/forward/networks.h"
#include "resolver/forward/upstream_server.h"

namespace idnode::resolver {
namespace {

using handle::ResponseCode;
using Done = std::function<void(UpstreamAnswerPtr)>;

constexpr std::chrono::seconds kLookUpEvery{60};
constexpr std::chrono::seconds kLookUpAgainAfter{5};  // while a name has no address

/// The part of a question that, with the cache key, makes two questions one: what the upstream is
/// told.
std::string flight_key(const Question& question) {
    std::string key;
    write_cache_key(question, key);
    key.push_back((question.flags & handle::flag::kPublicOnly) != 0 ? 'p' : '-');
    key.push_back((question.flags & handle::flag::kAuthoritative) != 0 ? 'a' : '-');
    key.push_back(static_cast<char>(question.recursion_count));
    return key;
}

/// Whether another server might do better (§6.2, §4.2).
bool is_worth_another_server(ResponseCode code) {
    return code == ResponseCode::kError || code == ResponseCode::kServerBusy ||
           code == ResponseCode::kServerBackup || code == ResponseCode::kServerNotResponsible;
}

/// `ForwardCounters` that several threads add to.
class Counters {
  public:
    void add(std::uint64_t ForwardCounters::* which) {
        cell(which).fetch_add(1, std::memory_order_relaxed);
    }
    ForwardCounters read() const {
        ForwardCounters out;
        for (std::size_t i = 0; i < kMembers.size(); ++i) {
            out.*kMembers[i] = cells_[i].load(std::memory_order_relaxed);
        }
        return out;
    }

  private:
    static constexpr std::array kMembers{&ForwardCounters::asked,     &ForwardCounters::from_cache,
                                         &ForwardCounters::coalesced, &ForwardCounters::overloaded,
                                         &ForwardCounters::timeouts,  &ForwardCounters::failovers,
                                         &ForwardCounters::unanswered};

    std::atomic<std::uint64_t>& cell(std::uint64_t ForwardCounters::* which) {
        const auto found = std::ranges::find(kMembers, which);
        return cells_[static_cast<std::size_t>(found - kMembers.begin())];
    }

    std::array<std::atomic<std::uint64_t>, kMembers.size()> cells_{};
};

class AsioForwarder final : public Forwarder {
  public:
    AsioForwarder(const ForwardSettings& settings, std::vector<ServerName> names, Networks networks,
                  const model::Clock& clock, model::Entropy& entropy)
        : settings_(settings),
          networks_(std::move(networks)),
          cache_({.bytes_max = settings.cache_bytes_max,
                  .entries_max = settings.cache_entries_max,
                  .negative = settings.negative},
                 clock) {
        const UpstreamServer::Tools tools{io_.get_executor(), clock, entropy, tcp_};
        for (ServerName& name : names) servers_.emplace_back(std::move(name), tools);
        for (UpstreamServer& server : servers_) {
            if (server.needs_look_up()) spawn(keep_looking_up(server));
        }
        thread_ = std::thread([this] { io_.run(); });
    }

    ~AsioForwarder() override {
        asio::post(io_, [this] { stop(); });
        thread_.join();
    }

    bool serves(const Address& client) const override {
        return settings_.enabled && !servers_.empty() && networks_.contain(client);
    }

    UpstreamAnswerPtr cached(const Question& question) override {
        if (!may_be_cached(question)) return nullptr;
        thread_local std::string key;
        write_cache_key(question, key);
        UpstreamAnswerPtr answer = cache_.find(key);
        if (answer) counters_.add(&ForwardCounters::from_cache);
        return answer;
    }

    void ask(Question question, Done done) override {
        counters_.add(&ForwardCounters::asked);
        const std::size_t before = waiting_.fetch_add(1);
        asio::post(
            io_, [this, before, question = std::move(question), done = std::move(done)]() mutable {
                begin(before, std::move(question), std::move(done));
            });
    }

    ForwardCounters counters() const override { return counters_.read(); }

  private:
    /// One question on its way, and everybody who waits for its answer.
    struct Flight {
        std::vector<Done> waiters;
    };

    /// Every coroutine ends before `io_.run()` returns, and the destructor waits for that.
    void spawn(Task<void> task) {
        asio::co_spawn(io_, std::move(task), [](const std::exception_ptr& failure) {
            if (failure) std::rethrow_exception(failure);  // a bug: ends the program with its name
        });
    }

    void finish(const Done& done, UpstreamAnswerPtr answer) {
        waiting_.fetch_sub(1);
        done(std::move(answer));
    }

    void begin(std::size_t before, Question question, Done done) {
        if (stopping_) {
            return finish(done, make_error(ResponseCode::kServerBusy, "the node is stopping"));
        }
        if (before >= settings_.questions_max) return refuse_busy(done);
        if (UpstreamAnswerPtr early = answer_without_asking(question)) return finish(done, early);

        std::string key = flight_key(question);
        const auto [found, is_new] = flights_.try_emplace(key);
        if (!is_new && found->second.waiters.size() >= settings_.waiters_max) {
            return refuse_busy(done);
        }
        found->second.waiters.push_back(std::move(done));
        if (is_new) {
            spawn(fly(std::move(key), std::move(question)));
        } else {
            counters_.add(&ForwardCounters::coalesced);
        }
    }

    void refuse_busy(const Done& done) {
        counters_.add(&ForwardCounters::overloaded);
        finish(done,
               make_error(ResponseCode::kServerBusy, "too many questions are being forwarded"));
    }

    UpstreamAnswerPtr answer_without_asking(const Question& question) {
        if (!settings_.enabled || servers_.empty()) {
            return make_error(ResponseCode::kServerNotResponsible,
                              "no top-level node is configured");
        }
        if (question.recursion_count > limits::kRecursionCountMax) {
            return make_error(ResponseCode::kRecursionLimit,
                              "the question was forwarded too often");
        }
        if (question.handle.size() > limits::kHandleBytesMax) {
            return make_error(ResponseCode::kInvalidHandle,
                              "the handle is longer than 2,048 octets");
        }
        // An equal question may have been answered since the caller looked.
        return cached(question);
    }

    Task<void> fly(std::string key, Question question) {
        UpstreamAnswerPtr result = co_await ask_safely(std::move(question));
        const auto flight = flights_.extract(key);
        for (const Done& done : flight.mapped().waiters) finish(done, result);
    }

    /// The answer in any case: what libraries throw (no memory) ends here.
    Task<UpstreamAnswerPtr> ask_safely(Question question) {
        std::string failure;
        try {
            UpstreamAnswerPtr result = co_await ask_servers(question);
            if (stopping_ && result->code == ResponseCode::kError) {
                result = make_error(ResponseCode::kServerBusy, "the node is stopping");
            }
            if (may_be_cached(question)) {
                std::string key;
                write_cache_key(question, key);
                cache_.keep(key, *result);
            }
            co_return result;
        } catch (const std::exception& error) {
            failure = error.what();
        }
        co_return make_error(ResponseCode::kError, "forwarding failed: " + failure);
    }

    Task<UpstreamAnswerPtr> ask_servers(Question question) {
        const Plan plan = choose_servers(question);
        const SteadyTime deadline = std::chrono::steady_clock::now() + plan.time;
        UpstreamAnswerPtr second_best;
        for (std::size_t i = 0; i < plan.servers.size() && !stopping_; ++i) {
            if (i > 0) counters_.add(&ForwardCounters::failovers);
            const SteadyTime now = std::chrono::steady_clock::now();
            const auto left = static_cast<SteadyTime::rep>(plan.servers.size() - i);
            const SteadyTime slice_end = now + (deadline - now) / left;
            UpstreamServer::Attempt attempt = co_await plan.servers[i]->ask(question, slice_end);
            if (attempt.timed_out) counters_.add(&ForwardCounters::timeouts);
            if (!attempt.answer) continue;
            const ResponseCode code = attempt.answer->code;
            auto result = std::make_shared<const UpstreamAnswer>(std::move(*attempt.answer));
            if (!is_worth_another_server(code)) co_return result;
            if (!second_best) second_best = std::move(result);
        }
        if (second_best) co_return second_best;
        counters_.add(&ForwardCounters::unanswered);
        co_return make_error(ResponseCode::kError, describe_failure());
    }

    /// Whom a question asks, in this order, and for how long in all.
    struct Plan {
        std::vector<UpstreamServer*> servers;
        std::chrono::milliseconds time;
    };

    /// The servers that are up. Those that are down are tried by the way, without delay for
    /// anybody; when none is up, the question itself tries those whose turn it is, for a short
    /// time.
    Plan choose_servers(const Question& question) {
        Plan up{{}, settings_.timeout};
        Plan trial{{}, trial_time()};
        for (UpstreamServer& server : servers_) {
            if (server.is_up()) {
                up.servers.push_back(&server);
            } else if (server.take_trial()) {
                trial.servers.push_back(&server);
            }
        }
        if (up.servers.empty()) return trial;
        for (UpstreamServer* server : trial.servers) spawn(try_again(*server, question));
        return up;
    }

    Task<void> try_again(UpstreamServer& server, Question question) {
        const SteadyTime deadline = std::chrono::steady_clock::now() + trial_time();
        co_await server.ask(std::move(question), deadline);
    }

    std::chrono::milliseconds trial_time() const { return settings_.timeout / 4; }

    std::string describe_failure() const {
        std::string text = "no top-level node answered: ";
        for (const UpstreamServer& server : servers_) {
            if (&server != &servers_.front()) text.append("; ");
            text.append(server.name().text()).append(": ").append(server.last_failure());
        }
        return text;
    }

    Task<void> keep_looking_up(UpstreamServer& server) {
        asio::ip::udp::resolver resolver(io_);
        asio::steady_timer timer(io_);
        timers_.push_back(&timer);
        while (!stopping_) {
            const auto [failure, found] = co_await resolver.async_resolve(
                server.name().host, std::to_string(server.name().port), kAsValues);
            if (stopping_) break;
            std::vector<Endpoint> endpoints;
            if (!failure) {
                for (const auto& entry : found) endpoints.push_back(to_endpoint(entry.endpoint()));
            }
            server.set_endpoints(std::move(endpoints));
            const bool hurry = !server.has_address() || !server.is_up();
            timer.expires_after(hurry ? kLookUpAgainAfter : kLookUpEvery);
            co_await timer.async_wait(kAsValues);
        }
        std::erase(timers_, &timer);
    }

    void stop() {
        stopping_ = true;
        for (UpstreamServer& server : servers_) server.stop();
        tcp_.close_all();
        for (asio::steady_timer* timer : timers_) timer->cancel();
        work_.reset();
    }

    const ForwardSettings settings_;
    const Networks networks_;
    AnswerCache cache_;
    Counters counters_;
    std::atomic<std::size_t> waiting_ = 0;  // calls of `ask` without an answer

    // From here on only the thread's, once it runs.
    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
    TcpCalls tcp_{io_.get_executor()};
    std::deque<UpstreamServer> servers_;  // fixed in number; their addresses are kept by coroutines
    std::unordered_map<std::string, Flight> flights_;
    std::vector<asio::steady_timer*> timers_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Forwarder>> open_forwarder(const ForwardSettings& settings,
                                                  const model::Clock& clock,
                                                  model::Entropy& entropy) {
    std::vector<ServerName> names;
    for (const std::string& text : settings.servers) {
        Result<ServerName> name = parse_server_name(text);
        if (!name) return name.error();
        names.push_back(std::move(*name));
    }
    Result<Networks> networks = Networks::parse(settings.networks);
    if (!networks) return networks.error();
    std::unique_ptr<Forwarder> forwarder = std::make_unique<AsioForwarder>(
        settings, std::move(names), std::move(*networks), clock, entropy);
    return Result<std::unique_ptr<Forwarder>>(std::move(forwarder));
}

std::unique_ptr<Upstream> make_forwarder(const ForwardSettings& settings, const model::Clock& clock,
                                         model::Entropy& entropy) {
    Result<std::unique_ptr<Forwarder>> forwarder = open_forwarder(settings, clock, entropy);
    if (!forwarder) throw std::invalid_argument(forwarder.error().detail);
    return std::move(*forwarder);
}

}  // namespace idnode::resolver
