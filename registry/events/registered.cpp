#include "registry/events/registered.h"

#include "registry/model/identifier.h"

namespace idnode::events {

std::string_view handle_of(std::string_view cid) {
    constexpr std::string_view kHandles = "hdl:";
    return cid.starts_with(kHandles) ? cid.substr(kHandles.size()) : std::string_view{};
}

Result<std::optional<registration::PastRecord>> find_record(const model::RecordStore& store,
                                                            std::string_view cid) {
    std::optional<registration::PastRecord> out;
    const std::string_view handle = handle_of(cid);
    if (handle.empty()) return out;
    const std::string prefix = model::prefix_handle_of(model::split_handle(handle).prefix);
    const auto suffix_case = store.prefixes().current()->find(prefix);
    if (!suffix_case) return out;
    const auto found =
        store.read(model::key_of(handle, *suffix_case), model::ReadTier::kAny,
                   [&](const model::RecordView& view) { out = registration::to_past(view); });
    if (!found) return found.error();
    return out;
}

}  // namespace idnode::events
