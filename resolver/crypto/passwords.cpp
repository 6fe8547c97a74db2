#include "resolver/crypto/passwords.h"

#include <openssl/crypto.h>
#include <openssl/kdf.h>

#include <array>
#include <charconv>
#include <optional>
#include <semaphore>
#include <utility>

#include "proto/base/hex.h"
#include "resolver/crypto/hashing.h"
#include "resolver/crypto/openssl.h"

namespace idnode::crypto {
namespace {

using KdfContext = Owned<EVP_KDF_CTX, EVP_KDF_CTX_free>;
using Kdf = Owned<EVP_KDF, EVP_KDF_free>;

constexpr std::string_view kScheme = "scrypt";
constexpr std::ptrdiff_t kAtOnceMax = 4;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kSealKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

/// Cost of a guess; stored with each hash, so that it can rise.
struct Cost {
    std::uint64_t n = 1U << 15U;
    std::uint32_t r = 8;
    std::uint32_t p = 1;
};
// A damaged store must not make one check take all memory.
constexpr std::uint64_t kNMax = 1U << 20U;
constexpr std::uint32_t kRMax = 32;
constexpr std::uint32_t kPMax = 16;
constexpr std::uint64_t kMemoryBytesMax = 1ULL << 30U;

Result<Bytes> derive(const char* algorithm, std::span<const OSSL_PARAM> parameters,
                     std::size_t size) {
    const Kdf kdf(EVP_KDF_fetch(nullptr, algorithm, nullptr));
    const KdfContext context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
    Bytes out(size);
    if (!context ||
        EVP_KDF_derive(context.get(), octets_of(out), out.size(), parameters.data()) != 1) {
        return openssl_error(Errc::kInternal, algorithm);
    }
    return out;
}

// OpenSSL's parameters are not const, though it only reads them.
void* address_of(BytesView bytes) {
    static constexpr std::byte kNone{};
    return const_cast<std::byte*>(bytes.empty() ? &kNone : bytes.data());
}

/// As many at once as memory shall be taken for, however many threads ask.
std::counting_semaphore<>& turns() {
    static std::counting_semaphore<> semaphore(kAtOnceMax);
    return semaphore;
}

Result<Bytes> scrypt(std::string_view password, BytesView salt, Cost cost) {
    struct Turn {
        Turn() { turns().acquire(); }
        ~Turn() { turns().release(); }
    } turn;
    const BytesView secret = as_bytes_view(password);
    std::uint64_t memory = kMemoryBytesMax;
    const std::array parameters{
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, address_of(secret),
                                          secret.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, address_of(salt), salt.size()),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &cost.n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &cost.r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &cost.p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
        OSSL_PARAM_construct_end()};
    return derive("SCRYPT", parameters, kHashBytes);
}

template <class Number>
bool read_number(std::string_view& text, Number max, Number& out) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
    const auto read = static_cast<std::size_t>(end - text.data());
    if (failed != std::errc{} || read == text.size() || text[read] != '$') return false;
    text.remove_prefix(read + 1);
    return out > 0 && out <= max;
}

/// `scrypt$32768$8$1$salt$hash`
class ScryptPasswords final : public model::Passwords {
  public:
    explicit ScryptPasswords(model::Entropy& entropy) : entropy_(entropy) {}

    Result<std::string> hash(std::string_view password) const override {
        Bytes salt(kSaltBytes);
        entropy_.fill(salt);
        const Cost cost;
        const auto hash = scrypt(password, salt, cost);
        if (!hash) return hash.error();
        return std::string(kScheme) + "$" + std::to_string(cost.n) + "$" + std::to_string(cost.r) +
               "$" + std::to_string(cost.p) + "$" + to_hex(salt) + "$" + to_hex(*hash);
    }

    bool is_password(std::string_view password, std::string_view stored) const override {
        if (!stored.starts_with(kScheme) || stored.size() <= kScheme.size()) return false;
        stored.remove_prefix(kScheme.size() + 1);
        Cost cost;
        if (!read_number(stored, kNMax, cost.n) || !read_number(stored, kRMax, cost.r) ||
            !read_number(stored, kPMax, cost.p)) {
            return false;
        }
        const std::size_t dollar = stored.find('$');
        if (dollar == std::string_view::npos) return false;
        const auto salt = parse_hex(stored.substr(0, dollar));
        const auto hash = parse_hex(stored.substr(dollar + 1));
        if (!salt || !hash) return false;
        return equal_in_constant_time(scrypt(password, *salt, cost), *hash);
    }

