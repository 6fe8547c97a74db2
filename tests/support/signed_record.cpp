#include "tests/support/signed_record.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <map>

#include "registry/json/encoding.h"
#include "registry/json/key_json.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/keys.h"

namespace idnode::test {

namespace bj = boost::json;

std::string base64url(std::string_view text) {
    std::string out;
    json::append_base64url(as_bytes_view(text), out);
    return out;
}

std::string digest_of(const handle::Value& value) {
    Bytes octets;
    ByteWriter out(octets);
    handle::encode_value(value, out);
    std::string text;
    json::append_base64(crypto::make_digests()->sha256(BytesView(octets).subspan(8)), text);
    return text;
}

bj::value Party::jwk() const {
    return *json::write_key(signer->public_key());
}

const Party& party(const std::string& name) {
    static std::map<std::string, Party> made;
    auto at = made.find(name);
    if (at == made.end()) {
        auto signer = crypto::make_signer(*crypto::generate_rsa_key());
        at = made.emplace(name, Party{name, std::move(*signer)}).first;
    }
    return at->second;
}

std::string jws(const bj::object& claims, const Party& signer) {
    const std::string text =
        base64url(R"({"alg":"RS256"})") + '.' + base64url(bj::serialize(claims));
    const auto signature = signer.signer->sign(model::Signer::Hash::kSha256, as_bytes_view(text));
    std::string out = text + '.';
    json::append_base64url(*signature, out);
    return out;
}

std::string certificate(const std::string& issuer, const std::string& subject, std::int64_t expires,
                        const Permission& permission) {
    return jws({{"iss", issuer},
                {"sub", subject},
                {"exp", expires},
                {"publicKey", party(subject).jwk()},
                {"perms",
                 bj::array{bj::object{{"handle", permission.handle}, {"perm", permission.what}}}}},
               party(issuer));
}

std::string record_signature(const std::string& handle, std::span<const handle::Value> values,
                             const Party& signer, bj::object more) {
    bj::array digests;
    for (const auto& value : values) {
        digests.push_back(bj::object{{"index", value.index}, {"digest", digest_of(value)}});
    }
    more["iss"] = signer.name;
    more["sub"] = handle;
    more["digests"] = bj::object{{"alg", "SHA-256"}, {"digests", digests}};
    return jws(more, signer);
}

bj::object with_chain(std::initializer_list<std::string> certificates) {
    bj::array chain;
    for (const std::string& one : certificates) chain.emplace_back(one);
    return {{"chain", chain}};
}

}  // namespace idnode::test
