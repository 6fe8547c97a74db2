#include "bench/registrations.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "bench/exchange.h"
#include "bench/http_answer.h"
#include "bench/product_records.h"
#include "bench/socket.h"

namespace idnode::bench {
namespace {

// Of a stream: what waits to be sent is about so much, in chunks of so many lines.
constexpr std::size_t kAheadBytes = 256U << 10U;
constexpr std::size_t kChunkLines = 200;
constexpr std::size_t kExcerptBytes = 200;
constexpr std::chrono::milliseconds kPatience{30'000};

double milliseconds(Histogram::Duration duration) {
    return static_cast<double>(duration.count()) / 1e6;
}

std::string head_of(const RegistrationLoad& load, std::string_view path, std::string_view fields) {
    return fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{}\r\n", path,
                       load.server, load.token, fields);
}

Result<Descriptor> connect(const RegistrationLoad& load) {
    const auto server = resolve_endpoint(load.server);
    if (!server) return server.error();
    return connect_tcp(*server);
}

/// One connection and what is asked on it.
class Session {
  public:
    Session(const RegistrationLoad& load, std::string_view series, Descriptor socket)
        : load_(load),
          records_(load.prefix, series, load.template_version),
          events_(load.events, load.prefix, series),
          socket_(std::move(socket)) {}
    virtual ~Session() = default;

    int fd() const { return socket_.get(); }
    bool is_done() const { return done_; }
    const RegistrationResult& result() const { return result_; }

    /// All that can be done without waiting. After `end` nothing new is asked.
    Result<void> go_on(TimePoint end) {
        for (;;) {
            if (auto read = receive(); !read) return read;
            check();
            if (out_.empty()) ask(end);
            if (out_.empty()) return {};
            if (auto sent = send(); !sent || wants_write()) return sent;
        }
    }

  protected:
    /// Puts what is to be sent next, if anything is, into `out_`.
    virtual void ask(TimePoint end) = 0;
    /// Looks at what came of `answer_`.
    virtual void check() = 0;

    void refuse(std::uint64_t count, std::string_view why) {
        if (result_.refused == 0) result_.first_refusal = why.substr(0, kExcerptBytes);
        result_.refused += count;
    }

    const RegistrationLoad& load_;
    const ProductRecords records_;
    const ProductEvents events_;
    std::uint64_t next_ = 0;  // number of the next identifier or event
    std::string out_;
    HttpAnswer answer_;
    RegistrationResult result_;
    bool done_ = false;

  private:
    bool wants_write() const { return sent_ < out_.size(); }

    Result<void> send() {
        while (wants_write()) {
            const ssize_t sent =
                ::send(fd(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
            if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return {};
            if (sent < 0) return socket_error("send");
            sent_ += static_cast<std::size_t>(sent);
        }
        out_.clear();
        sent_ = 0;
        return {};
    }

    Result<void> receive() {
        std::array<char, 65'536> piece{};
        for (;;) {
            const ssize_t got = ::recv(fd(), piece.data(), piece.size(), 0);
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
            if (got < 0) return socket_error("recv");
            if (got == 0) {
                if (answer_.is_whole()) return {};
                return Error{Errc::kUnavailable, "the server ended a connection"};
            }
            if (!answer_.add({piece.data(), static_cast<std::size_t>(got)})) {
                return Error{Errc::kInvalid, "the server sent something else than an answer"};
            }
            if (static_cast<std::size_t>(got) < piece.size()) return {};
        }
    }

    Descriptor socket_;
    std::size_t sent_ = 0;  // of `out_`
};

/// Requests of one or many items, one after the other.
class RequestSession final : public Session {
  public:
    using Session::Session;

  private:
    std::size_t items() const { return load_.way == Way::kCreate ? 1 : load_.batch; }

    void ask(TimePoint end) override {
        if (under_way_) return;
        if (SteadyClock::now() >= end) {
            done_ = true;
            return;
        }
        body_.clear();
        if (load_.way == Way::kBatch) body_ = R"({"items":[)";
        if (load_.way == Way::kSnms) body_ = "[";
        for (std::size_t i = 0; i < items(); ++i) append_item(i);
        if (load_.way == Way::kBatch) body_ += "]}";
        if (load_.way == Way::kSnms) body_ += "]";
        out_ = head_of(
            load_, path(),
            fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body_.size()));
        out_ += body_;
        under_way_ = true;
        begun_ = SteadyClock::now();
    }

    std::string_view path() const {
        if (load_.way == Way::kCreate) return "/idn/v1/identifiers";
        return load_.way == Way::kBatch ? "/idn/v1/batches" : "/identityv2/data/batchCreate";
    }

    void append_item(std::size_t i) {
        if (i > 0) body_ += ',';
        if (load_.way == Way::kSnms) {
            records_.append_snms(next_ + i, body_);
            return;
        }
        if (load_.way == Way::kBatch) body_ += R"({"identifier":)";
        records_.append(next_ + i, body_);
        if (load_.way == Way::kBatch) body_ += '}';
    }

    void check() override {
        if (!answer_.is_whole()) return;
        result_.latency.add(SteadyClock::now() - begun_);
        const unsigned expected = load_.way == Way::kCreate ? 201 : 200;
        if (answer_.status() != expected) {
            refuse(items(), answer_.body());
        } else {
            check_items();
        }
        next_ += items();
        answer_.clear();
        under_way_ = false;
    }

    /// Each in its turn, and nothing else.
    void check_items() {
        const std::string_view body = answer_.body();
        std::size_t at = 0;
        for (std::size_t i = 0; i < items(); ++i) {
            expected_ = R"("handle":")";
            records_.append_handle(next_ + i, expected_);
            expected_ += load_.way == Way::kCreate  ? "\""
                         : load_.way == Way::kBatch ? R"(","done":true})"
                                                    : R"(","msg":"success"})";
            const std::size_t found = body.find(expected_, at);
            if (found == std::string_view::npos) {
                refuse(1, body.substr(at));
                continue;
            }
            at = found + expected_.size();
            ++result_.registered;
        }
    }

    std::string body_;
    std::string expected_;
    bool under_way_ = false;
    TimePoint begun_;
};

