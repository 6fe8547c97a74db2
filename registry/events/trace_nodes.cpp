#include "registry/events/trace_nodes.h"

#include <functional>

#include "proto/schemes/canonical.h"

namespace idnode::events {

std::string TraceNodes::cid(NodeId id) const {
    if (const auto spelt = spellings_.find(id); spelt != spellings_.end()) return spelt->second;
    return schemes::cid_of_key(key(id)).value_or(std::string());
}

std::size_t TraceNodes::slot_of(std::string_view key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = std::hash<std::string_view>{}(key)&mask;
    while (slots_[slot] != kNoNode && this->key(slots_[slot]) != key) slot = (slot + 1) & mask;
    return slot;
}

std::optional<NodeId> TraceNodes::find(std::string_view key) const {
    const NodeId found = slots_[slot_of(key)];
    return found == kNoNode ? std::nullopt : std::optional(found);
}

NodeId TraceNodes::take(std::string_view cid, std::string_view key) {
    std::size_t slot = slot_of(key);
    if (slots_[slot] == kNoNode) {
        if (2 * (nodes_.size() + 1) > slots_.size()) {
            grow();
            slot = slot_of(key);
        }
        slots_[slot] = static_cast<NodeId>(nodes_.size());
        nodes_.push_back(
            {.key_begin = keys_.size(), .key_bytes = static_cast<std::uint16_t>(key.size())});
        keys_ += key;
        if (schemes::cid_of_key(key) != cid) spellings_.emplace(slots_[slot], cid);
    } else if (const auto spelt = spellings_.find(slots_[slot]);
               spelt != spellings_.end() && cid < spelt->second) {
        spelt->second = cid;
    }
    return slots_[slot];
}

void TraceNodes::grow() {
    slots_.assign(2 * slots_.size(), kNoNode);
    for (NodeId id = 0; id < nodes_.size(); ++id) slots_[slot_of(key(id))] = id;
}

}  // namespace idnode::events
