#include "registry/events/recall.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <map>
#include <tuple>
#include <utility>

#include "proto/schemes/canonical.h"
#include "registry/events/event_time.h"

namespace idnode::events {

using registration::Outcome;
using registration::to_refusal;

namespace {

/// Lines of one piece of the answer.
constexpr std::size_t kPieceBytes = 256U << 10U;

void append_quoted(std::string_view text, std::string& out) {
    const bool is_plain = std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; });
    if (!is_plain) {
        out += boost::json::serialize(boost::json::string(text));
        return;
    }
    out += '"';
    out += text;
    out += '"';
}

void append_member(std::string_view name, std::string_view text, std::string& out) {
    if (out.back() != '{') out += ',';
    append_quoted(name, out);
    out += ':';
    append_quoted(text, out);
}

/// Who has it after this event, or else where it is.
std::string holder_in(const v1::EventRecord& record) {
    std::string possessor;
    for (const v1::EventReference& one : record.destinations()) {
        if (one.type() == "owning_party") return one.id();
        if (one.type() == "possessing_party") possessor = one.id();
    }
    if (!possessor.empty()) return possessor;
    return record.biz_location().empty() ? record.read_point() : record.biz_location();
}

/// Whether it names a kind of things rather than one.
std::string_view level_of(std::string_view cid) {
    const auto parsed = schemes::parse_uri(cid);
    if (!parsed) return "instance";
    if (parsed->level == schemes::Level::kLot) return "lot";
    return parsed->level == schemes::Level::kClass ? "class" : "instance";
}

/// What was seen or made at the place then, each from that moment on.
class WindowReader {
  public:
    WindowReader(const model::RecordStore& store, KnownAt known, Access& access)
        : known_(known),
          places_(store.walk_objects(model::Table::kEventsByPlace)),
          records_(store, known),
          access_(access) {}

    Outcome<void> read(const RecallQuestion::Window& window, std::vector<TraceStart>& out) {
        for (const PlaceKind kind : {PlaceKind::kReadPoint, PlaceKind::kBizLocation}) {
            const std::string beginning = place_index_beginning(kind, window.place);
            std::string from = beginning;
            append_time(window.from_ns, from);
            auto there = places_->seek(from);
            for (; there && *there && places_->key().starts_with(beginning);
                 there = places_->next()) {
                const auto end = read_entry_end(places_->key().substr(beginning.size()));
                if (!end || end->event_time_ns >= window.before_ns) break;
                if (end->event > known_.last) continue;
                if (auto done = take(end->event, out); !done) return done;
            }
            if (!there) return to_refusal(there.error());
        }
        return {};
    }

  private:
    Outcome<void> take(const EventKey& key, std::vector<TraceStart>& out) {
        auto record = records_.find(key);
        if (!record) return to_refusal(record.error());
        if (!*record || (*record)->has_error()) return {};
        const auto wrong = records_.declarations((*record)->event_id());
        if (!wrong) return to_refusal(wrong.error());
        const auto readable = access_.may_read(**record);
        if (!readable) return readable.error();
        if (!wrong->empty() || !*readable) return {};
        const Interval since{(*record)->event_time_ns(), Interval::kNoEnd};
        constexpr std::uint32_t kThere =
            v1::EVENT_ROLE_EPC | v1::EVENT_ROLE_CHILD | v1::EVENT_ROLE_OUTPUT;
        for (const Touched& one : touched_by(**record)) {
            if ((one.roles & kThere) == 0) continue;
            out.push_back({.cid = std::string(one.cid), .affected = since});
        }
        return {};
    }

    const KnownAt known_;
    std::unique_ptr<model::ObjectCursor> places_;
    EventReader records_;
    Access& access_;
};

}  // namespace

