#include "registry/service/directory.h"

#include <utility>

namespace idnode::service {

Result<std::vector<handle::Value>> LocalDirectory::values(std::string_view handle) {
    const auto suffix_case = responsibility_.of(handle);
    if (!suffix_case) {
        return Error{Errc::kUnsupported, std::string(handle) + " lies on another node"};
    }
    std::vector<handle::Value> out;
    bool damaged = false;
    const auto found = store_.read(model::key_of(handle, *suffix_case), model::ReadTier::kAny,
                                   [&](const model::RecordView& record) {
                                       auto values = handle::decode_values(record.values);
                                       damaged = !values;
                                       if (values) out = std::move(*values);
                                   });
    if (!found) return found.error();
    if (damaged)
        return Error{Errc::kDamaged, "the values of " + std::string(handle) + " are damaged"};
    if (*found != model::Lookup::kFound) return Error{Errc::kNotFound, std::string(handle)};
    return out;
}

Result<SecretVerdict> LocalDirectory::ask_about_secret(const handle::VerifyRequest& question,
                                                       handle::Version) {
    return Error{Errc::kUnsupported, std::string(question.user_handle) + " lies on another node"};
}

bool LocalDirectory::is_here(std::string_view handle) {
    return responsibility_.of(handle).has_value();
}

}  // namespace idnode::service