  private:
    model::Entropy& entropy_;
};

class GcmSeal final : public model::Seal {
  public:
    GcmSeal(Bytes key, model::Entropy& entropy) : key_(std::move(key)), entropy_(entropy) {}
    ~GcmSeal() override { OPENSSL_cleanse(key_.data(), key_.size()); }
    GcmSeal(const GcmSeal&) = delete;
    GcmSeal& operator=(const GcmSeal&) = delete;

    /// nonce, tag, then as many octets as the secret has
    Result<Bytes> close(BytesView secret, std::string_view purpose) const override {
        Bytes out(kNonceBytes + kTagBytes + secret.size());
        entropy_.fill(std::span(out).first(kNonceBytes));
        const CipherContext context(EVP_CIPHER_CTX_new());
        int written = 0;
        unsigned char* const to = octets_of(out);
        const bool closed =
            context &&
            EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                               octets_of(BytesView(key_)), to) == 1 &&
            EVP_EncryptUpdate(context.get(), nullptr, &written, octets_of(as_bytes_view(purpose)),
                              static_cast<int>(purpose.size())) == 1 &&
            EVP_EncryptUpdate(context.get(), to + kNonceBytes + kTagBytes, &written,
                              static_cast<const unsigned char*>(address_of(secret)),
                              static_cast<int>(secret.size())) == 1 &&
            EVP_EncryptFinal_ex(context.get(), to + out.size(), &written) == 1 &&
            EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, to + kNonceBytes) ==
                1;
        if (!closed) return openssl_error(Errc::kInternal, "sealing a secret");
        return out;
    }

    Result<Bytes> open(BytesView sealed, std::string_view purpose) const override {
        constexpr std::size_t kFrame = kNonceBytes + kTagBytes;
        if (sealed.size() < kFrame) return Error{Errc::kInvalid, "a sealed secret is too short"};
        const BytesView inside = sealed.subspan(kFrame);
        Bytes out(inside.size() + 1);  // OpenSSL wants an address for nothing, too
        Bytes tag(sealed.begin() + kNonceBytes, sealed.begin() + kFrame);
        const CipherContext context(EVP_CIPHER_CTX_new());
        int written = 0;
        const bool opened =
            context &&
            EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                               octets_of(BytesView(key_)), octets_of(sealed)) == 1 &&
            EVP_DecryptUpdate(context.get(), nullptr, &written, octets_of(as_bytes_view(purpose)),
                              static_cast<int>(purpose.size())) == 1 &&
            EVP_DecryptUpdate(context.get(), octets_of(out), &written,
                              static_cast<const unsigned char*>(address_of(inside)),
                              static_cast<int>(inside.size())) == 1 &&
            EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
            EVP_DecryptFinal_ex(context.get(), octets_of(out) + inside.size(), &written) == 1;
        if (!opened) {
            return openssl_error(Errc::kInvalid,
                                 "a sealed secret does not open with this node's key");
        }
        out.resize(inside.size());
        return out;
    }

  private:
    Bytes key_;
    model::Entropy& entropy_;
};

}  // namespace

std::unique_ptr<model::Passwords> make_passwords(model::Entropy& entropy) {
    return std::make_unique<ScryptPasswords>(entropy);
}

Result<std::unique_ptr<model::Seal>> make_seal(BytesView private_key, model::Entropy& entropy) {
    static constexpr std::string_view kPurpose = "idnode registration seal 1";
    static constexpr std::string_view kDigest = "SHA256";
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(kDigest.data()),
                                         kDigest.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, address_of(private_key),
                                          private_key.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, address_of(as_bytes_view(kPurpose)),
                                          kPurpose.size()),
        OSSL_PARAM_construct_end()};
    auto key = derive("HKDF", parameters, kSealKeyBytes);
    if (!key) return key.error();
    return std::unique_ptr<model::Seal>(std::make_unique<GcmSeal>(*std::move(key), entropy));
}

}  // namespace idnode::crypto
