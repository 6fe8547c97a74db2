#include "registry/service/delegation.h"

#include <cstddef>

#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/handle/value.h"
#include "registry/service/values.h"

namespace idnode::service {

namespace {

bool is_delegation(std::string_view type) {
    return equal_folded(type, "HS_SITE.PREFIX") || equal_folded(type, "HS_NA_DELEGATE") ||
           equal_folded(type, "HS_SERV.PREFIX");
}

}  // namespace

Result<model::Lookup> write_delegation(const model::RecordStore& store, std::string_view prefix,
                                       model::ReadTier tier, model::Key& key, ByteWriter& out) {
    const std::size_t begin = out.at();
    auto ancestor = model::parent_prefix(prefix);
    for (std::size_t depth = 0; ancestor && depth < limits::kDelegationDepthMax; ++depth) {
        std::uint32_t sites = 0;
        model::write_key(*ancestor, model::SuffixCase::kFold, key);
        const auto found = store.read(key, tier, [&](const model::RecordView& record) {
            sites = write_values(record.values, out, [](const handle::ValueView& value) {
                return value.is_public() && is_delegation(value.type);
            });
        });
        if (!found) return found.error();
        if (*found == model::Lookup::kNotInMemory || sites > 0) return *found;
        out.cut(begin);
        ancestor = model::parent_prefix(*ancestor);
    }
    return model::Lookup::kNotFound;
}

}  // namespace idnode::service
