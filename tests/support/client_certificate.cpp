#include "tests/support/client_certificate.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <span>
#include <stdexcept>

#include "proto/base/hex.h"
#include "resolver/crypto/pkey.h"

namespace idnode::testing {

namespace {

using Certificate = crypto::Owned<X509, X509_free>;
using File = crypto::Owned<BIO, BIO_free_all>;

void require(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string("client certificate: ") + what);
}

crypto::PKey load(BytesView private_key) {
    auto key = crypto::load_private_key(private_key);
    require(key.has_value(), "private key");
    return std::move(*key);
}

Certificate make(const Subject& subject, EVP_PKEY& key) {
    Certificate out(X509_new());
    X509_NAME* name = X509_get_subject_name(out.get());
    for (const auto& [attribute, value] : subject) {
        require(X509_NAME_add_entry_by_txt(name, attribute.c_str(), MBSTRING_UTF8,
                                           reinterpret_cast<const unsigned char*>(value.data()),
                                           static_cast<int>(value.size()), -1, 0) == 1,
                "subject");
    }
    X509_set_version(out.get(), 2);
    X509_set_issuer_name(out.get(), name);
    X509_gmtime_adj(X509_getm_notBefore(out.get()), -100);
    X509_gmtime_adj(X509_getm_notAfter(out.get()), -50);
    X509_set_pubkey(out.get(), &key);
    require(X509_sign(out.get(), &key, EVP_sha256()) > 0, "signature");
    return out;
}

}  // namespace

Bytes client_certificate(const Subject& subject, BytesView private_key) {
    const crypto::PKey key = load(private_key);
    const Certificate made = make(subject, *key);
    Bytes out(static_cast<std::size_t>(i2d_X509(made.get(), nullptr)));
    unsigned char* at = crypto::octets_of(out);
    i2d_X509(made.get(), &at);
    return out;
}

void write_client_certificate(const std::filesystem::path& folder, const std::string& name,
                              const Subject& subject, BytesView private_key) {
    const crypto::PKey key = load(private_key);
    const Certificate made = make(subject, *key);
    const File certificate(BIO_new_file((folder / (name + ".crt")).c_str(), "w"));
    require(certificate && PEM_write_bio_X509(certificate.get(), made.get()) == 1, "file");
    const File key_file(BIO_new_file((folder / (name + ".key")).c_str(), "w"));
    require(key_file && PEM_write_bio_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0,
                                                 nullptr, nullptr) == 1,
            "key file");
}

std::string certificate_digest(const std::filesystem::path& file) {
    const File in(BIO_new_file(file.c_str(), "r"));
    require(in != nullptr, "file");
    const Certificate certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    require(certificate != nullptr, "certificate");
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    require(X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size) == 1, "digest");
    return to_hex(std::as_bytes(std::span(digest).first(size)));
}

}  // namespace idnode::testing
