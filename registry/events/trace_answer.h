#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "registry/events/access.h"
#include "registry/events/lifecycle.h"
#include "registry/events/stubs.h"
#include "registry/events/trace.h"

/// Traces as answers, for one caller (§14.4, §14.6).
namespace idnode::events {

inline constexpr std::size_t kTracePageUsual = 1'000;
inline constexpr std::size_t kTracePageMax = 10'000;

/// What one caller may see, by the rules of access. Of core data not even stubs are left (§14.6).
class AccessSight final : public Sight {
  public:
    explicit AccessSight(Access& access) : access_(access) {}
    registration::Outcome<bool> may_read(const Thing& thing) override {
        return access_.may_read(thing);
    }
    registration::Outcome<bool> may_know_of(const Thing& thing) override {
        return thing.level < v1::DATA_LEVEL_CORE;
    }

  private:
    Access& access_;
};

/// Writes nodes of a trace as JSON. Not thread-safe.
class NodeWriter {
  public:
    NodeWriter(const Lifecycle& lifecycle, Access& access, KnownAt known, Stubs stubs,
               const TraceResult& result, TraceDirection direction)
        : lifecycle_(lifecycle),
          access_(access),
          records_(lifecycle.registrar.store, known),
          stubs_(std::move(stubs)),
          result_(result),
          direction_(direction) {}

    /// The identifier, or its stub where the caller may not see it.
    std::string name_of(NodeId id) const;
    registration::Outcome<boost::json::object> node(NodeId id);
    /// How the trail came to the node, from the first step to the last: what each step came from,
    /// its kind and, where the caller may know, its time.
    registration::Outcome<boost::json::array> path(NodeId id);

  private:
    /// What is told of an event that a step is known from.
    struct Said {
        bool is_readable = false;
        v1::EventRecord record;
    };
    registration::Outcome<const Said*> said_by(const EventKey& event);
    registration::Outcome<boost::json::object> via(NodeId id);
    registration::Outcome<boost::json::object> whom_to_ask(std::uint64_t enterprise_id);

    const Lifecycle& lifecycle_;
    Access& access_;
    EventReader records_;
    const Stubs stubs_;
    const TraceResult& result_;
    const TraceDirection direction_;
    std::map<EventKey, Said> said_;  // so far read, of this page
    std::map<std::uint64_t, boost::json::object> asked_;
};

struct TraceRequest {
    std::string_view cid{};
    TraceQuestion question{};
    KnownAt known{};
    std::string_view cursor{};  // of an answer to the same question; empty: from the beginning
    std::size_t count_max = kTracePageUsual;
    std::string caller{};     // for whom stubs are made
    bool with_peers = false;  // also what other nodes have of it; with the last page
};

/// One page. The cursor says where the page before ended and in which state of knowledge it was;
/// the trail itself is followed anew for each page, within the same limits.
struct TraceAnswer {
    boost::json::object body;
    bool is_visible = false;  // whether the caller may see anything about what was asked for
};
registration::Outcome<TraceAnswer> answer_trace(const Lifecycle& lifecycle, Access& access,
                                                const TraceRequest& request);

/// `current` and so on, in the words of answers.
std::string_view name_of(TrailKind kind);
std::string_view name_of(TraceResult::Cut cut);

}  // namespace idnode::events
