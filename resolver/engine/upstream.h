#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/handle/header.h"

/// The engine's side of forwarding: what is asked of a top-level node and what comes back. The work
/// is done behind `Upstream` (resolver/forward).
namespace idnode::resolver {

/// An IPv6 address, or an IPv4 one as ::ffff:a.b.c.d.
using Address = std::array<std::byte, 16>;
struct AddressHash {
    std::size_t operator()(const Address& address) const {
        return std::hash<std::string_view>{}(as_text(address));
    }
};

/// A resolution that this node is not responsible for.
struct Question {
    std::string handle;  // as the client spelled it
    std::vector<std::int32_t> indexes;
    std::vector<std::string> types;
    std::uint32_t flags = 0;           // of the client's header
    std::uint8_t recursion_count = 0;  // of the client's header; the upstream gets one more
};

/// An answer without the parts that belong to one client (handle spelling, ids, digest).
struct UpstreamAnswer {
    handle::ResponseCode code = handle::ResponseCode::kError;
    /// kSuccess: the `VALUES` section. Referrals: the whole body after the digest. Errors: the
    /// message text.
    Bytes content;
    bool authoritative = false;  // came straight from a server of a primary site
};
using UpstreamAnswerPtr = std::shared_ptr<const UpstreamAnswer>;

/// Thread-safe.
class Upstream {
  public:
    virtual ~Upstream() = default;
    /// Whether clients at `client` may have questions forwarded. False too when nothing is
    /// configured.
    virtual bool serves(const Address& client) const = 0;
    /// An answer that is still fresh; null when there is none. Never blocks for long, never asks.
    virtual UpstreamAnswerPtr cached(const Question& question) = 0;
    /// Asks; `done` is called exactly once, on a thread of the upstream's own, always with an
    /// answer: when nobody answered in time it is an error with its text. Never blocks. During
    /// shutdown `done` is called with RC 3.
    virtual void ask(Question question, std::function<void(UpstreamAnswerPtr)> done) = 0;
};

}  // namespace idnode::resolver