/// One request whose body lasts as long as the run.
class StreamSession final : public Session {
  public:
    using Session::Session;

  private:
    bool is_of_events() const { return load_.way == Way::kEvents; }
    std::uint64_t count() const {
        return is_of_events() ? std::min(events_.count(), load_.events_max) : UINT64_MAX;
    }

    void ask(TimePoint end) override {
        if (next_ == 0) {
            out_ = head_of(load_, is_of_events() ? "/capture" : "/idn/v1/streams",
                           "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n");
            told_ = SteadyClock::now();
        }
        while (!ended_ && out_.size() < kAheadBytes) {
            ended_ = SteadyClock::now() >= end || next_ >= count();
            if (ended_) {
                out_ += "0\r\n\r\n";
            } else {
                append_chunk();
            }
        }
    }

    void append_chunk() {
        lines_.clear();
        for (std::size_t i = 0; i < kChunkLines && next_ < count(); ++i) {
            if (is_of_events()) {
                events_.append(next_++, lines_);
            } else {
                records_.append(next_++, lines_);
            }
            lines_ += '\n';
        }
        fmt::format_to(std::back_inserter(out_), "{:x}\r\n{}\r\n", lines_.size(), lines_);
    }

    void check() override {
        std::string& body = answer_.body();
        std::size_t at = 0;
        for (std::size_t end = body.find('\n'); end != std::string::npos;
             end = body.find('\n', at)) {
            check_line(std::string_view(body).substr(at, end - at));
            at = end + 1;
        }
        body.erase(0, at);
        if (!answer_.is_whole()) return;
        done_ = true;
        if (answer_.status() != 200 || !whole_) refuse(next_ - result_.registered, body);
    }

    void check_line(std::string_view line) {
        if (line.find(R"("failure")") != std::string_view::npos) {
            refuse(1, line);
            return;
        }
        const TimePoint now = SteadyClock::now();
        result_.latency.add(now - std::exchange(told_, now));
        result_.registered = number(line, "done");
        whole_ = line.find(R"("ended":true)") != std::string_view::npos &&
                 number(line, "lines") == next_ && result_.registered == next_;
    }

    static std::uint64_t number(std::string_view line, std::string_view name) {
        const std::string member = fmt::format(R"("{}":")", name);
        const std::size_t at = line.find(member);
        if (at == std::string_view::npos) return 0;
        std::uint64_t out = 0;
        for (const char digit : line.substr(at + member.size())) {
            if (digit < '0' || digit > '9') break;
            out = out * 10 + static_cast<std::uint64_t>(digit - '0');
        }
        return out;
    }

    std::string lines_;
    bool ended_ = false;  // all is asked
    bool whole_ = false;  // the last line said that all is done
    TimePoint told_;
};