Outcome<std::unique_ptr<Recall>> Recall::make(const Lifecycle& lifecycle, Access& access,
                                              const RecallQuestion& question) {
    const auto settled = lifecycle.log.settled();
    if (!settled) return to_refusal(settled.error());
    const KnownAt known{std::min(question.known.last, *settled)};
    const model::RecordStore& store = lifecycle.registrar.store;
    std::vector<TraceStart> starts;
    for (const std::string& suspect : question.suspects) {
        starts.push_back({.cid = suspect, .affected = {}});
    }
    if (question.window) {
        auto read = WindowReader(store, known, access).read(*question.window, starts);
        if (!read) return std::move(read).error();
    }
    AccessSight sight(access);
    auto result = trace(store, known, starts,
                        {.direction = TraceDirection::kForward,
                         .as_of_ns = question.as_of_ns,
                         .depth_max = question.depth_max,
                         .nodes_max = kRecallNodesMax,
                         .with_possible = question.with_possible,
                         .with_present = true,
                         .deadline = question.deadline},
                        sight);
    if (!result) return std::move(result).error();
    auto stubs = Stubs::of(lifecycle.registrar, question.caller);
    if (!stubs) return std::move(stubs).error();
    std::unique_ptr<Recall> out(
        new Recall(lifecycle, access, known, *std::move(result), *std::move(stubs)));
    if (auto done = out->arrange(); !done) return std::move(done).error();
    return out;
}

Recall::Recall(const Lifecycle& lifecycle, Access& access, KnownAt known, TraceResult result,
               Stubs stubs)
    : lifecycle_(lifecycle),
      known_(known),
      result_(std::move(result)),
      names_(lifecycle, access, known, std::move(stubs), result_, TraceDirection::kForward) {}

/// The event that says who has it: its own last one, or that of what it is in, if that is later.
EventKey Recall::holder_event(NodeId id) const {
    const TracePresent& own = result_.present[id];
    std::int64_t best_ns = std::max(own.party_ns, own.place_ns);
    EventKey best = own.party_ns >= own.place_ns ? own.party : own.place;
    const TracePresent* inner = &own;
    for (unsigned depth = 0; depth < kTraceDepthMax && inner->container != kNoNode; ++depth) {
        const TracePresent& outer = result_.present[inner->container];
        const std::int64_t outer_ns = std::max(outer.party_ns, outer.place_ns);
        if (outer_ns >= inner->container_since_ns && outer_ns > best_ns) {
            best_ns = outer_ns;
            best = outer.party_ns >= outer.place_ns ? outer.party : outer.place;
        }
        inner = &outer;
    }
    return best_ns == TracePresent::kNever ? EventKey{} : best;
}

std::uint32_t Recall::stage_of(NodeId id) const {
    const TracePresent* at = &result_.present[id];
    std::int64_t best_ns = at->stage_ns;
    std::uint32_t best = at->stage;
    for (unsigned depth = 0; depth < kTraceDepthMax && at->container != kNoNode; ++depth) {
        const TracePresent& outer = result_.present[at->container];
        if (outer.stage_ns >= at->container_since_ns && outer.stage_ns > best_ns) {
            best_ns = outer.stage_ns;
            best = outer.stage;
        }
        at = &outer;
    }
    return best;
}

/// Reads who has what, each event once and in the order in which they are stored.
Outcome<void> Recall::read_holders() {
    for (NodeId id = 0; id < result_.nodes.size(); ++id) {
        const EventKey key = holder_event(id);
        if (key != EventKey{}) holder_of_.emplace_back(key, 0);
    }
    std::ranges::sort(holder_of_);
    const auto repeated = std::ranges::unique(holder_of_);
    holder_of_.erase(repeated.begin(), repeated.end());
    EventReader records(lifecycle_.registrar.store, known_);
    std::map<std::string, std::uint32_t> places{{std::string(), 0}};
    for (auto& [key, holder] : holder_of_) {
        const auto record = records.find(key);
        if (!record) return to_refusal(record.error());
        if (!*record) continue;
        const auto place =
            places.try_emplace(holder_in(**record), static_cast<std::uint32_t>(places.size()));
        holder = place.first->second;
    }
    holders_.resize(places.size());
    for (const auto& [name, place] : places) holders_[place] = name;
    return {};
}

Outcome<void> Recall::arrange() {
    if (auto done = read_holders(); !done) return done;
    lines_.reserve(result_.nodes.size());
    for (NodeId id = 0; id < result_.nodes.size(); ++id) {
        const EventKey event = holder_event(id);
        const auto known = std::ranges::lower_bound(holder_of_, event, {},
                                                    &std::pair<EventKey, std::uint32_t>::first);
        const bool is_known = known != holder_of_.end() && known->first == event;
        lines_.push_back({.id = id,
                          .is_current = result_.is_current(id, TraceDirection::kForward),
                          .holder = is_known ? known->second : 0,
                          .stage = stage_of(id)});
    }
    const auto place = [this](const Line& line) {
        return std::tuple(!line.is_current, std::string_view(holders_[line.holder]),
                          std::string_view(result_.stages[line.stage]), result_.nodes.key(line.id));
    };
    // Serials of a lot come in order.
    if (!std::ranges::is_sorted(lines_, {}, place)) std::ranges::sort(lines_, {}, place);
    return {};
}

