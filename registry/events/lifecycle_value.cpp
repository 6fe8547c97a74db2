#include "registry/events/lifecycle_value.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "proto/schemes/text.h"
#include "registry/events/access.h"
#include "registry/events/state.h"

namespace idnode::events {

namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

void put(boost::json::object& out, std::string_view name, const std::optional<Said>& said) {
    if (said) out[name] = said->value;
}

std::string json_of(const State& state, const Links& links) {
    boost::json::object out;
    put(out, "stage", state.stage);
    put(out, "disposition", state.disposition);
    if (!state.persistent.empty()) {
        boost::json::array& list = out["persistentDisposition"].emplace_array();
        for (const std::string& word : state.persistent) list.emplace_back(word);
    }
    if (state.existence != Existence::kUnknown) out["existence"] = name_of(state.existence);
    put(out, "place", state.biz_location ? state.biz_location : state.read_point);
    if (!state.parents.empty()) out["parent"] = state.parents.back().cid;
    out["events"] = links.events;
    out["history"] = links.history;
    out["trace"] = links.trace;
    return boost::json::serialize(out);
}

}  // namespace

Links links_of(const Terms& terms, std::string_view cid) {
    std::string id;
    schemes::append_encoded(cid, id);
    return {.events = terms.base_url + "/epcs/" + id + "/events",
            .history = terms.base_url + "/idn/v1/history?id=" + id,
            .trace = terms.base_url + "/idn/v1/trace?direction=back&id=" + id,
            .passport = terms.base_url + "/idn/v1/passport?id=" + id};
}

Result<std::optional<LifecycleValues::Shown>> LifecycleValues::show(std::string_view handle) const {
    const std::string cid = "hdl:" + std::string(handle);
    Access nobody(lifecycle_.registrar, std::nullopt);
    const auto state = read_state(lifecycle_, nobody, {.cid = cid, .with_contents = false});
    if (!state) return Error{Errc::kStorage, state.error().message};
    if (!state->is_known()) return std::optional<Shown>{};
    return std::optional(
        Shown{.json = json_of(*state, links_of(lifecycle_.terms, cid)),
              .timestamp = static_cast<std::uint32_t>(*state->last_event_ns / kNsPerSecond)});
}

}  // namespace idnode::events