/// Waits for sockets.
class Poller {
  public:
    Poller() : poll_(::epoll_create1(EPOLL_CLOEXEC)) {}

    Result<void> add(Session& session) {
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLET;
        event.data.ptr = &session;
        if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, session.fd(), &event) != 0) {
            return socket_error("epoll_ctl");
        }
        return {};
    }
    /// Those that can go on. kUnavailable: none can for long.
    Result<std::vector<Session*>> wait() {
        std::array<epoll_event, 64> events{};
        const int count = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()),
                                       static_cast<int>(kPatience.count()));
        if (count < 0 && errno != EINTR) return socket_error("epoll_wait");
        if (count == 0) return Error{Errc::kUnavailable, "the server does not answer"};
        std::vector<Session*> out;
        for (int i = 0; i < count; ++i) {
            out.push_back(static_cast<Session*>(events[static_cast<std::size_t>(i)].data.ptr));
        }
        return out;
    }

  private:
    Descriptor poll_;
};

Result<std::vector<std::unique_ptr<Session>>> open_sessions(const RegistrationLoad& load) {
    // No two runs make the same names.
    const auto run = std::random_device{}();
    std::vector<std::unique_ptr<Session>> out;
    for (std::size_t i = 0; i < load.connections; ++i) {
        auto socket = connect(load);
        if (!socket) return socket.error();
        const std::string series = load.series.empty() ? fmt::format("{:08x}-{}", run, i)
                                                       : fmt::format("{}-{}", load.series, i);
        if (load.way == Way::kStream || load.way == Way::kEvents) {
            out.push_back(std::make_unique<StreamSession>(load, series, *std::move(socket)));
        } else {
            out.push_back(std::make_unique<RequestSession>(load, series, *std::move(socket)));
        }
    }
    return out;
}

void merge(const RegistrationResult& from, RegistrationResult& into) {
    into.registered += from.registered;
    into.refused += from.refused;
    if (into.first_refusal.empty()) into.first_refusal = from.first_refusal;
    into.latency.merge(from.latency);
}

std::string_view name_of(Way way) {
    static constexpr std::array<std::string_view, 5> kNames{"stream", "batch", "create", "snms",
                                                            "events"};
    return kNames[static_cast<std::size_t>(way)];
}

}  // namespace

Result<RegistrationResult> run_registrations(const RegistrationLoad& load) {
    const auto sessions = open_sessions(load);
    if (!sessions) return sessions.error();
    Poller poller;
    const TimePoint begun = SteadyClock::now();
    const TimePoint end = begun + load.duration;
    for (const auto& session : *sessions) {
        if (auto added = poller.add(*session); !added) return added.error();
    }
    for (std::size_t left = sessions->size(); left > 0;) {
        const auto ready = poller.wait();
        if (!ready) return ready.error();
        for (Session* const session : *ready) {
            if (session->is_done()) continue;
            if (auto gone = session->go_on(end); !gone) return gone.error();
            if (session->is_done()) --left;
        }
    }
    RegistrationResult out;
    for (const auto& session : *sessions) merge(session->result(), out);
    out.seconds = std::chrono::duration<double>(SteadyClock::now() - begun).count();
    return out;
}

std::string format_table(const RegistrationLoad& load, const RegistrationResult& result) {
    std::string out = fmt::format(
        "{} at {} for {:.1f} s, {} connections\n"
        "identifiers/s {:>10.0f}\n"
        "refused       {:>10}\n"
        "latency ms    p50 {:.2f}  p99 {:.2f}  max {:.2f}\n",
        name_of(load.way), load.server, result.seconds, load.connections, result.rate(),
        result.refused, milliseconds(result.latency.percentile(0.5)),
        milliseconds(result.latency.percentile(0.99)), milliseconds(result.latency.max()));
    if (!result.first_refusal.empty()) out += "first refusal: " + result.first_refusal + "\n";
    return out;
}

std::string format_json(const RegistrationResult& result) {
    return fmt::format(
        R"({{"identifiers_per_second":{:.0f},"registered":{},"refused":{},"seconds":{:.3f},)"
        R"("latency_ms":{{"p50":{:.3f},"p99":{:.3f},"max":{:.3f}}}}})",
        result.rate(), result.registered, result.refused, result.seconds,
        milliseconds(result.latency.percentile(0.5)), milliseconds(result.latency.percentile(0.99)),
        milliseconds(result.latency.max()));
}

}  // namespace idnode::bench
