#pragma once

#include <functional>

#include "resolver/engine/upstream.h"

namespace idnode::tools {

/// Forwarding when no top-level node is configured: none.
class NoUpstream : public resolver::Upstream {
  public:
    bool serves(const resolver::Address&) const override { return false; }
    resolver::UpstreamAnswerPtr cached(const resolver::Question&) override { return nullptr; }
    void ask(resolver::Question, std::function<void(resolver::UpstreamAnswerPtr)> done) override {
        auto answer = std::make_shared<resolver::UpstreamAnswer>();
        answer->code = handle::ResponseCode::kServerNotResponsible;
        done(std::move(answer));
    }
};

}  // namespace idnode::tools
