#include "resolver/crypto/key_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "proto/base/reader.h"
#include "proto/handle/keyfile.h"
#include "resolver/crypto/block_cipher.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/openssl.h"
#include "resolver/crypto/pbkdf2.h"

namespace idnode::crypto {
namespace {

using Scheme = handle::KeyFileScheme;

constexpr std::size_t kTypeBytesMax = 64;
constexpr std::size_t kFileBytesMax = 65'536;
constexpr std::size_t kDesKeyBytes = 8;
constexpr std::size_t kAesBlockBytes = 16;
constexpr std::size_t kSaltBytes = 16;
constexpr std::uint32_t kIterations = 10'000;
constexpr std::uint32_t kAesKeyBits = 128;

Error wrong_passphrase() {
    return {Errc::kRefused, "key file: the passphrase is wrong, or the file is damaged"};
}

/// Whether octets begin as every key encoding does: the length of a type and `..._KEY`.
bool looks_like_key(BytesView octets) {
    ByteReader in(octets);
    return in.text_u32("key type", kTypeBytesMax).ends_with("_KEY") && in.ok();
}

Result<Bytes> decrypt(const char* cipher_name, const CipherRun& run, BytesView ciphertext) {
    const auto iv_bytes = static_cast<std::size_t>(EVP_CIPHER_get_iv_length(&run.cipher));
    const auto key_bytes = static_cast<std::size_t>(EVP_CIPHER_get_key_length(&run.cipher));
    if (run.iv.size() != iv_bytes || run.key.size() != key_bytes) {
        return Error{Errc::kInvalid, std::string("key file: key or initialisation vector of no "
                                                 "length that fits ") +
                                         cipher_name};
    }
    Result<Bytes> plain = run_cipher(run, ciphertext);
    if (!plain || !looks_like_key(*plain)) return wrong_passphrase();
    return plain;
}

Result<Bytes> open_des(const handle::KeyFile& file, std::string_view passphrase) {
    const char* name = file.scheme == Scheme::kDesEcb ? "DES-ECB" : "DES-CBC";
    const Cipher cipher = fetch_cipher(name);
    if (!cipher) {
        return Error{Errc::kUnsupported,
                     "key file: encrypted with DES, which this OpenSSL offers only through its "
                     "legacy provider; install it or convert the key where it was made"};
    }
    const std::array digest = make_digests()->md5(as_bytes_view(passphrase));
    const BytesView key = BytesView(digest).first(kDesKeyBytes);
    return decrypt(name, {*cipher, key, file.iv, false}, file.content);
}

Result<Bytes> open_derived(const handle::KeyFile& file, std::string_view passphrase) {
    const std::string name = file.scheme == Scheme::kPbkdf2TripleDes
                                 ? "DES-EDE3-CBC"
                                 : "AES-" + std::to_string(file.key_bits) + "-CBC";
    const Cipher cipher = fetch_cipher(name.c_str());
    if (!cipher) return Error{Errc::kUnsupported, "key file: this OpenSSL offers no " + name};
    const Result<Bytes> key =
        pbkdf2(as_bytes_view(passphrase), {file.salt, file.iterations, file.key_bits});
    if (!key) return Error{key.error().code, "key file: " + key.error().detail};
    return decrypt(name.c_str(), {*cipher, *key, file.iv, false}, file.content);
}

Error system_error(Errc code, const std::filesystem::path& path, std::string_view what) {
    std::string detail = path.string();
    detail.append(": ").append(what).append(": ").append(std::strerror(errno));
    return {code, std::move(detail)};
}

/// Closes at the end of a scope.
class OpenFile {
  public:
    explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
    ~OpenFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    int get() const { return descriptor_; }

  private:
    int descriptor_;
};

bool write_all(int descriptor, BytesView content) {
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0 && errno != EINTR) return false;
        if (written > 0) content = content.subspan(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

Result<Bytes> open_key_file(BytesView octets, std::string_view passphrase) {
    const auto file = handle::decode_key_file(octets);
    if (!file) {
        return Error{Errc::kInvalid, std::string("key file: no private key file (") +
                                         file.error().field + " at octet " +
                                         std::to_string(file.error().offset) + ")"};
    }
    if (!file->is_encrypted()) {
        if (!looks_like_key(file->content)) {
            return Error{Errc::kInvalid, "key file: holds no private key"};
        }
        return Bytes(file->content.begin(), file->content.end());
    }
    if (passphrase.empty()) {
        return Error{Errc::kRefused, "key file: encrypted, a passphrase is needed"};
    }
    const bool des = *file->scheme == Scheme::kDesEcb || *file->scheme == Scheme::kDesCbc;
    return des ? open_des(*file, passphrase) : open_derived(*file, passphrase);
}

Result<Bytes> seal_key_file(BytesView private_key, std::string_view passphrase,
                            model::Entropy& entropy) {
    if (passphrase.empty()) {
        handle::KeyFile plain;
        plain.scheme = Scheme::kPlain;
        plain.content = private_key;
        return handle::encode_key_file(plain);
    }
    Bytes salt(kSaltBytes);
    Bytes iv(kAesBlockBytes);
    entropy.fill(salt);
    entropy.fill(iv);
    const Result<Bytes> key = pbkdf2(as_bytes_view(passphrase), {salt, kIterations, kAesKeyBits});
    if (!key) return key.error();
    const Cipher cipher(EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr));
    if (!cipher) return openssl_error(Errc::kUnsupported, "key file: cipher AES-128-CBC");
    const Result<Bytes> ciphertext = run_cipher({*cipher, *key, iv, true}, private_key);
    if (!ciphertext) return ciphertext.error();
    return handle::encode_key_file({.scheme = Scheme::kPbkdf2Aes,
                                    .salt = salt,
                                    .iterations = kIterations,
                                    .key_bits = kAesKeyBits,
                                    .iv = iv,
                                    .content = *ciphertext});
}

Result<Bytes> read_key_file(const std::filesystem::path& path, std::string_view passphrase) {
    const OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) {
        return system_error(errno == ENOENT ? Errc::kNotFound : Errc::kUnavailable, path,
                            "cannot open the key file");
    }
    Bytes content(kFileBytesMax + 1);
    std::size_t size = 0;
    while (size < content.size()) {
        const ssize_t got = ::read(file.get(), content.data() + size, content.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_error(Errc::kUnavailable, path, "cannot read the key file");
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > kFileBytesMax) {
        return Error{Errc::kLimit, path.string() + ": larger than any key file"};
    }
    content.resize(size);
    Result<Bytes> key = open_key_file(content, passphrase);
    OPENSSL_cleanse(content.data(), content.size());
    if (!key) return Error{key.error().code, path.string() + ": " + key.error().detail};
    return key;
}

Result<void> write_key_file(const std::filesystem::path& path, BytesView private_key,
                            std::string_view passphrase, model::Entropy& entropy) {
    const Result<Bytes> content = seal_key_file(private_key, passphrase, entropy);
    if (!content) return content.error();
    return write_secret_file(path, *content);
}

Result<void> write_secret_file(const std::filesystem::path& path, BytesView content) {
    const OpenFile file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) {
        if (errno == EEXIST) {
            return Error{Errc::kConflict, path.string() + ": exists already and is not replaced"};
        }
        return system_error(Errc::kStorage, path, "cannot create the file");
    }
    if (!write_all(file.get(), content) || ::fsync(file.get()) != 0) {
        const Error error = system_error(Errc::kStorage, path, "cannot write the file");
        ::unlink(path.c_str());  // half a key is worse than none
        return error;
    }
    return {};
}

}  // namespace idnode::crypto
