#include "resolver/crypto/tls.h"

#include <openssl/ec.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#include "resolver/crypto/keys.h"
#include "resolver/crypto/openssl.h"
#include "resolver/crypto/pkey.h"

namespace idnode::crypto {
namespace {

using Certificate = Owned<X509, X509_free>;
using ContextPtr = std::shared_ptr<SSL_CTX>;

// Nobody looks at the validity of a certificate that is made anew at each start; clocks may differ.
constexpr long kBackdatedSeconds = 86'400;
constexpr long kValidSeconds = 10L * 366 * 86'400;
constexpr int kSerialBits = 127;
constexpr std::size_t kDecryptBytes = 16'384;  // the largest record

/// Whoever shows a certificate has proved to hold its key. That is all that TLS is asked here.
int accept_any_certificate(X509_STORE_CTX* /*store*/, void* /*unused*/) {
    return 1;
}

/// An encrypted key file shall be an error, not a question on the operator's terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*unused*/) {
    return 0;
}

ContextPtr make_context(const SSL_METHOD* method) {
    ContextPtr context(SSL_CTX_new(method), &SSL_CTX_free);
    if (!context) return context;
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(),
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    return context;
}

ContextPtr make_server_context() {
    ContextPtr context = make_context(TLS_server_method());
    if (!context) return context;
    // A resumed session would come without the client's certificate.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context.get(), 0);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(context.get(), &accept_any_certificate, nullptr);
    return context;
}

bool set_random_serial(X509& certificate) {
    const Number serial(BN_new());
    return serial && BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(&certificate)) != nullptr;
}

bool set_names(X509& certificate, std::string_view common_name) {
    X509_NAME* name = X509_get_subject_name(&certificate);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(common_name.data()),
                                      static_cast<int>(common_name.size()), -1, 0) == 1 &&
           X509_set_issuer_name(&certificate, name) == 1;
}

Certificate make_certificate(EVP_PKEY& key, std::string_view common_name) {
    Certificate out(X509_new());
    const bool done = out && X509_set_version(out.get(), X509_VERSION_3) == 1 &&
                      set_random_serial(*out) &&
                      X509_gmtime_adj(X509_getm_notBefore(out.get()), -kBackdatedSeconds) &&
                      X509_gmtime_adj(X509_getm_notAfter(out.get()), kValidSeconds) &&
                      set_names(*out, common_name) && X509_set_pubkey(out.get(), &key) == 1 &&
                      X509_sign(out.get(), &key, EVP_sha256()) > 0;
    return done ? std::move(out) : nullptr;
}

/// The certificate for clients that name a host, which may be replaced while others shake hands.
struct NamedContext {
    std::mutex mutex;
    ContextPtr context;  // null: none
};

/// A client that names a host sees the certificate that was made for hosts.
int choose_certificate(SSL* session, int* /*alert*/, void* argument) {
    auto& named = *static_cast<NamedContext*>(argument);
    const std::scoped_lock lock(named.mutex);
    if (!named.context || SSL_get_servername(session, TLSEXT_NAMETYPE_host_name) == nullptr) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    SSL_set_SSL_CTX(session, named.context.get());  // keeps it
    return SSL_TLSEXT_ERR_OK;
}

void free_named(void* /*context*/, void* named, CRYPTO_EX_DATA* /*data*/, int /*slot*/,
                long /*unused*/, void* /*unused*/) {
    delete static_cast<NamedContext*>(named);
}

int named_slot() {
    static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_named);
    return slot;
}

NamedContext& named_of(SSL_CTX* own) {
    return *static_cast<NamedContext*>(SSL_CTX_get_ex_data(own, named_slot()));
}

/// Gives `own` a place for the other certificate, which lives as long as it: sessions may outlive
/// their server.
bool add_named(SSL_CTX* own) {
    auto named = std::make_unique<NamedContext>();
    if (SSL_CTX_set_ex_data(own, named_slot(), named.get()) != 1) return false;
    SSL_CTX_set_tlsext_servername_callback(own, &choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(own, named.release());
    return true;
}

}  // namespace

Result<std::shared_ptr<TlsServer>> TlsServer::make(BytesView private_key,
                                                   std::string_view common_name) {
    auto key = load_private_key(private_key);
    if (!key) return key.error();
    if (EVP_PKEY_is_a(key->get(), "RSA") != 1) *key = PKey(EVP_EC_gen("P-256"));
    const ContextPtr context = make_server_context();
    if (!*key || !context || !add_named(context.get())) {
        return openssl_error(Errc::kInternal, "TLS cannot be set up");
    }
    if (EVP_PKEY_get_bits(key->get()) < static_cast<int>(kRsaBitsDefault) &&
        EVP_PKEY_is_a(key->get(), "RSA") == 1) {
        // Old sites have short keys. Theirs is what their clients compare with.
        SSL_CTX_set_security_level(context.get(), 1);
    }
    const Certificate certificate = make_certificate(**key, common_name);
    if (!certificate || SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), key->get()) != 1) {
        return openssl_error(Errc::kInvalid, "the server's key makes no TLS certificate");
    }
    return std::shared_ptr<TlsServer>(new TlsServer(context));
}

