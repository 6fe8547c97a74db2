#include "registry/events/follower.h"

#include <algorithm>
#include <utility>

#include "registry/registration/objects.h"

namespace idnode::events {

using registration::Outcome;

Outcome<Followed> follow_events(const model::RecordStore& store, const Query& query, Access& access,
                                const EventKey& position, const EventKey& until,
                                const FollowLimits& limits) {
    Followed out{.events = {}, .position = position};
    const auto cursor = store.walk_objects(model::Table::kEvents);
    EventKey from = position;
    ++from.sequence;
    std::size_t bytes = 0;
    auto there = cursor->seek(to_key(from));
    out.is_at_end = true;
    for (std::size_t looked_at = 0; there && *there; there = cursor->next(), ++looked_at) {
        const auto key = read_event_key(cursor->key());
        if (!key) return registration::damaged_object();
        if (*key > until) break;
        if (out.events.size() == limits.events || bytes >= limits.bytes ||
            looked_at == limits.looked_at) {
            out.is_at_end = false;
            break;
        }
        auto stored = read_event(store, *key, cursor->value());
        if (!stored) return registration::to_refusal(stored.error());
        v1::EventRecord& record = *stored;
        if (record.label().level() < v1::DATA_LEVEL_CORE && query.matches(record)) {
            const auto readable = access.may_read(record);
            if (!readable) return readable.error();
            if (*readable) {
                bytes += record.ByteSizeLong();
                out.events.push_back({*key, std::move(record)});
            }
        }
        out.position = *key;
    }
    if (!there) return registration::to_refusal(there.error());
    if (out.is_at_end) out.position = std::max(position, until);
    if (auto settled = access.settle(); !settled) return settled.error();
    return out;
}

}  // namespace idnode::events
