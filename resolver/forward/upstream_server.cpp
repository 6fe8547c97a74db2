#include "resolver/forward/upstream_server.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/base/reader.h"

namespace idnode::resolver {
namespace {

using handle::ResponseCode;

constexpr std::chrono::seconds kTrialEvery{1};
/// UDP gets this part of a server's time, in which the question is sent three times; TCP the rest.
constexpr int kUdpPercent = 60;
constexpr int kResendPercent = 15;  // the pauses grow: at 0, 15 and 45 percent
constexpr int kSilencesMax = 3;

/// RC 2 or 3 over UDP may mean no more than "too long for UDP" (§3.5).
bool may_be_about_udp(ResponseCode code) {
    return code == ResponseCode::kError || code == ResponseCode::kServerBusy;
}

}  // namespace

UpstreamServer::UpstreamServer(ServerName name, const Tools& tools)
    : name_(std::move(name)), tools_(tools) {
    if (const std::optional<Endpoint> literal = name_.literal()) endpoints_.push_back(*literal);
}

std::uint32_t UpstreamServer::now_seconds() const {
    return static_cast<std::uint32_t>(tools_.clock.now() / 1'000);
}

/// Positive as an `i32`, unpredictable, and of no question on its way (§3.1).
std::uint32_t UpstreamServer::new_request_id() {
    for (;;) {
        std::array<std::byte, 4> octets{};
        tools_.entropy.fill(octets);
        const std::uint32_t id = ByteReader(octets).u32("request id") & 0x7FFFFFFFU;
        if (id != 0 && (!link_ || !link_->is_waiting(id))) return id;
    }
}

Result<std::shared_ptr<UdpLink>> UpstreamServer::link() {
    if (stopped_) return Error{Errc::kUnavailable, "stopping"};
    if (link_) return link_;
    Result<std::shared_ptr<UdpLink>> opened =
        UdpLink::open(tools_.executor, endpoints_.at(current_));
    if (opened) link_ = *opened;
    return opened;
}

Task<UpstreamServer::Attempt> UpstreamServer::ask(Question question, SteadyTime deadline) {
    Attempt attempt = co_await ask_current_address(question, deadline);
    for (std::size_t tried = 1; attempt.refused && !stopped_ && tried < endpoints_.size();
         ++tried) {
        attempt = co_await ask_current_address(question, deadline);
    }
    co_return attempt;
}

Task<UpstreamServer::Attempt> UpstreamServer::ask_current_address(const Question& question,
                                                                  SteadyTime deadline) {
    const SteadyTime start = std::chrono::steady_clock::now();
    if (endpoints_.empty()) {
        note_down(link_);
        co_return fail({Errc::kUnavailable, "the host name has no address"});
    }
    const Result<std::shared_ptr<UdpLink>> udp = link();
    if (!udp) {
        note_down(link_);
        co_return refuse(udp.error());
    }
    Bytes message;
    write_question(question, {.request_id = new_request_id(), .now = now_seconds()}, message);
    const Endpoint endpoint = endpoints_.at(current_);

    const auto budget = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - start);
    const UdpLink::Schedule schedule{.resend_after = budget * kResendPercent / 100,
                                     .deadline = start + budget * kUdpPercent / 100};
    const std::shared_ptr<UdpLink> kept = *udp;  // the server may move while this question waits
    const Result<Reply> over_udp = co_await kept->ask(message, schedule);
    if (over_udp) {
        note_alive();
        Result<UpstreamAnswer> answer = read_answer(question, *over_udp, now_seconds());
        if (!answer || !may_be_about_udp(answer->code)) co_return judge(std::move(answer));
    } else if (over_udp.error().code != Errc::kTimeout) {
        note_down(kept);
        co_return refuse(over_udp.error());
    }

    const TcpCalls::Outcome over_tcp = co_await tools_.tcp.ask(endpoint, message, deadline);
    if (over_tcp.reply) {
        note_alive();
        co_return judge(read_answer(question, *over_tcp.reply, now_seconds()));
    }
    if (over_udp) co_return judge(read_answer(question, *over_udp, now_seconds()));  // RC 2 or 3
    // Another question may have been answered meanwhile: then this one was lost, not the server.
    const bool answers_others = last_reply_ > start;
    const bool hangs = over_tcp.connected && ++silences_ >= kSilencesMax;
    if (!answers_others && (!over_tcp.connected || hangs)) note_down(kept);
    Attempt attempt = fail(over_tcp.reply.error());
    attempt.timed_out = true;
    co_return attempt;
}

UpstreamServer::Attempt UpstreamServer::judge(Result<UpstreamAnswer> answer) {
    if (!answer) return fail(answer.error());
    Attempt attempt;
    attempt.answer = std::move(*answer);
    return attempt;
}

UpstreamServer::Attempt UpstreamServer::refuse(const Error& error) {
    Attempt attempt = fail(error);
    attempt.refused = true;
    return attempt;
}

UpstreamServer::Attempt UpstreamServer::fail(const Error& error) {
    last_failure_ = error.detail;
    Attempt attempt;
    attempt.failure = error.detail;
    return attempt;
}

void UpstreamServer::note_alive() {
    last_reply_ = std::chrono::steady_clock::now();
    silences_ = 0;
    down_ = false;
}

void UpstreamServer::note_down(const std::shared_ptr<UdpLink>& used) {
    silences_ = 0;
    if (!down_) next_trial_ = std::chrono::steady_clock::now() + kTrialEvery;
    down_ = true;
    if (endpoints_.size() > 1 && used == link_) {
        close_link();
        current_ = (current_ + 1) % endpoints_.size();
    }
}

bool UpstreamServer::take_trial() {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!down_ || now < next_trial_) return false;
    next_trial_ = now + kTrialEvery;
    return true;
}

void UpstreamServer::set_endpoints(std::vector<Endpoint> endpoints) {
    if (endpoints.empty() || endpoints == endpoints_) return;
    close_link();
    endpoints_ = std::move(endpoints);
    current_ = 0;
    down_ = false;
}

void UpstreamServer::close_link() {
    if (link_) link_->close();
    link_.reset();
}

void UpstreamServer::stop() {
    stopped_ = true;
    close_link();
}

}  // namespace idnode::resolver
