#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "registry/model/ports.h"

namespace idnode::resolver {

/// A signer that signs the same octets once: it keeps the newest signatures by the digest of what
/// was signed. Below 2.7 a signature covers header and body alone, so every client that asks the
/// same gets the same octets for as long as the expiration stays (`limits::kExpirationStep`); from
/// 2.7 on the request id is signed too, so that only a request that comes again, as over UDP, finds
/// its signature here (§5.6). Thread-safe; signs outside of its lock.
class SignatureCache final : public model::Signer {
  public:
    /// A signature takes about 500 octets with its place in the table; 0 keeps none.
    SignatureCache(std::unique_ptr<model::Signer> signer, const model::Digests& digests,
                   std::size_t signatures_max)
        : signer_(std::move(signer)), digests_(digests), signatures_max_(signatures_max) {}

    Result<Bytes> sign(Hash hash, BytesView data) const override;
    bool is_dsa() const override { return signer_->is_dsa(); }
    const Bytes& public_key() const override { return signer_->public_key(); }

    std::size_t size() const;

  private:
    using Key = std::string;  // which hash, and the digest of what was signed
    struct Kept {
        Key key;
        Bytes signature;
    };
    using Entries = std::list<Kept>;  // the one used last first

    void keep(Key key, const Bytes& signature) const;

    const std::unique_ptr<model::Signer> signer_;
    const model::Digests& digests_;
    const std::size_t signatures_max_;
    mutable std::mutex mutex_;
    mutable Entries entries_;
    mutable std::unordered_map<Key, Entries::iterator> by_key_;
};

}  // namespace idnode::resolver
