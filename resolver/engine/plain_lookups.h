#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/handle/envelope.h"
#include "proto/handle/header.h"
#include "registry/model/identifier.h"
#include "registry/model/ports.h"
#include "registry/service/responsibility.h"
#include "resolver/engine/context.h"

namespace idnode::resolver {

/// The lookups that nearly all are: of everything that everybody may read of one handle of ours,
/// outside of sessions, unsigned. They are recognised a batch at a time, so that the store fetches
/// their records together, and answered in one go from what is in memory, with the octets that
/// `Engine::handle` writes. Whatever else a message is or comes to is left to that. Keeps its
/// buffers; not thread-safe.
class PlainLookups {
  public:
    explicit PlainLookups(const EngineContext& context)
        : context_(context), responsibility_(context.store, context.administration.own_prefix) {}

    static constexpr std::size_t kBatchMax = 64;
    /// `messages`: with their envelopes, nothing of them was checked; at most kBatchMax are looked
    /// at. They are borrowed until the next call.
    void foresee(std::span<const BytesView> messages, const Peer& peer);
    /// Appends the answer to one of these, by its number. False: it is not for here.
    bool answer(std::size_t number, Bytes& out);

  private:
    struct Lookup {
        std::string_view handle;  // as spelled; empty: the message is something else
        std::size_t prefix_bytes = 0;
        model::Key key;
        handle::Envelope envelope;
        handle::Header header;
    };

    bool read(BytesView message, const Peer& peer, Lookup& lookup);
    bool write(const Lookup& lookup, handle::ResponseCode code, std::string_view text,
               BytesView values, Bytes& out) const;

    const EngineContext& context_;
    service::Responsibility responsibility_;
    std::array<Lookup, kBatchMax> lookups_;
    std::size_t count_ = 0;
    std::uint64_t foreseen_at_ = 0;  // version of what is homed
    Carrier carrier_ = Carrier::kUdp;
    std::uint32_t expiration_ = 0;  // of the answers
};

}  // namespace idnode::resolver
