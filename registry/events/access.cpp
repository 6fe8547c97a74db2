#include "registry/events/access.h"

#include "registry/events/event_keys.h"

namespace idnode::events {

using registration::Outcome;

Thing thing_of(const v1::EventRecord& record, std::span<const std::string_view> cids) {
    return {.enterprise_id = record.enterprise_id(),
            .visibility = record.label().visibility(),
            .level = record.label().level(),
            .type = record.type(),
            .biz_step = record.biz_step(),
            .cids = cids};
}

Outcome<bool> Access::may_read(const Thing& thing) {
    const bool is_general = thing.level <= v1::DATA_LEVEL_GENERAL;
    if (thing.visibility == v1::VISIBILITY_PUBLIC && is_general) return true;
    if (!actor_) return false;
    if (actor_->enterprise_id != 0 && actor_->enterprise_id == thing.enterprise_id) return true;
    // Who works for the node itself sees what every enterprise says, but for its core.
    return actor_->reaches(thing.enterprise_id) && thing.level < v1::DATA_LEVEL_CORE;
}

Outcome<bool> Access::may_read(const v1::EventRecord& record) {
    std::vector<std::string_view> cids;
    for (const Touched& one : touched_by(record)) cids.push_back(one.cid);
    return may_read(thing_of(record, cids));
}

}  // namespace idnode::events
