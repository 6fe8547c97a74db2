#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>

#include "proto/base/bytes.h"

namespace idnode::test {

/// A copy in a heap block of exactly its size: the address sanitizer sees one octet too far.
class Exact {
  public:
    explicit Exact(BytesView octets)
        : block_(std::make_unique<std::byte[]>(octets.size())), size_(octets.size()) {
        std::copy(octets.begin(), octets.end(), block_.get());
    }
    BytesView view() const { return {block_.get(), size_}; }

  private:
    std::unique_ptr<std::byte[]> block_;
    std::size_t size_;
};

enum class Longer : bool { kRefused, kAllowed };

/// Reads `octets` with `decode` from a block of exactly their size, hands the result to `encode`,
/// and expects the same octets; expects every shorter prefix, and one octet more where that is an
/// error, to be refused.
template <class Decode, class Encode>
void check_exact(BytesView octets, Decode decode, Encode encode, Longer longer = Longer::kRefused) {
    const Exact whole(octets);
    const auto decoded = decode(whole.view());
    REQUIRE(decoded.has_value());
    const Bytes again = encode(*decoded);
    CHECK(same_octets(again, octets));

    std::size_t accepted = 0;
    for (std::size_t size = 0; size < octets.size(); ++size) {
        const Exact prefix(octets.first(size));
        if (decode(prefix.view()).has_value()) ++accepted;
    }
    CHECK(accepted == 0);

    Bytes more(octets.begin(), octets.end());
    more.push_back(std::byte{0});
    CHECK(decode(Exact(more).view()).has_value() == (longer == Longer::kAllowed));
}

}  // namespace idnode::test
