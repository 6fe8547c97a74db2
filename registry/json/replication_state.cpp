#include "registry/json/replication_state.h"

#include <boost/json/object.hpp>
#include <limits>

#include "registry/json/fields.h"
#include "registry/json/parse.h"

namespace idnode::json {
namespace {

constexpr IntegerRange kInt64Range{std::numeric_limits<std::int64_t>::min(),
                                   std::numeric_limits<std::int64_t>::max()};

Result<std::uint64_t> read_number(const boost::json::object& object, std::string_view name,
                                  const Place& place) {
    const auto member = require(object, name, place);
    if (!member) return member.error();
    const auto number = read_integer(**member, place.member(name), kInt64Range);
    if (!number) return number.error();
    return static_cast<std::uint64_t>(*number);
}

}  // namespace

Result<std::optional<handle::SourcePosition>> read_queue_position(std::string_view text,
                                                                  std::string_view queue) {
    const Place place;
    const auto value = parse(text);
    if (!value) return value.error();
    const auto state = read_object(*value, place);
    if (!state) return state.error();
    const auto states = require(**state, "replicationServerStates", place);
    if (!states) return states.error();
    const auto queues = read_object(**states, place.member("replicationServerStates"));
    if (!queues) return queues.error();
    const boost::json::value* found = (*queues)->if_contains(queue);
    if (found == nullptr) return std::optional<handle::SourcePosition>{};
    const auto position = read_object(*found, place.member(queue));
    if (!position) return position.error();
    const auto last = read_number(**position, "lastTxnId", place);
    if (!last) return last.error();
    const auto time = read_number(**position, "lastTimestamp", place);
    if (!time) return time.error();
    return std::optional(handle::SourcePosition{*last, *time});
}

}  // namespace idnode::json
