#include "tools/record_signatures.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <set>
#include <utility>

#include "proto/base/text.h"
#include "registry/json/encoding.h"
#include "registry/json/fields.h"
#include "registry/json/key_json.h"
#include "registry/json/parse.h"
#include "registry/model/identifier.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/record_signature.h"
#include "resolver/crypto/sm2.h"

namespace idnode::tools {
namespace {

namespace bj = boost::json;

constexpr std::size_t kChainMax = 50;  // §2.9

Error bad(std::string what) {
    return {Errc::kInvalid, std::move(what)};
}

/// A JSON Web Signature, compact or flattened.
struct Jws {
    std::string signed_text;
    std::string algorithm;
    bj::object claims;
    Bytes signature;
    std::string serialization;
};

struct Parts {
    std::string header;
    std::string payload;
    std::string signature;
};

Result<Parts> split(std::string_view text) {
    if (!text.starts_with('{')) {
        const std::size_t first = text.find('.');
        const std::size_t second =
            first == std::string_view::npos ? first : text.find('.', first + 1);
        if (second == std::string_view::npos) return bad("is no JSON Web Signature");
        return Parts{std::string(text.substr(0, first)),
                     std::string(text.substr(first + 1, second - first - 1)),
                     std::string(text.substr(second + 1))};
    }
    const auto parsed = json::parse(text);
    if (!parsed) return bad("is no JSON Web Signature: " + parsed.error().detail);
    const auto* object = parsed->if_object();
    const auto text_of = [](const bj::object* from, std::string_view name) {
        const auto* member = from == nullptr ? nullptr : from->if_contains(name);
        return member != nullptr && member->is_string()
                   ? std::string(json::view(member->get_string()))
                   : std::string();
    };
    const auto* list = object == nullptr ? nullptr : object->if_contains("signatures");
    const auto* signatures = list == nullptr ? nullptr : list->if_array();
    const bj::object* signer =
        signatures == nullptr || signatures->empty() ? object : signatures->front().if_object();
    return Parts{text_of(signer, "protected"), text_of(object, "payload"),
                 text_of(signer, "signature")};
}

Result<bj::object> parse_part(std::string_view encoded) {
    const auto octets = json::parse_base64url(encoded);
    if (!octets) return bad("is not base64url");
    auto parsed = json::parse(as_text(*octets));
    if (!parsed) return bad(parsed.error().detail);
    if (!parsed->is_object()) return bad("is no JSON object");
    return std::move(parsed->get_object());
}

std::string text_member(const bj::object& object, std::string_view name) {
    const auto* member = object.if_contains(name);
    return member != nullptr && member->is_string() ? std::string(json::view(member->get_string()))
                                                    : std::string();
}

std::optional<std::int64_t> number_member(const bj::object& object, std::string_view name) {
    const auto* member = object.if_contains(name);
    if (member == nullptr || !member->is_number()) return std::nullopt;
    boost::system::error_code failure;
    const auto number = member->to_number<std::int64_t>(failure);
    return failure ? std::nullopt : std::optional(number);
}

Result<Jws> parse_jws(std::string_view text) {
    const auto parts = split(text);
    if (!parts) return parts.error();
    const auto header = parse_part(parts->header);
    if (!header) return bad("its header " + header.error().detail);
    auto claims = parse_part(parts->payload);
    if (!claims) return bad("its payload " + claims.error().detail);
    auto signature = json::parse_base64url(parts->signature);
    if (!signature) return bad("its signature is not base64url");
    return Jws{.signed_text = parts->header + '.' + parts->payload,
               .algorithm = text_member(*header, "alg"),
               .claims = std::move(*claims),
               .signature = std::move(*signature),
               .serialization = std::string(text)};
}

/// Equal but for the case of prefixes (§1.2).
bool is_same_handle(std::string_view a, std::string_view b) {
    return model::key_of(a, model::SuffixCase::kKeep) == model::key_of(b, model::SuffixCase::kKeep);
}

bool is_same_reference(const std::string& a, const std::string& b) {
    const auto left = model::parse_value_reference(a);
    const auto right = model::parse_value_reference(b);
    return left && right && left->index == right->index &&
           is_same_handle(left->handle, right->handle);
}

std::string handle_of(const std::string& reference) {
    const auto parsed = model::parse_value_reference(reference);
    return parsed ? parsed->handle : std::string();
}

Result<void> check_signature(const Jws& jws, BytesView public_key) {
    const auto right = crypto::verify_record_signature(
        jws.algorithm, public_key, as_bytes_view(jws.signed_text), jws.signature);
    if (!right) return right.error();
    if (!*right) return bad("its signature is wrong");
    return {};
}

Result<void> check_dates(const Jws& jws, std::int64_t now) {
    const auto not_before = number_member(jws.claims, "nbf");
    const auto expires = number_member(jws.claims, "exp");
    if (not_before && now < *not_before) return bad("is not valid yet");
    if (expires && now > *expires) return bad("has expired");
    return {};
}

/// Whether `handle` lies under the prefix that a prefix handle describes.
bool lies_under(std::string_view handle, std::string_view prefix_handle) {
    return model::is_prefix_handle(prefix_handle) &&
           is_same_handle(model::prefix_handle_of(model::split_handle(handle).prefix),
                          prefix_handle);
}

bool is_derived_from(std::string_view handle, std::string_view prefix_handle) {
    return starts_with_folded(handle, std::string(prefix_handle) + '.');
}

bool covers(std::string_view permission, std::string_view named, std::string_view handle) {
    if (permission == "everything") return true;
    if (permission == "thisHandle") {
        return is_same_handle(handle, named) || lies_under(handle, named);
    }
    if (permission == "handlesUnderThisPrefix") return lies_under(handle, named);
    if (permission == "derivedPrefixes") {
        return is_derived_from(handle, named) ||
               is_derived_from(model::prefix_handle_of(model::split_handle(handle).prefix), named);
    }
    return false;
}

bool may_vouch_for(const Jws& certificate, std::string_view handle) {
    const auto* member = certificate.claims.if_contains("perms");
    const auto* list = member == nullptr ? nullptr : member->if_array();
    return list != nullptr && std::ranges::any_of(*list, [handle](const bj::value& entry) {
               const auto* object = entry.if_object();
               return object != nullptr &&
                      covers(text_member(*object, "perm"), text_member(*object, "handle"), handle);
           });
}

Result<Bytes> key_in(const Jws& certificate) {
    const auto* member = certificate.claims.if_contains("publicKey");
    if (member == nullptr) return bad("names no key");
    return json::read_key(*member, json::Place{});
}

class Verification {
  public:
    Verification(const std::string& handle, const Trust& trust) : handle_(handle), trust_(trust) {}

