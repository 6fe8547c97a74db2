#include "resolver/engine/signature_cache.h"

#include <utility>

namespace idnode::resolver {

Result<Bytes> SignatureCache::sign(Hash hash, BytesView data) const {
    if (signatures_max_ == 0) return signer_->sign(hash, data);
    Key key(1, static_cast<char>(hash));
    key += as_text(digests_.sha256(data));
    {
        const std::scoped_lock lock(mutex_);
        const auto at = by_key_.find(key);
        if (at != by_key_.end()) {
            entries_.splice(entries_.begin(), entries_, at->second);
            return at->second->signature;
        }
    }
    auto signature = signer_->sign(hash, data);
    if (signature) keep(std::move(key), *signature);
    return signature;
}

void SignatureCache::keep(Key key, const Bytes& signature) const {
    const std::scoped_lock lock(mutex_);
    if (by_key_.contains(key)) return;  // another thread was faster
    if (entries_.size() >= signatures_max_) {
        by_key_.erase(entries_.back().key);
        entries_.pop_back();
    }
    entries_.push_front({key, signature});
    by_key_.emplace(std::move(key), entries_.begin());
}

std::size_t SignatureCache::size() const {
    const std::scoped_lock lock(mutex_);
    return entries_.size();
}

}  // namespace idnode::resolver