Result<void> TlsServer::set_named_certificate(const Files& files) {
    const ContextPtr context = make_server_context();
    if (!context) return openssl_error(Errc::kInternal, "TLS cannot be set up");
    SSL_CTX_set_default_passwd_cb(context.get(), &no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
        return openssl_error(Errc::kInvalid,
                             files.certificate.string() + " must be a certificate in PEM form");
    }
    if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context.get()) != 1) {
        return openssl_error(Errc::kInvalid,
                             files.key.string() +
                                 " must be the unencrypted private key, in PEM form, of " +
                                 files.certificate.string());
    }
    NamedContext& named = named_of(own_.get());
    const std::scoped_lock lock(named.mutex);
    named.context = context;
    return {};
}

void TlsServer::clear_named_certificate() {
    NamedContext& named = named_of(own_.get());
    const std::scoped_lock lock(named.mutex);
    named.context = nullptr;
}

void TlsSession::Free::operator()(ssl_st* session) const {
    SSL_free(session);
}

TlsSession::TlsSession(ssl_ctx_st* context) : ssl_(SSL_new(context)) {
    BIO* from_peer = BIO_new(BIO_s_mem());
    BIO* to_peer = BIO_new(BIO_s_mem());
    if (!ssl_ || from_peer == nullptr || to_peer == nullptr) {
        BIO_free(from_peer);
        BIO_free(to_peer);
        throw std::bad_alloc();
    }
    SSL_set_bio(ssl_.get(), from_peer, to_peer);
}

TlsSession::TlsSession(const TlsServer& server) : TlsSession(server.context()) {
    SSL_set_accept_state(ssl_.get());
}

TlsSession TlsSession::client() {
    const ContextPtr context = make_context(TLS_client_method());
    if (!context) throw std::bad_alloc();
    TlsSession out(context.get());  // keeps the context
    SSL_set_connect_state(out.ssl_.get());
    return out;
}

TlsSession TlsSession::client_of(const std::string& host) {
    const ContextPtr context = make_context(TLS_client_method());
    if (!context) throw std::bad_alloc();
    SSL_CTX_set_default_verify_paths(context.get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    TlsSession out(context.get());  // keeps the context
    SSL* const ssl = out.ssl_.get();
    SSL_set_connect_state(ssl);
    X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1) return out;
    // A name that cannot be set would be no name to check.
    if (SSL_set1_host(ssl, host.c_str()) != 1 || SSL_set_tlsext_host_name(ssl, host.c_str()) != 1) {
        throw std::bad_alloc();
    }
    return out;
}

TlsSession::State TlsSession::receive(BytesView octets, Bytes& plain, Bytes& to_peer) {
    if (state_ == State::kEnded) return state_;
    ERR_clear_error();
    std::size_t taken = 0;
    const bool fed = octets.empty() || BIO_write_ex(SSL_get_rbio(ssl_.get()), octets.data(),
                                                    octets.size(), &taken) == 1;
    std::array<std::byte, kDecryptBytes> decrypted;
    std::size_t size = 0;
    while (fed && SSL_read_ex(ssl_.get(), decrypted.data(), decrypted.size(), &size) == 1) {
        plain.insert(plain.end(), decrypted.begin(),
                     decrypted.begin() + static_cast<std::ptrdiff_t>(size));
    }
    const bool wants_more = fed && SSL_get_error(ssl_.get(), 0) == SSL_ERROR_WANT_READ;
    if (!wants_more) {
        state_ = State::kEnded;
    } else if (SSL_is_init_finished(ssl_.get()) == 1) {
        state_ = State::kOpen;
    }
    ERR_clear_error();
    take_outgoing(to_peer);
    return state_;
}

void TlsSession::begin(Bytes& to_peer) {
    SSL_do_handshake(ssl_.get());  // "wants more" is all it can say yet
    ERR_clear_error();
    take_outgoing(to_peer);
}

void TlsSession::send(BytesView plain, Bytes& to_peer) {
    if (state_ != State::kOpen || plain.empty()) return;
    std::size_t taken = 0;
    if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &taken) != 1) state_ = State::kEnded;
    ERR_clear_error();
    take_outgoing(to_peer);
}

void TlsSession::end(Bytes& to_peer) {
    if (state_ == State::kOpen) SSL_shutdown(ssl_.get());
    state_ = State::kEnded;
    ERR_clear_error();
    take_outgoing(to_peer);
}

Bytes TlsSession::peer_certificate() const {
    const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
    const int size = certificate != nullptr ? i2d_X509(certificate, nullptr) : 0;
    if (size <= 0) return {};
    Bytes out(static_cast<std::size_t>(size));
    unsigned char* at = octets_of(out);
    i2d_X509(certificate, &at);
    return out;
}

/// What OpenSSL wrote for the peer.
void TlsSession::take_outgoing(Bytes& to_peer) {
    BIO* bio = SSL_get_wbio(ssl_.get());
    const std::size_t at = to_peer.size();
    const std::size_t pending = BIO_ctrl_pending(bio);
    if (pending == 0) return;
    to_peer.resize(at + pending);
    std::size_t taken = 0;
    BIO_read_ex(bio, to_peer.data() + at, pending, &taken);
    to_peer.resize(at + taken);
}

}  // namespace idnode::crypto