    Result<void> check(const Jws& signature, std::span<const handle::Value> values,
                       SignatureVerdict& verdict) {
        if (!is_same_handle(handle_of_subject(signature), handle_)) {
            return bad("it is about " + text_member(signature.claims, "sub"));
        }
        if (auto dates = check_dates(signature, trust_.now); !dates)
            return bad("it " + dates.error().detail);
        if (auto digests = check_digests(signature, values, verdict); !digests) return digests;
        return check_chain(signature, verdict);
    }

  private:
    /// Of a signature, the signed handle alone; tools write it as a reference too.
    static std::string handle_of_subject(const Jws& signature) {
        return handle_of(text_member(signature.claims, "sub"));
    }

    Result<void> check_digests(const Jws& signature, std::span<const handle::Value> values,
                               SignatureVerdict& verdict) const {
        const auto* member = signature.claims.if_contains("digests");
        const auto* digests = member == nullptr ? nullptr : member->if_object();
        const auto* list = digests == nullptr ? nullptr : digests->if_contains("digests");
        if (list == nullptr || !list->is_array()) return bad("it lists no digests");
        if (text_member(*digests, "alg") != "SHA-256") return bad("its digests are not SHA-256");
        for (const bj::value& entry : list->get_array()) {
            const auto* object = entry.if_object();
            const auto index = object == nullptr ? std::nullopt : number_member(*object, "index");
            if (!index) return bad("its list of digests is broken");
            const auto at = std::ranges::find(values, *index, &handle::Value::index);
            if (at == values.end()) {
                return bad("value " + std::to_string(*index) + " is missing");
            }
            if (digest_of(*at) != json::parse_base64(text_member(*object, "digest"))) {
                return bad("value " + std::to_string(*index) + " was changed");
            }
            verdict.covered.push_back(at->index);
        }
        return {};
    }

    static std::optional<Bytes> digest_of(const handle::Value& value) {
        Bytes octets;
        ByteWriter out(octets);
        handle::encode_value(value, out);
        ByteReader in(octets);
        const auto digest = crypto::make_digests()->sha256(handle::read_value(in).digest_octets());
        return Bytes(digest.begin(), digest.end());
    }

    /// From the signature upwards: each is signed by the subject of the next.
    Result<void> check_chain(const Jws& signature, SignatureVerdict& verdict) {
        std::vector<Jws> given = given_chain(signature);
        std::set<std::string> seen;
        Jws child = signature;
        for (std::size_t step = 0; step < kChainMax; ++step) {
            const std::string issuer = text_member(child.claims, "iss");
            verdict.chain.push_back(issuer);
            if (is_same_handle(handle_of(issuer), trust_.root_handle) && is_signed_by_root(child))
                return {};
            auto parent = step < given.size() ? Result<Jws>(given[step]) : find(issuer);
            if (!parent) return parent.error();
            if (!seen.insert(parent->serialization).second)
                return bad("the chain runs in a circle");
            if (auto fits = check_link(child, *parent, issuer); !fits) return fits;
            if (is_self_issued(*parent)) return check_root(*parent);
            child = std::move(*parent);
        }
        return bad("the chain has more than 50 elements");
    }

