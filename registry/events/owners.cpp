#include "registry/events/owners.h"

#include "proto/base/text.h"
#include "proto/idnode/v1/prefix.pb.h"
#include "proto/schemes/company_prefix.h"
#include "registry/events/authorities.h"
#include "registry/model/identifier.h"
#include "registry/registration/objects.h"

namespace idnode::events {

using registration::Outcome;

namespace {

constexpr std::string_view kHandle = "hdl:";

}  // namespace

std::string handle_prefix_of(std::string_view cid) {
    if (!cid.starts_with(kHandle)) return {};
    return fold_ascii(model::split_handle(cid.substr(kHandle.size())).prefix);
}

Outcome<std::uint64_t> Owners::of(std::string_view cid) {
    if (const auto digits = schemes::gs1_company_digits(cid)) return of_company(*digits);
    const std::string prefix = handle_prefix_of(cid);
    if (prefix.empty()) return std::uint64_t{0};
    if (const auto at = by_prefix_.find(prefix); at != by_prefix_.end()) return at->second;
    const auto found =
        registration::find<v1::Prefix>(registrar_.store, model::Table::kPrefixes, prefix);
    if (!found) return found.error();
    const std::uint64_t owner = *found ? (*found)->enterprise_id() : 0;
    by_prefix_.emplace(prefix, owner);
    return owner;
}

Outcome<std::uint64_t> Owners::of_company(std::string_view digits) {
    if (const auto at = by_company_.find(digits); at != by_company_.end()) return at->second;
    const auto owner = Authorities(registrar_).of_company(digits);
    if (owner) by_company_.emplace(digits, *owner);
    return owner;
}

}  // namespace idnode::events
