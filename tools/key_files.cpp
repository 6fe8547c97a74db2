#include "tools/key_files.h"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iterator>
#include <utility>

#include "proto/handle/key.h"
#include "registry/json/key_json.h"
#include "registry/json/parse.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/key_file.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/pem.h"
#include "resolver/crypto/sm2.h"
#include "tools/secrets.h"

namespace idnode::tools {
namespace {

constexpr std::size_t kKeyFileBytesMax = 65'536;

constexpr std::array<std::pair<std::string_view, KeyForm>, 3> kForms{
    {{"reference", KeyForm::kReference}, {"pem", KeyForm::kPem}, {"jwk", KeyForm::kJwk}}};

Result<std::string> read_all(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string out;
    for (char c = 0; out.size() <= kKeyFileBytesMax && in.get(c);) out.push_back(c);
    if (!in.is_open() || in.bad()) return Error{Errc::kNotFound, path + ": cannot be read"};
    if (out.size() > kKeyFileBytesMax) {
        return Error{Errc::kLimit, path + ": larger than any key file"};
    }
    return out;
}

Result<LoadedKey> from_private(KeyForm form, Result<Bytes> key) {
    if (!key) return key.error();
    auto public_key = crypto::public_key_of(*key);
    if (!public_key) return public_key.error();
    return LoadedKey{form, std::move(*key), std::move(*public_key)};
}

Result<LoadedKey> from_pem(const std::string& text, const std::string& path,
                           const std::string& passphrase_file) {
    if (auto key = crypto::public_key_from_pem(text)) {
        return LoadedKey{KeyForm::kPem, {}, std::move(*key)};
    }
    auto key = crypto::private_key_from_pem(text);
    if (!key && key.error().code == Errc::kRefused) {
        const auto passphrase = find_secret({.file = passphrase_file,
                                             .variable = kPassphraseFileVariable,
                                             .prompt = "Passphrase of " + path + ": "});
        if (!passphrase) return passphrase.error();
        key = crypto::private_key_from_pem(text, as_text(*passphrase));
    }
    return from_private(KeyForm::kPem, std::move(key));
}

Result<LoadedKey> from_jwk(const std::string& text) {
    const auto parsed = json::parse(text);
    if (!parsed) return parsed.error();
    auto key = json::read_key(*parsed, {});
    if (!key) return key.error();
    auto canonical = crypto::canonical_public_key(*key);
    if (!canonical) return canonical.error();
    return LoadedKey{KeyForm::kJwk, {}, std::move(*canonical)};
}

Result<LoadedKey> from_octets(const std::string& text, const std::string& path,
                              const std::string& passphrase_file) {
    if (text.starts_with("-----BEGIN")) return from_pem(text, path, passphrase_file);
    if (text.starts_with('{')) return from_jwk(text);
    const BytesView octets = as_bytes_view(text);
    if (handle::decode_public_key(octets) || crypto::is_sm2_public_key(octets)) {
        return LoadedKey{KeyForm::kReference, {}, to_bytes(text)};
    }
    return from_private(KeyForm::kReference, read_private_key(path, passphrase_file));
}

}  // namespace

std::string_view name_of(KeyForm form) {
    return std::ranges::find(kForms, form, &std::pair<std::string_view, KeyForm>::second)->first;
}

Result<KeyForm> parse_key_form(std::string_view name) {
    const auto at = std::ranges::find(kForms, name, &std::pair<std::string_view, KeyForm>::first);
    if (at == kForms.end()) return Error{Errc::kInvalid, "must be reference, pem or jwk"};
    return at->second;
}

Result<LoadedKey> load_key(const std::string& path, const std::string& passphrase_file) {
    const auto text = read_all(path);
    if (!text) return text.error();
    auto key = from_octets(*text, path, passphrase_file);
    if (key || key.error().detail.starts_with(path)) return key;
    return Error{key.error().code, path + ": " + key.error().detail};
}

Result<Bytes> write_public_key(KeyForm form, BytesView public_key) {
    switch (form) {
        case KeyForm::kReference:
            break;
        case KeyForm::kPem: {
            const auto pem = crypto::public_key_to_pem(public_key);
            if (!pem) return pem.error();
            return to_bytes(*pem);
        }
        case KeyForm::kJwk: {
            auto jwk = json::write_key(public_key);
            if (!jwk) jwk = json::write_sm2_key(public_key);
            if (!jwk) return Error{Errc::kUnsupported, "no JSON Web Key for this kind of key"};
            return to_bytes(boost::json::serialize(*jwk) + '\n');
        }
    }
    return Bytes(public_key.begin(), public_key.end());
}

Result<Bytes> write_private_key(KeyForm form, BytesView private_key, std::string_view passphrase) {
    if (form == KeyForm::kJwk) {
        return Error{Errc::kUnsupported, "JSON Web Keys are for public keys: add --public"};
    }
    if (form == KeyForm::kPem) {
        const auto pem = crypto::private_key_to_pem(private_key, passphrase);
        if (!pem) return pem.error();
        return to_bytes(*pem);
    }
    if (crypto::is_sm2_private_key(private_key)) {
        return Error{Errc::kUnsupported, "the reference's key files hold no SM2 keys: use pem"};
    }
    return crypto::seal_key_file(private_key, passphrase, *crypto::make_entropy());
}

}  // namespace idnode::tools
