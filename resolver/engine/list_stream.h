#pragma once

#include <memory>
#include <optional>
#include <string>

#include "registry/service/administration.h"
#include "resolver/engine/reply.h"
#include "resolver/engine/stream.h"

namespace idnode::resolver {

/// The answer to a list request as messages of fifty names each, all but the last with the
/// continuous flag (§4.8). However long the list, a few messages are in memory at a time: the peer
/// gets more as it takes them.
class ListStream final : public Stream {
  public:
    /// Keeps copies of what `to` refers to, but for the context and `out`.
    ListStream(const ReplyTo& to, std::unique_ptr<service::NameList> names);

    Next next(BytesView received, Bytes& out) override;

  private:
    /// One message; false: it was the last.
    bool write_message(Bytes& out);

    const EngineContext& context_;
    Bytes header_and_body_;
    handle::MessageView request_;
    const Peer peer_;
    const SessionPtr session_;
    std::unique_ptr<service::NameList> names_;
    std::optional<std::string> ahead_;  // read already: tells whether a message is the last
    bool has_begun_ = false;
};

}  // namespace idnode::resolver
