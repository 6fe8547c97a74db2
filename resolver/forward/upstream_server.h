#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/base/result.h"
#include "registry/model/ports.h"
#include "resolver/forward/endpoint.h"
#include "resolver/forward/message.h"
#include "resolver/forward/task.h"
#include "resolver/forward/tcp_calls.h"
#include "resolver/forward/udp_link.h"

namespace idnode::resolver {

/// One configured top-level node: its addresses, its health, and how it is asked. Not thread-safe.
class UpstreamServer {
  public:
    struct Tools {
        asio::any_io_executor executor;
        const model::Clock& clock;
        model::Entropy& entropy;
        TcpCalls& tcp;
    };

    UpstreamServer(ServerName name, const Tools& tools);

    /// What came of asking.
    struct Attempt {
        std::optional<UpstreamAnswer> answer;
        std::string failure;  // why there is none
        bool timed_out = false;
        bool refused = false;  // at once, so that there is time for another address
    };

    /// Asks over UDP, again after a while, and over TCP when UDP brought nothing, RC 2 or 3. A
    /// refusal ends the attempt at once, unless the server has another address. Judges its health
    /// by the outcome.
    Task<Attempt> ask(Question question, SteadyTime deadline);

    bool is_up() const { return !down_; }
    /// Whether a server that is down may be tried again now; says so once a second.
    bool take_trial();
    const std::string& last_failure() const { return last_failure_; }

    const ServerName& name() const { return name_; }
    bool needs_look_up() const { return !name_.literal(); }
    bool has_address() const { return !endpoints_.empty(); }
    /// What a look-up brought; the server is tried again at once when it moved.
    void set_endpoints(std::vector<Endpoint> endpoints);

    /// Fails what is on its way; nothing can be asked afterwards.
    void stop();

  private:
    Task<Attempt> ask_current_address(const Question& question, SteadyTime deadline);
    std::uint32_t now_seconds() const;
    std::uint32_t new_request_id();
    Result<std::shared_ptr<UdpLink>> link();
    Attempt judge(Result<UpstreamAnswer> answer);
    void note_alive();
    /// `used`: the link that failed, if it got so far. A server of several addresses goes on to the
    /// next one, but once only for all the questions that fail with it.
    void note_down(const std::shared_ptr<UdpLink>& used);
    void close_link();
    Attempt fail(const Error& error);
    Attempt refuse(const Error& error);

    ServerName name_;
    Tools tools_;
    std::vector<Endpoint> endpoints_;
    std::size_t current_ = 0;  // the one of `endpoints_` that is asked
    std::shared_ptr<UdpLink> link_;

    bool stopped_ = false;
    bool down_ = false;
    SteadyTime next_trial_{};
    SteadyTime last_reply_{};
    int silences_ = 0;  // questions in a row that a connectable server left without answer
    std::string last_failure_ = "not asked yet";
};

}  // namespace idnode::resolver
