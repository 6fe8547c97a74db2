#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proto/idnode/v1/event.pb.h"
#include "registry/events/event_log.h"
#include "registry/events/lifecycle.h"
#include "registry/registration/actor.h"
#include "registry/registration/identifiers.h"

namespace idnode::events {

/// What became of one event.
struct Captured {
    std::string event_id;
    bool repeated = false;  // it was there already, with the same content
};
/// Of each event, in their order.
using CapturedAll = std::vector<registration::Outcome<Captured>>;

/// What is committed together with events: made from what becomes of them.
struct CommitWith {
    std::function<std::vector<model::ObjectEdit>(const CapturedAll&)> remember{};
};

/// Captures events: checks who may say so, recognises what is there already (§10.4), and stores the
/// others in one commit. Blocks on the disk. One for each request.
class Capture {
  public:
    explicit Capture(const Lifecycle& lifecycle) : lifecycle_(lifecycle) {}

    /// Events as `read_event` gives them; they are completed. All or nothing: when one is refused,
    /// nothing is stored, and those that were right by themselves have kWrongState.
    registration::Outcome<CapturedAll> capture(const registration::Actor& actor,
                                               std::span<v1::EventRecord> events,
                                               registration::Together together,
                                               const CommitWith& with = {});

    /// What stores events, all or none, for changes that do more.
    struct Prepared {
        CapturedAll outcomes{};
        bool is_left_out = false;  // one was refused, so nothing is stored
        std::vector<model::ObjectEdit> edits{};
        std::optional<EventLog::Taken> taken{};  // until the commit is over
    };
    registration::Outcome<Prepared> prepare(const registration::Actor& actor,
                                            std::span<v1::EventRecord> events);

  private:
    struct Plan;
    /// Whether ids are looked up before the commit: only when one was there already.
    enum class LookUp : std::uint8_t { kDeclared, kAll };

    registration::Outcome<CapturedAll> check(const registration::Actor& actor,
                                             std::span<v1::EventRecord> events) const;
    registration::Outcome<void> complete(const registration::Actor& actor, bool is_statement,
                                         v1::EventRecord& event) const;
    registration::Outcome<Captured> place(v1::EventRecord& event, Plan& plan, LookUp look_up);
    registration::Outcome<Prepared> prepare_once(std::span<v1::EventRecord> events,
                                                 const CapturedAll& checked,
                                                 registration::Together together, LookUp look_up);
    void append_all(const EventLog::Taken& taken, const Plan& plan,
                    std::vector<model::ObjectEdit>& out) const;

    const Lifecycle& lifecycle_;
};

}  // namespace idnode::events
