#include "registry/events/peer_tokens.h"

#include "proto/base/bytes.h"
#include "proto/base/text.h"
#include "registry/events/owners.h"
#include "registry/registration/objects.h"

namespace idnode::events {

using model::Table;
using registration::Actor;
using registration::Code;
using registration::Outcome;
using registration::Refusal;

namespace {

constexpr std::string_view kSeal = "peer token";
constexpr std::size_t kTokenBytesMax = 4'096;
constexpr std::size_t kUrlBytesMax = 2'048;
constexpr std::size_t kPrefixBytesMax = 255;
constexpr std::size_t kPrefixesMax = 1'000;

std::string key_of(const Actor& actor, std::string_view prefix) {
    return registration::number_key(actor.enterprise_id) + fold_ascii(prefix);
}

Outcome<void> require_administrator(const Actor& actor) {
    if (actor.enterprise_id != 0 && actor.role == v1::ROLE_ENTERPRISE_ADMINISTRATOR) {
        return require(actor, v1::SCOPE_EVENTS_WRITE);
    }
    return Refusal{.code = Code::kNotAllowed,
                   .message = "tokens for other nodes are kept by administrators of an enterprise"};
}

/// What a header field can carry.
bool is_token(std::string_view text) {
    if (text.empty() || text.size() > kTokenBytesMax) return false;
    for (const char c : text) {
        if (c <= ' ' || c >= 0x7F) return false;
    }
    return true;
}

}  // namespace

Outcome<void> PeerTokens::put(const Actor& actor, std::string_view prefix,
                              const PeerCredential& credential) {
    if (auto may = require_administrator(actor); !may) return may;
    const bool is_prefix = !prefix.empty() && prefix.size() <= kPrefixBytesMax && is_utf8(prefix) &&
                           prefix.find('/') == std::string_view::npos;
    if (!is_prefix) return registration::invalid("prefix", "must be a prefix, as 88.200");
    const bool is_url =
        credential.url.starts_with("https://") || credential.url.starts_with("http://");
    if (!is_url || credential.url.size() > kUrlBytesMax || credential.url.ends_with('/')) {
        return registration::invalid(
            "url", "must be that of the node's HTTP interface, without slash at the end");
    }
    if (!is_token(credential.token)) {
        return registration::invalid("token", "must be 1 to 4096 visible characters of ASCII");
    }
    // No URL has a line end.
    const auto sealed =
        registrar_.seal.close(as_bytes_view(credential.url + '\n' + credential.token), kSeal);
    if (!sealed) return registration::to_refusal(sealed.error());
    model::Change change = registration::change_by(actor);
    change.objects.push_back({Table::kPeerTokens, key_of(actor, prefix), *sealed, {}});
    const auto done = registration::commit(registrar_.store, change);
    if (!done) return done.error();
    return {};
}

Outcome<void> PeerTokens::drop(const Actor& actor, std::string_view prefix) {
    if (auto may = require_administrator(actor); !may) return may;
    model::Change change = registration::change_by(actor);
    change.objects.push_back({Table::kPeerTokens, key_of(actor, prefix), {}, {}});
    const auto done = registration::commit(registrar_.store, change);
    if (!done) return done.error();
    return {};
}

Outcome<std::vector<std::string>> PeerTokens::prefixes(const Actor& actor) {
    if (auto may = require_administrator(actor); !may) return may.error();
    const std::string beginning = registration::number_key(actor.enterprise_id);
    const auto stored =
        registrar_.store.scan_objects(Table::kPeerTokens, beginning, {}, kPrefixesMax);
    if (!stored) return registration::to_refusal(stored.error());
    std::vector<std::string> out;
    for (const model::StoredObject& one : *stored) out.push_back(one.key.substr(beginning.size()));
    return out;
}

Outcome<std::optional<PeerCredential>> PeerTokens::find(const std::optional<Actor>& actor,
                                                        std::string_view cid) const {
    std::optional<PeerCredential> none;
    if (!actor || actor->enterprise_id == 0) return none;
    std::string prefix = handle_prefix_of(cid);
    while (!prefix.empty()) {
        const auto stored =
            registration::read_stored(registrar_.store, Table::kPeerTokens, key_of(*actor, prefix));
        if (!stored) return stored.error();
        if (*stored) {
            const auto opened = registrar_.seal.open((*stored)->value, kSeal);
            if (!opened) return registration::to_refusal(opened.error());
            const std::string_view text = as_text(*opened);
            const std::size_t end = text.find('\n');
            return std::optional(PeerCredential{.url = std::string(text.substr(0, end)),
                                                .token = std::string(text.substr(end + 1))});
        }
        const std::size_t dot = prefix.rfind('.');
        prefix.resize(dot == std::string::npos ? 0 : dot);
    }
    return none;
}

}  // namespace idnode::events