bool Recall::write(std::string& out) {
    const std::size_t begin = out.size();
    while (written_ < lines_.size() && out.size() - begin < kPieceBytes) {
        write_line(lines_[written_++], out);
    }
    if (written_ < lines_.size()) return true;
    if (!std::exchange(is_summed_up_, true)) write_summary(out);
    return false;
}

/// Suspects keep the names by which they were asked for, whatever is known of them.
bool Recall::is_named(const TraceNode& node) {
    return node.is_visible || node.via.from == kNoNode;
}

std::string Recall::shown_name(NodeId id) const {
    return is_named(result_.nodes[id]) ? result_.nodes.cid(id) : names_.name_of(id);
}

void Recall::write_line(const Line& line, std::string& out) {
    const TraceNode& node = result_.nodes[line.id];
    const std::string name = shown_name(line.id);
    out += '{';
    append_member(is_named(node) ? "id" : "ref", name, out);
    append_member("state", line.is_current ? "current" : "historic", out);
    if (is_named(node)) {
        append_member("level", level_of(name), out);
        if (line.holder != 0) append_member("holder", holders_[line.holder], out);
        if (line.stage != 0) append_member("stage", result_.stages[line.stage], out);
    } else {
        append_member("type", "redacted", out);
    }
    if (node.is_possible) append_member("certainty", "possible", out);
    out += ",\"depth\":" + std::to_string(node.depth) + ",\"path\":[";
    write_path(line.id, out);
    out += "]}\n";
}

/// The reason: how it came from what is suspect to the thing.
void Recall::write_path(NodeId id, std::string& out) {
    const NodeId from = result_.nodes[id].via.from;
    if (from != kNoNode) {
        if (path_from_ != from) {
            path_.clear();
            std::vector<NodeId> trail;
            for (NodeId at = from; at != kNoNode; at = result_.nodes[at].via.from) {
                trail.push_back(at);
            }
            for (std::size_t at = trail.size(); at-- > 0;) {
                write_step(trail[at], path_);
                path_ += ',';
            }
            path_from_ = from;
        }
        out += path_;
    }
    write_step(id, out);
}

void Recall::write_step(NodeId id, std::string& out) const {
    const TraceNode& node = result_.nodes[id];
    out += '{';
    append_member(is_named(node) ? "id" : "ref", shown_name(id), out);
    if (node.via.from != kNoNode) {
        const bool is_told = node.is_visible && !node.is_unclear;
        append_member("via", is_told ? name_of(node.via.kind) : "redacted", out);
        if (is_told) append_member("at", format_event_time(node.via.at_ns, true), out);
    }
    out += '}';
}

void Recall::write_summary(std::string& out) const {
    std::size_t current = 0;
    std::size_t redacted = 0;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> groups;
    for (const Line& line : lines_) {
        if (!is_named(result_.nodes[line.id])) ++redacted;
        if (!line.is_current) continue;
        ++current;
        ++groups[{line.holder, line.stage}];
    }
    out += "{\"summary\":{\"current\":" + std::to_string(current) +
           ",\"historic\":" + std::to_string(lines_.size() - current) +
           ",\"redacted\":" + std::to_string(redacted);
    if (result_.cut != TraceResult::Cut::kNothing) {
        append_member("truncated", name_of(result_.cut), out);
    }
    out += ",\"groups\":[";
    for (const auto& [group, count] : groups) {
        if (out.back() != '[') out += ',';
        out += '{';
        if (group.first != 0) append_member("holder", holders_[group.first], out);
        if (group.second != 0) append_member("stage", result_.stages[group.second], out);
        if (out.back() != '{') out += ',';
        out += "\"count\":" + std::to_string(count) + '}';
    }
    out += "]}}\n";
}

Recall::Marked Recall::to_be_marked() const {
    Marked out;
    for (const Line& line : lines_) {
        if (!line.is_current) continue;
        const TraceNode& node = result_.nodes[line.id];
        std::string cid = result_.nodes.cid(line.id);
        if (level_of(cid) != "instance") continue;
        if (node.is_visible) {
            out.visible.push_back(std::move(cid));
        } else {
            out.of_others[node.owner_id].push_back(std::move(cid));
        }
    }
    return out;
}

}  // namespace idnode::events
