#include "tests/support/tls_socket.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <stdexcept>

#include "proto/base/limits.h"

namespace idnode::testing {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;
using FilePtr = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

void require(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string("TLS client: ") + what);
}

void use_certificate(SSL_CTX& context, const TlsOptions& options) {
    if (options.certificate.empty()) return;
    require(SSL_CTX_use_certificate_file(&context, options.certificate.c_str(), SSL_FILETYPE_PEM) ==
                    1 &&
                SSL_CTX_use_PrivateKey_file(&context, options.key.c_str(), SSL_FILETYPE_PEM) == 1,
            "certificate");
}

ssl_st* connect(int descriptor, const TlsOptions& options) {
    const ContextPtr context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    if (options.version != 0) {
        SSL_CTX_set_min_proto_version(context.get(), options.version);
        SSL_CTX_set_max_proto_version(context.get(), options.version);
        // So that versions can be tried which the library itself finds too old.
        SSL_CTX_set_security_level(context.get(), 0);
    }
    use_certificate(*context, options);
    SSL* out = SSL_new(context.get());
    SSL_set_fd(out, descriptor);
    if (!options.host_name.empty()) SSL_set_tlsext_host_name(out, options.host_name.c_str());
    if (options.resume != nullptr) SSL_set_session(out, SSL_get0_session(options.resume));
    if (SSL_connect(out) == 1) return out;
    SSL_free(out);
    throw std::runtime_error("TLS client: handshake");
}

}  // namespace

TlsSocket::TlsSocket(std::uint16_t port, const TlsOptions& options)
    : socket_(SOCK_STREAM, "127.0.0.1", port), ssl_(connect(socket_.descriptor(), options)) {}

void TlsSocket::Free::operator()(ssl_st* session) const {
    SSL_free(session);
}

void TlsSocket::send(BytesView octets) {
    std::size_t sent = 0;
    if (!octets.empty()) SSL_write_ex(ssl_.get(), octets.data(), octets.size(), &sent);
}

std::size_t TlsSocket::read_some(std::span<std::byte> out, milliseconds patience) {
    if (closed_) return 0;
    if (SSL_pending(ssl_.get()) == 0 && !socket_.wait_readable(patience)) return 0;
    std::size_t size = 0;
    if (SSL_read_ex(ssl_.get(), out.data(), out.size(), &size) != 1) closed_ = true;
    return closed_ ? 0 : size;
}

Reply TlsSocket::receive_reply() {
    Bytes out(limits::kEnvelopeBytes);
    std::size_t have = 0;
    while (have < out.size()) {
        const std::size_t size = read_some(std::span(out).subspan(have));
        if (size == 0) throw std::runtime_error("no response over TLS");
        have += size;
        if (have == limits::kEnvelopeBytes) {
            const auto envelope = handle::decode_envelope(out);
            require(envelope && envelope->message_length <= limits::kMessageBytesMax, "envelope");
            out.resize(limits::kEnvelopeBytes + envelope->message_length);
        }
    }
    return Reply(std::move(out));
}

Reply TlsSocket::ask(const Request& request) {
    send(encode(request));
    return receive_reply();
}

int TlsSocket::version() const {
    return SSL_version(ssl_.get());
}

bool TlsSocket::was_resumed() const {
    return SSL_session_reused(ssl_.get()) == 1;
}

std::string TlsSocket::server_name() const {
    const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
    std::string out(256, '\0');
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, out.data(),
                              static_cast<int>(out.size()));
    return out.c_str();
}

Bytes TlsSocket::server_key() const {
    EVP_PKEY* key = X509_get0_pubkey(SSL_get0_peer_certificate(ssl_.get()));
    unsigned char* encoded = nullptr;
    const int size = i2d_PUBKEY(key, &encoded);
    require(size > 0, "server key");
    const auto* octets = reinterpret_cast<const std::byte*>(encoded);
    Bytes out(octets, octets + size);
    OPENSSL_free(encoded);
    return out;
}

Bytes rsa_modulus(BytesView der_key) {
    const auto* at = reinterpret_cast<const unsigned char*>(der_key.data());
    const KeyPtr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der_key.size())), &EVP_PKEY_free);
    BIGNUM* modulus = nullptr;
    if (!key || EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_N, &modulus) != 1) return {};
    Bytes out(static_cast<std::size_t>(BN_num_bytes(modulus)));
    BN_bn2bin(modulus, reinterpret_cast<unsigned char*>(out.data()));
    BN_free(modulus);
    return out;
}

void write_certificate(const std::filesystem::path& folder, const std::string& name,
                       const std::string& common_name) {
    const KeyPtr key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const CertificatePtr certificate(X509_new(), &X509_free);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86'400);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                               0);
    X509_set_issuer_name(certificate.get(), subject);
    X509_set_pubkey(certificate.get(), key.get());
    require(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "signing a certificate");
    const FilePtr crt(std::fopen((folder / (name + ".crt")).c_str(), "w"), &std::fclose);
    const FilePtr pem(std::fopen((folder / (name + ".key")).c_str(), "w"), &std::fclose);
    require(
        crt && pem && PEM_write_X509(crt.get(), certificate.get()) == 1 &&
            PEM_write_PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "writing a certificate");
}

}  // namespace idnode::testing
