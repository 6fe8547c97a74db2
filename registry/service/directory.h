#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "proto/base/result.h"
#include "proto/handle/challenge.h"
#include "proto/handle/header.h"
#include "proto/handle/value.h"
#include "registry/model/ports.h"
#include "registry/service/responsibility.h"

namespace idnode::service {

/// What the node that keeps a secret says of an answer (§5.4).
struct SecretVerdict {
    bool is_valid = false;
    /// What the node speaks: an older one does not know the newer forms of answers.
    handle::Version version = handle::kOwnVersion;
};

/// Where the rules read other records: administrators of prefixes, groups, keys. What lies here is
/// read with full rights; the rest is asked of the responsible node. May block on disk and network.
class Directory {
  public:
    virtual ~Directory() = default;

    /// All values of a record here, restricted ones too; the certified public ones of one
    /// elsewhere. kNotFound: no such record. kUnavailable, kTimeout: its node did not answer.
    /// kUnsupported: other nodes are not asked.
    virtual Result<std::vector<handle::Value>> values(std::string_view handle) = 0;
    /// Whether secret keys of this handle can be read here; elsewhere only their node can check.
    virtual bool is_here(std::string_view handle) = 0;
    /// Whether an answer proves a secret key that another node keeps (§5.4); `version`: of the
    /// answer.
    virtual Result<SecretVerdict> ask_about_secret(const handle::VerifyRequest& question,
                                                   handle::Version version) = 0;
};

/// The directory of a node that asks nobody: only its own records.
class LocalDirectory : public Directory {
  public:
    LocalDirectory(const model::RecordStore& store, std::string own_prefix)
        : store_(store), responsibility_(store, std::move(own_prefix)) {}
    Result<std::vector<handle::Value>> values(std::string_view handle) override;
    bool is_here(std::string_view handle) override;
    Result<SecretVerdict> ask_about_secret(const handle::VerifyRequest& question,
                                           handle::Version version) override;

  private:
    const model::RecordStore& store_;
    Responsibility responsibility_;
};

}  // namespace idnode::service
