#include "tools/prefix_record.h"

#include <array>
#include <utility>

#include "proto/handle/admin.h"
#include "proto/handle/vlist.h"
#include "registry/model/identifier.h"

namespace idnode::tools {
namespace {

constexpr std::int32_t kAdminIndex = 100;
constexpr std::uint32_t kGroupIndex = 200;

handle::Value value_of(std::int32_t index, std::string type, Bytes data) {
    handle::Value out;
    out.index = index;
    out.type = std::move(type);
    out.data = std::move(data);
    return out;
}

}  // namespace

model::Record make_prefix_record(const PrefixFacts& facts) {
    const std::string own = model::prefix_handle_of(facts.prefix);
    const std::array members{handle::Reference{own, kAdminKeyIndex},
                             handle::Reference{own, kAdminSecretIndex}};
    const handle::Admin admin{.administrator = {own, kGroupIndex}};
    model::Record out{own, {}};
    out.values.push_back(value_of(kSiteIndex, "HS_SITE", handle::encode_site(facts.site)));
    out.values.push_back(value_of(kAdminIndex, "HS_ADMIN", handle::encode_admin(admin)));
    out.values.push_back(value_of(kGroupIndex, "HS_VLIST", handle::encode_vlist(members)));
    out.values.push_back(value_of(kAdminKeyIndex, "HS_PUBKEY", facts.admin_public_key));
    handle::Value secret = value_of(kAdminSecretIndex, "HS_SECKEY", to_bytes(facts.admin_secret));
    secret.permissions = handle::permission::kAdminRead | handle::permission::kAdminWrite;
    out.values.push_back(std::move(secret));
    return out;
}

}  // namespace idnode::tools
