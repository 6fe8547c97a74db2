#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "proto/base/limits.h"
#include "proto/handle/challenge.h"
#include "registry/service/directory.h"

namespace idnode::resolver {

using Deadline = std::chrono::steady_clock::time_point;

/// Administrators, groups and keys whose records lie on other nodes (§5.4, §5.5). Thread-safe;
/// blocks until the deadline at most.
class RemoteIdentities {
  public:
    virtual ~RemoteIdentities() = default;

    /// The public values that say who may do what: administrators, groups, public keys. kNotFound:
    /// no such record; kUnavailable, kTimeout: nobody told us.
    virtual Result<std::vector<handle::Value>> values(std::string_view handle,
                                                      Deadline deadline) = 0;
    /// Operation 201: has the node that keeps the secret say whether an answer proves it. Anything
    /// but its signed word is an error.
    virtual Result<service::SecretVerdict> ask_about_secret(const handle::VerifyRequest& question,
                                                            handle::Version version,
                                                            Deadline deadline) = 0;
};

/// What the rules read of other records: here with full rights, elsewhere through
/// `RemoteIdentities`. One request may wait `limits::kRemoteTime` for other nodes in all, however
/// many groups it leads to. Not thread-safe.
class NodeDirectory final : public service::LocalDirectory {
  public:
    /// `remote` null: identities of other nodes are nobody's.
    NodeDirectory(const model::RecordStore& store, std::string own_prefix, RemoteIdentities* remote)
        : LocalDirectory(store, std::move(own_prefix)), remote_(remote) {}

    /// The time for other nodes begins anew, when the first of them is asked: most requests need
    /// none.
    void begin_request() { deadline_.reset(); }

    Result<std::vector<handle::Value>> values(std::string_view handle) override {
        if (remote_ == nullptr || is_here(handle)) return LocalDirectory::values(handle);
        return remote_->values(handle, deadline());
    }
    Result<service::SecretVerdict> ask_about_secret(const handle::VerifyRequest& question,
                                                    handle::Version version) override {
        if (remote_ == nullptr) return LocalDirectory::ask_about_secret(question, version);
        return remote_->ask_about_secret(question, version, deadline());
    }

  private:
    Deadline deadline() {
        if (!deadline_) deadline_ = std::chrono::steady_clock::now() + limits::kRemoteTime;
        return *deadline_;
    }

    RemoteIdentities* remote_;
    std::optional<Deadline> deadline_;
};

}  // namespace idnode::resolver
