#include "registry/events/stubs.h"

#include <array>
#include <utility>

#include "proto/base/hex.h"
#include "registry/registration/objects.h"

namespace idnode::events {

using model::Table;
using registration::Outcome;
using registration::to_refusal;

namespace {

constexpr std::string_view kKeyName = "trace-stubs";
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kBlockBytes = 64;  // of SHA-256
constexpr std::size_t kNameBytes = 16;

/// RFC 2104.
std::array<std::byte, 32> hmac_sha256(const model::Digests& digests, BytesView key,
                                      BytesView message) {
    Bytes inner(kBlockBytes, std::byte{0x36});
    Bytes outer(kBlockBytes, std::byte{0x5C});
    for (std::size_t at = 0; at < key.size(); ++at) {
        inner[at] ^= key[at];
        outer[at] ^= key[at];
    }
    inner.insert(inner.end(), message.begin(), message.end());
    const auto digest = digests.sha256(inner);
    outer.insert(outer.end(), digest.begin(), digest.end());
    return digests.sha256(outer);
}

Outcome<Bytes> stored_key(const registration::Registrar& registrar) {
    const auto stored = registration::read_stored(registrar.store, Table::kCounters, kKeyName);
    if (!stored) return stored.error();
    if (!*stored) return Bytes{};
    auto key = registrar.seal.open((*stored)->value, kKeyName);
    if (!key) return to_refusal(key.error());
    return *std::move(key);
}

}  // namespace

Outcome<Stubs> Stubs::of(const registration::Registrar& registrar, std::string caller) {
    auto key = stored_key(registrar);
    if (!key) return key.error();
    if (key->empty()) {
        Bytes made(kKeyBytes);
        registrar.entropy.fill(made);
        auto sealed = registrar.seal.close(made, kKeyName);
        if (!sealed) return to_refusal(sealed.error());
        model::Change change;
        change.objects.push_back({Table::kCounters, std::string(kKeyName), *std::move(sealed), 0});
        // Somebody else may have made one meanwhile: then that is the key.
        const auto committed = registrar.store.commit(change);
        if (!committed && committed.error().code != Errc::kConflict) {
            return to_refusal(committed.error());
        }
        key = stored_key(registrar);
        if (!key) return key.error();
    }
    return Stubs(registrar.digests, *std::move(key), std::move(caller));
}

std::string Stubs::name_of(std::string_view canonical_key) const {
    std::string message = caller_;
    message += '\0';
    message += canonical_key;
    const auto digest = hmac_sha256(*digests_, key_, as_bytes_view(message));
    return "r-" + to_hex(BytesView(digest).first(kNameBytes));
}

}  // namespace idnode::events
