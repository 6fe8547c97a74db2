#include "tools/own_site.h"

#include <algorithm>
#include <utility>

#include "registry/model/identifier.h"
#include "registry/model/record.h"
#include "tools/prefix_record.h"

namespace idnode::tools {
namespace {

/// As `idnode init` makes it.
bool is_from_init(const handle::Value& value) {
    if (value.index != kSiteIndex || value.type != "HS_SITE") return false;
    const auto site = handle::decode_site(value.data);
    return site && site->primary && !site->multi_primary && site->servers.size() == 1 &&
           site->servers.front().id == 1;
}

}  // namespace

Result<bool> renew_own_site(model::RecordStore& store, const std::string& prefix,
                            const handle::Site& site) {
    if (!site.primary) return false;  // a mirror changes nothing of its own accord
    const std::string own = model::prefix_handle_of(prefix);
    model::Edit edit;
    edit.handle = own;
    std::vector<handle::Value> values;
    const auto found = store.read(
        model::key_of(own, edit.suffix_case), model::ReadTier::kAny,
        [&](const model::RecordView& record) {
            edit.expected_version = record.version;
            values = handle::decode_values(record.values).value_or(std::vector<handle::Value>{});
        });
    if (!found) return found.error();
    const auto stored = std::ranges::find_if(values, is_from_init);
    Bytes current = handle::encode_site(site);
    if (stored == values.end() || stored->data == current) return false;
    stored->data = std::move(current);
    auto encoded = model::encode_record_values({own, std::move(values)});
    if (!encoded) return encoded.error();
    edit.values = std::move(*encoded);
    const auto committed = store.commit({"idnoded", {std::move(edit)}});
    if (!committed) return committed.error();
    return true;
}

}  // namespace idnode::tools
