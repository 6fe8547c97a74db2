#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "proto/base/bytes.h"
#include "registry/model/ports.h"
#include "resolver/engine/context.h"
#include "resolver/engine/upstream.h"

/// What an engine needs besides a store, where only the engine is looked at: nothing is signed,
/// asked elsewhere or told.
namespace idnode::testing {

/// The same octets in every run, so that a finding comes again.
class CountingEntropy final : public model::Entropy {
  public:
    void fill(std::span<std::byte> out) override {
        for (std::byte& octet : out) octet = static_cast<std::byte>(++count_);
    }

  private:
    std::uint8_t count_ = 0;
};

class EmptySigner final : public model::Signer {
  public:
    Result<Bytes> sign(Hash, BytesView) const override { return Bytes(256); }
    bool is_dsa() const override { return false; }
    const Bytes& public_key() const override { return key_; }

  private:
    Bytes key_;
};

class NoUpstream final : public resolver::Upstream {
  public:
    bool serves(const resolver::Address&) const override { return true; }
    resolver::UpstreamAnswerPtr cached(const resolver::Question&) override { return nullptr; }
    void ask(resolver::Question, std::function<void(resolver::UpstreamAnswerPtr)>) override {}
};

class NoStatus final : public resolver::StatusSource {
  public:
    std::vector<handle::Value> values() const override { return {}; }
};

}  // namespace idnode::testing
