#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "registry/events/trace_answer.h"

/// From what is suspect to everything that it reached (§14.4, recall set).
namespace idnode::events {

inline constexpr std::size_t kRecallSuspectsMax = 10'000;
inline constexpr std::size_t kRecallNodesMax = 2'000'000;

struct RecallQuestion {
    std::vector<std::string> suspects{};  // lots, components, logistic units
    /// What was seen or made at this place then is suspect from that moment on.
    struct Window {
        std::string place{};
        std::int64_t from_ns = INT64_MIN;
        std::int64_t before_ns = INT64_MAX;
    };
    std::optional<Window> window{};
    std::int64_t as_of_ns = INT64_MAX;
    KnownAt known{};
    unsigned depth_max = kTraceDepthMax;
    bool with_possible = false;
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    std::string caller{};  // for whom stubs are made
};

/// The affected, found when it is made and then written line by line: first those that are affected
/// now, then those that were; within these by holder, by stage, by key. Not thread-safe.
class Recall {
  public:
    static registration::Outcome<std::unique_ptr<Recall>> make(const Lifecycle& lifecycle,
                                                               Access& access,
                                                               const RecallQuestion& question);

    /// Appends some lines of NDJSON. False: these were the last.
    bool write(std::string& out);

    /// Things, not lots or classes, that are affected now: what a mark is put on.
    struct Marked {
        std::vector<std::string> visible;
        std::map<std::uint64_t, std::vector<std::string>> of_others;  // by whose they are
    };
    Marked to_be_marked() const;

  private:
    struct Line {
        NodeId id;
        bool is_current;
        std::uint32_t holder = 0;  // in `holders_`
        std::uint32_t stage = 0;
    };
    Recall(const Lifecycle& lifecycle, Access& access, KnownAt known, TraceResult result,
           Stubs stubs);
    registration::Outcome<void> arrange();
    registration::Outcome<void> read_holders();
    EventKey holder_event(NodeId id) const;
    std::uint32_t stage_of(NodeId id) const;
    static bool is_named(const TraceNode& node);
    std::string shown_name(NodeId id) const;
    void write_line(const Line& line, std::string& out);
    void write_path(NodeId id, std::string& out);
    void write_step(NodeId id, std::string& out) const;
    void write_summary(std::string& out) const;

    const Lifecycle& lifecycle_;
    const KnownAt known_;
    TraceResult result_;
    NodeWriter names_;
    std::vector<Line> lines_;
    std::vector<std::pair<EventKey, std::uint32_t>> holder_of_;  // what events say, by their keys
    std::vector<std::string> holders_;                           // the first one: not known
    std::size_t written_ = 0;
    bool is_summed_up_ = false;
    NodeId path_from_ = kNoNode;  // whose path is in `path_`: many things have it in common
    std::string path_;
};

}  // namespace idnode::events