    Result<void> check_link(const Jws& child, const Jws& parent, const std::string& issuer) const {
        if (!is_same_reference(issuer, text_member(parent.claims, "sub"))) {
            return bad("the chain's certificate is not that of " + issuer);
        }
        const auto key = key_in(parent);
        if (!key) return bad("the certificate of " + issuer + ' ' + key.error().detail);
        if (auto right = check_signature(child, *key); !right) {
            return bad("signed by " + issuer + ": " + right.error().detail);
        }
        if (auto dates = check_dates(parent, trust_.now); !dates) {
            return bad("the certificate of " + issuer + ' ' + dates.error().detail);
        }
        if (!is_self_issued(parent) && !may_vouch_for(parent, handle_)) {
            return bad(issuer + " may not vouch for " + handle_);
        }
        return {};
    }

    static bool is_self_issued(const Jws& certificate) {
        return is_same_reference(text_member(certificate.claims, "iss"),
                                 text_member(certificate.claims, "sub"));
    }

    Result<void> check_root(const Jws& root) const {
        const std::string subject = text_member(root.claims, "sub");
        if (!is_same_handle(handle_of(subject), trust_.root_handle)) {
            return bad("the chain ends at " + subject + ", which nobody vouches for");
        }
        const auto key = key_in(root);
        const auto written = key ? crypto::canonical_public_key(*key) : key;
        if (!written || std::ranges::find(trust_.roots, *written) == trust_.roots.end()) {
            return bad("the root's key is not a trusted one");
        }
        if (auto right = check_signature(root, *key); !right) {
            return bad("the root's certificate: " + right.error().detail);
        }
        return {};
    }

    bool is_signed_by_root(const Jws& child) const {
        return std::ranges::any_of(trust_.roots, [&child](const Bytes& key) {
            return check_signature(child, key).has_value();
        });
    }

    /// The certificates that come with the signature. Other elements are names, to be looked up.
    static std::vector<Jws> given_chain(const Jws& signature) {
        std::vector<Jws> out;
        const auto* member = signature.claims.if_contains("chain");
        const auto* list = member == nullptr ? nullptr : member->if_array();
        if (list == nullptr) return out;
        for (const bj::value& entry : *list) {
            const auto* text = entry.if_string();
            auto certificate =
                text == nullptr ? Result<Jws>(bad("")) : parse_jws(json::view(*text));
            if (!certificate || out.size() == kChainMax) break;
            out.push_back(std::move(*certificate));
        }
        return out;
    }

    /// The most recent certificate in the issuer's own record.
    Result<Jws> find(const std::string& issuer) const {
        const auto values = trust_.certificates(handle_of(issuer));
        if (!values) return bad("no certificate of " + issuer + ": " + values.error().detail);
        std::optional<Jws> best;
        for (const handle::Value& value : *values) {
            if (!equal_folded(value.type, "HS_CERT")) continue;
            auto certificate = parse_jws(as_text(value.data));
            if (!certificate ||
                !is_same_reference(text_member(certificate->claims, "sub"), issuer)) {
                continue;
            }
            if (!best || number_member(certificate->claims, "iat").value_or(0) >
                             number_member(best->claims, "iat").value_or(0)) {
                best = std::move(*certificate);
            }
        }
        if (!best) return bad("there is no certificate of " + issuer);
        return std::move(*best);
    }

    const std::string& handle_;
    const Trust& trust_;
};

}  // namespace

std::vector<SignatureVerdict> verify_signatures(const std::string& handle,
                                                std::span<const handle::Value> values,
                                                const Trust& trust) {
    std::vector<SignatureVerdict> out;
    for (const handle::Value& value : values) {
        if (!equal_folded(value.type, "HS_SIGNATURE")) continue;
        SignatureVerdict verdict{.index = value.index};
        const auto signature = parse_jws(as_text(value.data));
        if (signature) {
            verdict.issuer = text_member(signature->claims, "iss");
            const auto checked = Verification(handle, trust).check(*signature, values, verdict);
            verdict.valid = checked.has_value();
            if (!checked) verdict.reason = checked.error().detail;
        } else {
            verdict.reason = signature.error().detail;
        }
        out.push_back(std::move(verdict));
    }
    return out;
}

std::vector<std::int32_t> uncovered_values(std::span<const handle::Value> values,
                                           std::span<const SignatureVerdict> verdicts) {
    std::vector<std::int32_t> out;
    for (const handle::Value& value : values) {
        const bool needs_none = equal_folded(value.type, "HS_SIGNATURE") ||
                                (value.permissions & handle::permission::kPublicRead) == 0;
        const bool is_covered =
            std::ranges::any_of(verdicts, [&value](const SignatureVerdict& verdict) {
                return verdict.valid &&
                       std::ranges::find(verdict.covered, value.index) != verdict.covered.end();
            });
        if (!needs_none && !is_covered) out.push_back(value.index);
    }
    return out;
}

}  // namespace idnode::tools
