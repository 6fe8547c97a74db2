#include "resolver/crypto/certificate.h"

#include <openssl/x509.h>

#include <optional>
#include <span>

#include "resolver/crypto/openssl.h"
#include "resolver/crypto/pkey.h"

namespace idnode::crypto {
namespace {

using Parsed = Owned<X509, X509_free>;

Error unreadable(std::string_view what) {
    ERR_clear_error();
    return {Errc::kInvalid, std::string(what)};
}

/// The first attribute of this kind as UTF-8.
std::optional<std::string> attribute(const X509_NAME& name, int nid) {
    const int at = X509_NAME_get_index_by_NID(&name, nid, -1);
    if (at < 0) return std::nullopt;
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(&name, at);
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
    if (size < 0) return std::nullopt;
    std::string out(as_text(std::as_bytes(std::span(text, static_cast<std::size_t>(size)))));
    OPENSSL_free(text);
    return out;
}

}  // namespace

Result<Certificate> read_certificate(BytesView der) {
    const unsigned char* at = octets_of(der);
    const Parsed certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (!certificate) return unreadable("not a certificate");
    EVP_PKEY* key = X509_get0_pubkey(certificate.get());
    if (key == nullptr || (EVP_PKEY_is_a(key, "RSA") != 1 && EVP_PKEY_is_a(key, "DSA") != 1)) {
        return unreadable("its key is neither RSA nor DSA");
    }
    const X509_NAME* name = X509_get_subject_name(certificate.get());
    for (const int nid : {NID_userId, NID_commonName, NID_organizationName}) {
        auto subject = attribute(*name, nid);
        if (subject) return Certificate{*std::move(subject), encode_public_key(*key)};
    }
    return unreadable("its subject has neither UID nor CN nor O");
}

}  // namespace idnode::crypto
