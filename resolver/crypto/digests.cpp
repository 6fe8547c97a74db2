#include "resolver/crypto/digests.h"

#include <openssl/rand.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "proto/base/assert.h"
#include "resolver/crypto/openssl.h"

namespace idnode::crypto {
namespace {

using Algorithm = Owned<EVP_MD, EVP_MD_free>;

Algorithm fetch(const char* name) {
    Algorithm algorithm(EVP_MD_fetch(nullptr, name, nullptr));
    if (!algorithm) {
        throw std::runtime_error(std::string("OpenSSL offers no ") + name +
                                 ", which the Handle protocol needs: check openssl.cnf");
    }
    return algorithm;
}

EVP_MD_CTX* context_of_this_thread() {
    thread_local const DigestContext context(EVP_MD_CTX_new());
    IDNODE_ASSERT(context != nullptr);
    return context.get();
}

class OpensslDigests final : public model::Digests {
  public:
    std::array<std::byte, 16> md5(BytesView data) const override { return digest<16>(*md5_, data); }
    std::array<std::byte, 20> sha1(BytesView data) const override {
        return digest<20>(*sha1_, data);
    }
    std::array<std::byte, 32> sha256(BytesView data) const override {
        return digest<32>(*sha256_, data);
    }

  private:
    template <std::size_t kSize>
    static std::array<std::byte, kSize> digest(const EVP_MD& algorithm, BytesView data) {
        std::array<std::byte, kSize> out{};
        EVP_MD_CTX* context = context_of_this_thread();
        unsigned size = 0;
        const bool done =
            EVP_DigestInit_ex2(context, &algorithm, nullptr) == 1 &&
            EVP_DigestUpdate(context, data.data(), data.size()) == 1 &&
            EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(out.data()), &size) == 1;
        IDNODE_ASSERT(done && size == kSize);
        return out;
    }

    Algorithm md5_ = fetch("MD5");
    Algorithm sha1_ = fetch("SHA1");
    Algorithm sha256_ = fetch("SHA256");
};

class OpensslEntropy final : public model::Entropy {
  public:
    void fill(std::span<std::byte> out) override {
        while (!out.empty()) {
            const std::size_t size =
                std::min<std::size_t>(out.size(), std::numeric_limits<int>::max());
            const int filled =
                RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(size));
            IDNODE_ASSERT(filled == 1);
            out = out.subspan(size);
        }
    }
};

}  // namespace

std::unique_ptr<model::Digests> make_digests() {
    return std::make_unique<OpensslDigests>();
}

std::unique_ptr<model::Entropy> make_entropy() {
    return std::make_unique<OpensslEntropy>();
}

}  // namespace idnode::crypto
