#include "registry/events/trace_answer.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <utility>

#include "proto/base/bytes.h"
#include "proto/idnode/v1/enterprise.pb.h"
#include "proto/schemes/canonical.h"
#include "registry/events/event_time.h"
#include "registry/events/trace_join.h"
#include "registry/json/encoding.h"
#include "registry/registration/objects.h"

namespace idnode::events {

using boost::json::array;
using boost::json::object;
using registration::invalid;
using registration::Outcome;
using registration::to_refusal;

namespace {

/// No more of what events say is kept at a time.
constexpr std::size_t kSaidMax = 4'096;

std::string time_text(std::int64_t ns) {
    return format_event_time(ns, true);
}

/// `{"from", "to"}`; what has no begin or end does not say one.
object to_json(const Interval& one) {
    object out;
    if (one.from_ns != Interval::kNoBegin) out["from"] = time_text(one.from_ns);
    if (!one.is_open()) out["to"] = time_text(one.to_ns);
    return out;
}

object to_json(const v1::EventQuantity& one) {
    object out;
    out["epcClass"] = one.epc_class();
    if (one.has_quantity()) out["quantity"] = one.quantity();
    if (!one.uom().empty()) out["uom"] = one.uom();
    return out;
}

void put_amount(const google::protobuf::RepeatedPtrField<v1::EventQuantity>& list,
                std::string_view key, std::string_view name, object& out) {
    for (const v1::EventQuantity& one : list) {
        if (schemes::key_of(one.epc_class()) == key) out[name] = to_json(one);
    }
}

/// What a cursor says: the state of knowledge, how many nodes were told, and to which question.
struct Cursor {
    EventKey known;
    std::uint64_t told = 0;
    std::uint64_t question = 0;
};
constexpr std::size_t kCursorBytes = kEventKeyBytes + 2 * sizeof(std::uint64_t);

std::string to_text(const Cursor& cursor) {
    std::string octets;
    append_event_key(cursor.known, octets);
    octets += registration::number_key(cursor.told);
    octets += registration::number_key(cursor.question);
    std::string out;
    json::append_base64url(as_bytes_view(octets), out);
    return out;
}

std::optional<Cursor> read_cursor(std::string_view text) {
    const auto octets = json::parse_base64url(text);
    if (!octets || octets->size() != kCursorBytes) return std::nullopt;
    const std::string_view all = as_text(*octets);
    return Cursor{.known = *read_event_key(all.substr(0, kEventKeyBytes)),
                  .told = registration::number_of_key(all.substr(kEventKeyBytes)),
                  .question = registration::number_of_key(
                      all.substr(kEventKeyBytes + sizeof(std::uint64_t)))};
}

/// So that a cursor is not used with another question by mistake.
std::uint64_t mark_of(const registration::Registrar& registrar, const TraceRequest& request) {
    const TraceQuestion& question = request.question;
    std::string text(request.cid);
    text += '\0';
    append_time(question.as_of_ns, text);
    text += static_cast<char>(question.direction);
    text += static_cast<char>(question.depth_max);
    text += static_cast<char>(question.with_possible);
    const auto digest = registrar.digests.sha256(as_bytes_view(text));
    return registration::number_of_key(as_text(digest));
}

}  // namespace

std::string_view name_of(TrailKind kind) {
    switch (kind) {
        case TrailKind::kStart:
            return "start";
        case TrailKind::kTransformation:
            return "transformation";
        case TrailKind::kAggregation:
            return "aggregation";
        case TrailKind::kAssociation:
            return "association";
        case TrailKind::kLot:
            return "lot";
    }
    return {};
}

std::string_view name_of(TraceResult::Cut cut) {
    switch (cut) {
        case TraceResult::Cut::kNothing:
            return {};
        case TraceResult::Cut::kDepth:
            return "depth";
        case TraceResult::Cut::kNodes:
            return "nodes";
        case TraceResult::Cut::kTime:
            return "time";
    }
    return {};
}

std::string NodeWriter::name_of(NodeId id) const {
    return result_.nodes[id].is_visible ? result_.nodes.cid(id)
                                        : stubs_.name_of(result_.nodes.key(id));
}

Outcome<const NodeWriter::Said*> NodeWriter::said_by(const EventKey& event) {
    if (const auto known = said_.find(event); known != said_.end()) return &known->second;
    if (said_.size() >= kSaidMax) said_.clear();
    auto record = records_.find(event);
    if (!record) return to_refusal(record.error());
    Said& said = said_[event];
    if (!*record) return &said;
    const auto readable = access_.may_read(**record);
    if (!readable) return readable.error();
    said.is_readable = *readable;
    if (*readable) said.record = **std::move(record);
    return &said;
}

Outcome<object> NodeWriter::whom_to_ask(std::uint64_t enterprise_id) {
    const auto [place, is_new] = asked_.try_emplace(enterprise_id);
    if (!is_new) return place->second;
    const registration::Registrar& registrar = lifecycle_.registrar;
    if (enterprise_id == 0) {
        place->second["prefix"] = registrar.terms.own_prefix;
        return place->second;
    }
    const std::string number = registration::number_key(enterprise_id);
    const auto enterprise =
        registration::find<v1::Enterprise>(registrar.store, model::Table::kEnterprises, number);
    if (!enterprise) return enterprise.error();
    if (*enterprise) place->second["enterprise"] = (*enterprise)->profile().name();
    const auto prefixes =
        registrar.store.scan_objects(model::Table::kPrefixByEnterprise, number, {}, 1);
    if (!prefixes) return to_refusal(prefixes.error());
    if (!prefixes->empty()) place->second["prefix"] = prefixes->front().key.substr(number.size());
    return place->second;
}

Outcome<object> NodeWriter::via(NodeId id) {
    const TraceNode& node = result_.nodes[id];
    object out;
    out["from"] = name_of(node.via.from);
    const auto said = said_by(node.via.event);
    if (!said) return said.error();
    if (!(*said)->is_readable || !node.is_visible) {
        out["kind"] = "redacted";
        return out;
    }
    const v1::EventRecord& record = (*said)->record;
    out["kind"] = events::name_of(node.via.kind);
    out["at"] = time_text(node.via.at_ns);
    out["eventIDs"] = array{record.event_id()};
    if (!record.biz_step().empty()) out["bizStep"] = record.biz_step();
    if (!record.transformation_id().empty()) out["transformationID"] = record.transformation_id();
    const bool is_forward = direction_ == TraceDirection::kForward;
    const std::string_view from = result_.nodes.key(node.via.from);
    const std::string_view here = result_.nodes.key(id);
    put_amount(record.input_quantities(), is_forward ? from : here, "input", out);
    put_amount(record.output_quantities(), is_forward ? here : from, "output", out);
    put_amount(record.child_quantities(), is_forward ? from : here, "child", out);
    return out;
}

Outcome<object> NodeWriter::node(NodeId id) {
    const TraceNode& node = result_.nodes[id];
    object out;
    if (node.is_visible) {
        out["id"] = result_.nodes.cid(id);
    } else {
        out["ref"] = name_of(id);
        out["type"] = "redacted";
    }
    out["depth"] = node.depth;
    if (node.is_visible) {
        out["state"] = result_.is_current(id, direction_) ? "current" : "historic";
        const Intervals told = result_.told(id, direction_);
        // Times that only others' events tell stay with them.
        if (!node.is_unclear && !told.is_empty()) {
            array intervals;
            for (std::size_t at = 0; at < told.count(); ++at) {
                intervals.push_back(to_json(told[at]));
            }
            const bool is_forward = direction_ == TraceDirection::kForward;
            const std::int64_t reached = is_forward ? told.begin_ns() : node.via.at_ns;
            if (reached != Interval::kNoBegin) out["reachedAt"] = time_text(reached);
            out["intervals"] = std::move(intervals);
        }
    } else {
        auto ask = whom_to_ask(node.owner_id);
        if (!ask) return ask.error();
        out["ask"] = *std::move(ask);
    }
    if (node.is_possible) out["certainty"] = "possible";
    if (id >= result_.starts) {
        auto step = via(id);
        if (!step) return step.error();
        out["via"] = *std::move(step);
    }
    return out;
}

Outcome<array> NodeWriter::path(NodeId id) {
    std::vector<NodeId> trail;
    for (NodeId at = id; at != kNoNode; at = result_.nodes[at].via.from) trail.push_back(at);
    array out;
    for (std::size_t at = trail.size(); at-- > 0;) {
        const TraceNode& node = result_.nodes[trail[at]];
        object step;
        step[node.is_visible ? "id" : "ref"] = name_of(trail[at]);
        if (node.via.from != kNoNode) {
            const bool is_told = node.is_visible && !node.is_unclear;
            step["via"] = is_told ? events::name_of(node.via.kind) : "redacted";
            if (is_told) step["at"] = time_text(node.via.at_ns);
        }
        out.push_back(std::move(step));
    }
    return out;
}

Outcome<TraceAnswer> answer_trace(const Lifecycle& lifecycle, Access& access,
                                  const TraceRequest& request) {
    const registration::Registrar& registrar = lifecycle.registrar;
    const auto settled = lifecycle.log.settled();
    if (!settled) return to_refusal(settled.error());
    KnownAt known{std::min(request.known.last, *settled)};
    const std::uint64_t mark = mark_of(registrar, request);
    std::uint64_t told = 0;
    if (!request.cursor.empty()) {
        const auto cursor = read_cursor(request.cursor);
        if (!cursor || cursor->question != mark) {
            return invalid("cursor", "must be one of an answer to the same question");
        }
        known.last = std::min(known.last, cursor->known);
        told = cursor->told;
    }
    AccessSight sight(access);
    const std::array starts{TraceStart{.cid = std::string(request.cid), .affected = {}}};
    auto result = trace(registrar.store, known, starts, request.question, sight);
    if (!result) return result.error();
    auto stubs = Stubs::of(registrar, request.caller);
    if (!stubs) return stubs.error();
    NodeWriter writer(lifecycle, access, known, *std::move(stubs), *result,
                      request.question.direction);

    TraceAnswer out{.body = {}, .is_visible = result->nodes[0].is_visible};
    out.body["id"] = request.cid;
    const bool is_forward = request.question.direction == TraceDirection::kForward;
    out.body["direction"] = is_forward ? "forward" : "back";
    if (request.question.as_of_ns != INT64_MAX) {
        out.body["asOf"] = time_text(request.question.as_of_ns);
    }
    out.body["depth"] = request.question.depth_max;
    const std::vector<NodeId> order = result->in_order();
    out.body["total"] = order.size();
    out.body["redacted"] = std::ranges::count_if(
        order, [&result](NodeId id) { return !result->nodes[id].is_visible; });
    if (result->cut != TraceResult::Cut::kNothing) {
        out.body["truncated"] = name_of(result->cut);
        if (result->cut == TraceResult::Cut::kNodes) {
            out.body["nodesMax"] = request.question.nodes_max;
        }
    }
    array nodes;
    const std::size_t end =
        std::min<std::size_t>(order.size(), static_cast<std::size_t>(told) + request.count_max);
    for (std::size_t at = std::min<std::size_t>(order.size(), told); at < end; ++at) {
        auto node = writer.node(order[at]);
        if (!node) return node.error();
        nodes.push_back(*std::move(node));
    }
    out.body["nodes"] = std::move(nodes);
    if (end < order.size()) {
        out.body["cursor"] = to_text({known.last, end, mark});
        return out;
    }
    if (!request.with_peers || lifecycle.peers == nullptr) return out;
    std::vector<std::string> cids;
    for (NodeId id = 0; id < result->nodes.size(); ++id) {
        if (result->nodes[id].is_visible || id == 0) cids.push_back(result->nodes.cid(id));
    }
    auto elsewhere = join_elsewhere(lifecycle, access, request, std::move(cids));
    if (!elsewhere) return elsewhere.error();
    for (const boost::json::value& one : *elsewhere) {
        if (one.get_object().contains("nodes")) out.is_visible = true;
    }
    if (!elsewhere->empty()) out.body["elsewhere"] = *std::move(elsewhere);
    return out;
}

}  // namespace idnode::events
