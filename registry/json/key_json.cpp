#include "registry/json/key_json.h"

#include <boost/json/object.hpp>
#include <initializer_list>
#include <string>
#include <utility>

#include "proto/handle/industrial_key.h"
#include "proto/handle/key.h"
#include "registry/json/encoding.h"
#include "registry/json/fields.h"

namespace idnode::json {
namespace {

namespace bj = boost::json;

std::string number_text(const handle::Integer& number) {
    std::string out;
    append_base64url(number.octets(), out);
    return out;
}

struct Part {
    std::string_view name;
    handle::Integer& number;
};

Result<void> read_parts(const bj::object& object, const Place& place,
                        std::initializer_list<Part> parts) {
    for (const Part& part : parts) {
        const auto member = require(object, part.name, place);
        if (!member) return member.error();
        const auto text = read_string(**member, place.member(part.name));
        if (!text) return text.error();
        const auto octets = parse_base64url(*text);
        if (!octets) return place.member(part.name).error("must be base64url without padding");
        part.number = handle::Integer(*octets);
    }
    return {};
}

Result<void> check_public(const bj::object& object, std::string_view secret, const Place& place) {
    if (!object.contains(bj::string_view(secret.data(), secret.size()))) return {};
    return place.member(secret).error(
        "is the secret part of the key: give the public key, without it");
}

Result<Bytes> read_rsa(const bj::object& object, const Place& place) {
    if (auto checked = check_public(object, "d", place); !checked) return checked.error();
    handle::RsaPublicKey key;
    if (auto read = read_parts(object, place, {{"n", key.modulus}, {"e", key.exponent}}); !read) {
        return read.error();
    }
    return handle::encode_public_key(key);
}

Result<Bytes> read_dsa(const bj::object& object, const Place& place) {
    if (auto checked = check_public(object, "x", place); !checked) return checked.error();
    handle::DsaPublicKey key;
    if (auto read =
            read_parts(object, place, {{"y", key.y}, {"p", key.p}, {"q", key.q}, {"g", key.g}});
        !read) {
        return read.error();
    }
    return handle::encode_public_key(key);
}

/// The industrial form (§9.6), whose `d` is the public key.
Result<Bytes> read_sm2(const bj::object& object, const Place& place) {
    const auto member = require(object, "d", place);
    if (!member) return member.error();
    const auto text = read_string(**member, place.member("d"));
    if (!text) return text.error();
    const auto octets = parse_base64url(*text);
    if (!octets) return place.member("d").error("must be base64url without padding");
    return handle::encode_sm2_public_key(*octets);
}

}  // namespace

std::optional<bj::value> write_sm2_key(BytesView encoding) {
    const auto key = handle::decode_sm2_public_key(encoding);
    if (!key || handle::is_pem(*key)) return std::nullopt;
    std::string text;
    append_base64url(*key, text);
    return bj::object{{"kty", "SM2"}, {"d", text}};
}

std::optional<bj::value> write_key(BytesView encoding) {
    const auto key = handle::decode_public_key(encoding);
    if (!key) return std::nullopt;
    if (const auto* rsa = std::get_if<handle::RsaPublicKey>(&*key)) {
        return bj::object{
            {"kty", "RSA"}, {"n", number_text(rsa->modulus)}, {"e", number_text(rsa->exponent)}};
    }
    if (const auto* dsa = std::get_if<handle::DsaPublicKey>(&*key)) {
        return bj::object{{"kty", "DSA"},
                          {"y", number_text(dsa->y)},
                          {"p", number_text(dsa->p)},
                          {"q", number_text(dsa->q)},
                          {"g", number_text(dsa->g)}};
    }
    return std::nullopt;
}

Result<Bytes> read_key(const bj::value& value, const Place& place) {
    const auto object = read_object(value, place);
    if (!object) return object.error();
    const auto member = require(**object, "kty", place);
    if (!member) return member.error();
    const auto kind = read_string(**member, place.member("kty"));
    if (!kind) return kind.error();
    if (*kind == "RSA") return read_rsa(**object, place);
    if (*kind == "DSA") return read_dsa(**object, place);
    if (*kind == "SM2") return read_sm2(**object, place);
    return place.member("kty").error("must be RSA, DSA or SM2: peers know no other kind of key");
}

}  // namespace idnode::json
