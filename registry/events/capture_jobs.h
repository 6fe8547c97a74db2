#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proto/idnode/v1/capture.pb.h"
#include "registry/events/lifecycle.h"
#include "registry/registration/actor.h"

namespace idnode::events {

// Errors that a job keeps; the others are counted.
inline constexpr int kCaptureErrorsMax = 1'000;
// Events of one commit of a job that proceeds.
inline constexpr std::size_t kCaptureGroupMax = 1'000;

/// The exception of EPCIS 2.0 that fits a refusal, without `epcisException:`.
std::string_view exception_of(registration::Code code);

/// What happens where an event is refused.
enum class OnError : bool { kRollback, kProceed };

/// Documents of events, taken durably and carried out later. Services as the others: one for each
/// request.
class CaptureJobs {
  public:
    explicit CaptureJobs(const Lifecycle& lifecycle) : lifecycle_(lifecycle) {}

    /// Checks the document's shell and keeps it; its events are looked at when it is carried out.
    registration::Outcome<v1::CaptureJob> add(const registration::Actor& actor,
                                              std::string_view document, OnError on_error);
    /// One that the actor's enterprise sent.
    registration::Outcome<v1::CaptureJob> find(const registration::Actor& actor, std::uint64_t id);
    struct Page {
        std::vector<v1::CaptureJob> jobs;  // newest first
        std::uint64_t next = 0;            // what to give as `before` for the next page; 0: no more
    };
    registration::Outcome<Page> list(const registration::Actor& actor, std::uint64_t before,
                                     std::size_t count_max);

    /// The oldest job that is not finished.
    registration::Outcome<std::optional<v1::CaptureJob>> first_waiting() const;
    /// Carries out a job, or what is left of it: each commit holds how far it is, so that nothing
    /// is done twice. `stop` is looked at between commits.
    registration::Outcome<void> carry_out(v1::CaptureJob job, const std::atomic<bool>& stop);

  private:
    const Lifecycle& lifecycle_;
};

/// The thread that carries out jobs, in the order in which they came; those that an earlier run of
/// the node left, first.
class CaptureQueue {
  public:
    /// `lifecycle` must outlive the thread.
    void start(const Lifecycle& lifecycle);
    /// A job was added. From any thread.
    void wake();
    /// After the commit that it is at.
    void stop();
    CaptureQueue() = default;
    CaptureQueue(const CaptureQueue&) = delete;
    CaptureQueue& operator=(const CaptureQueue&) = delete;
    ~CaptureQueue() { stop(); }

  private:
    void run(const Lifecycle& lifecycle);

    std::mutex mutex_;
    std::condition_variable changed_;
    bool has_more_ = true;
    std::atomic<bool> stops_ = false;
    std::thread thread_;
};

}  // namespace idnode::events
