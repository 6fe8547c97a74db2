#include "registry/http/rest/authorization.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <utility>
#include <vector>

#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/handle/challenge.h"
#include "registry/http/rest/parameters.h"
#include "registry/json/encoding.h"
#include "registry/json/fields.h"
#include "registry/model/identifier.h"

namespace idnode::http {

namespace {

namespace bj = boost::json;
using handle::SecretKeyProof;

constexpr std::string_view kBasic = "Basic";
constexpr std::string_view kHandle = "Handle";
constexpr handle::Version kProofVersion{2, 11};

Error unreadable(std::string_view what) {
    return {Errc::kInvalid, std::string(what)};
}

bool has_scheme(std::string_view authorization, std::string_view scheme) {
    return starts_with_folded(authorization, scheme) &&
           (authorization.size() == scheme.size() || authorization[scheme.size()] == ' ');
}

std::string_view without_spaces(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

Result<service::Identity> read_identity(std::string_view text) {
    const auto reference = model::parse_value_reference(text);
    if (!reference) return reference.error();
    return service::Identity{reference->handle, reference->index};
}

/// One `name="value"` or `name=value` from the front of `list`, which loses it.
Result<std::pair<std::string, std::string>> take_pair(std::string_view& list) {
    const std::size_t equals = list.find('=');
    if (equals == std::string_view::npos) {
        return unreadable("Authorization: expected name=\"value\" pairs separated by commas");
    }
    std::string name(without_spaces(list.substr(0, equals)));
    list = without_spaces(list.substr(equals + 1));
    std::string value;
    if (!list.starts_with('"')) {
        const std::size_t end = std::min(list.find(','), list.size());
        value = without_spaces(list.substr(0, end));
        list.remove_prefix(end);
    } else {
        std::size_t at = 1;
        for (; at < list.size() && list[at] != '"'; ++at) {
            if (list[at] == '\\' && at + 1 < list.size()) ++at;
            value += list[at];
        }
        if (at >= list.size()) return unreadable("Authorization: " + name + ": no closing quote");
        list = without_spaces(list.substr(at + 1));
        if (!list.empty() && !list.starts_with(',')) {
            return unreadable("Authorization: " + name + ": a comma must follow its value");
        }
    }
    if (!list.empty()) list = without_spaces(list.substr(1));
    return std::pair{std::move(name), std::move(value)};
}

/// Sets the member that `name` means; unknown names are for later versions.
Result<void> set_member(HandleCredentials& out, std::string_view name, std::string_view value) {
    const auto is = [&](std::string_view known) { return equal_folded(name, known); };
    const auto set_octets = [&](Bytes& member) -> Result<void> {
        auto octets = read_octets(name, value);
        if (!octets) return octets.error();
        member = std::move(*octets);
        return {};
    };
    if (is("version") && value != "0") return unreadable("version: only \"0\" is known");
    if (is("sessionId")) out.session_id = value;
    if (is("type")) out.type = value;
    if (is("alg")) out.algorithm = value;
    if (is("iterations")) out.iterations = value;
    if (is("length")) out.length = value;
    if (is("clientCert")) out.client_certificate = equal_folded(value, "true");
    if (is("cnonce")) return set_octets(out.cnonce);
    if (is("signature")) return set_octets(out.signature);
    if (is("salt")) return set_octets(out.salt);
    if (is("id") && !value.empty()) {
        auto identity = read_identity(value);
        if (!identity) return identity.error();
        out.identity = std::move(*identity);
    }
    return {};
}

struct SecretAlgorithm {
    std::string_view name;
    SecretKeyProof proof;
};
/// The table of §8.7.
constexpr std::array kSecretAlgorithms{
    SecretAlgorithm{"SHA1", SecretKeyProof::kSha1},
    SecretAlgorithm{"SHA-1", SecretKeyProof::kSha1},
    SecretAlgorithm{"SHA256", SecretKeyProof::kSha256},
    SecretAlgorithm{"SHA-256", SecretKeyProof::kSha256},
    SecretAlgorithm{"MD5", SecretKeyProof::kMd5},
    SecretAlgorithm{"HMAC-SHA1", SecretKeyProof::kHmacSha1},
    SecretAlgorithm{"HMAC-SHA256", SecretKeyProof::kHmacSha256},
    SecretAlgorithm{"PBKDF2-HMAC-SHA1", SecretKeyProof::kPbkdf2HmacSha1},
    SecretAlgorithm{"PBKDF2WithHmacSHA1", SecretKeyProof::kPbkdf2HmacSha1},
};

Result<std::uint32_t> read_count(std::string_view name, std::string_view text,
                                 std::uint32_t count_max) {
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error == std::errc{} && end == text.data() + text.size() && count >= 1 &&
        count <= count_max) {
        return count;
    }
    return unreadable(std::string(name) + ": must be a number from 1 to " +
                      std::to_string(count_max));
}

Result<Bytes> secret_proof(const HandleCredentials& credentials) {
    const auto at = std::ranges::find_if(kSecretAlgorithms, [&](const SecretAlgorithm& known) {
        return equal_folded(known.name, credentials.algorithm);
    });
    if (at == kSecretAlgorithms.end()) {
        return unreadable(
            "alg: must be SHA1, SHA256, MD5, HMAC-SHA1, HMAC-SHA256 or PBKDF2-HMAC-SHA1");
    }
    handle::SecretKeyAnswer answer;
    answer.proof = at->proof;
    answer.code = credentials.signature;
    if (at->proof == SecretKeyProof::kPbkdf2HmacSha1) {
        const auto iterations =
            read_count("iterations", credentials.iterations, limits::kPbkdf2IterationsMax);
        if (!iterations) return iterations.error();
        const auto bits = read_count("length", credentials.length, limits::kPbkdf2BitsMax);
        if (!bits) return bits.error();
        answer.salt = credentials.salt;
        answer.iterations = *iterations;
        answer.bits = *bits;
    }
    return handle::encode_secret_key_answer(answer, kProofVersion);
}

}  // namespace

Scheme scheme_of(std::string_view authorization) {
    if (authorization.empty()) return Scheme::kNone;
    if (has_scheme(authorization, kBasic)) return Scheme::kBasic;
    if (has_scheme(authorization, kHandle)) return Scheme::kHandle;
    return Scheme::kOther;
}

Result<BasicCredentials> read_basic(std::string_view authorization) {
    const auto octets = json::parse_base64(without_spaces(authorization.substr(kBasic.size())));
    if (!octets) return unreadable("Authorization: Basic must be followed by Base64");
    const std::string_view text = as_text(*octets);
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return unreadable("Authorization: Basic needs index%3Ahandle, a colon and the secret");
    }
    const auto name = percent_decode(text.substr(0, colon));
    if (!name) {
        return unreadable(
            "Authorization: the user name must be percent-encoded: 301%3A0.NA/88.100");
    }
    auto identity = read_identity(*name);
    if (!identity) return identity.error();
    return BasicCredentials{std::move(*identity), to_bytes(text.substr(colon + 1))};
}

Result<HandleCredentials> read_handle(std::string_view authorization) {
    std::string_view list = without_spaces(authorization.substr(kHandle.size()));
    HandleCredentials out;
    while (!list.empty()) {
        auto pair = take_pair(list);
        if (!pair) return pair.error();
        auto& [name, value] = *pair;
        if (equal_folded(name, "id")) {
            auto decoded = percent_decode(value);
            if (!decoded) return unreadable("Authorization: id must be percent-encoded");
            value = std::move(*decoded);
        }
        if (auto set = set_member(out, name, value); !set) return set.error();
    }
    return out;
}

Result<HandleCredentials> read_handle(const bj::value& object) {
    const json::Place place;
    const auto members = json::read_object(object, place);
    if (!members) return members.error();
    HandleCredentials out;
    for (const auto& member : **members) {
        const std::string name(member.key().data(), member.key().size());
        std::string value;
        if (member.value().is_bool()) {
            value = member.value().get_bool() ? "true" : "false";
        } else if (member.value().is_int64()) {
            value = std::to_string(member.value().get_int64());
        } else {
            const auto text = json::read_string(member.value(), place.member(name));
            if (!text) return text.error();
            value = *text;
        }
        if (auto set = set_member(out, name, value); !set) return set.error();
    }
    return out;
}

Result<Bytes> read_octets(std::string_view name, std::string_view base64) {
    std::string text(base64);
    std::ranges::replace(text, ' ', '+');
    if (auto octets = json::parse_base64(text)) return *std::move(octets);
    return unreadable(std::string(name) + ": must be Base64");
}

Result<Bytes> native_proof(const HandleCredentials& credentials) {
    if (credentials.type == handle::kSecretKeyAuthentication) return secret_proof(credentials);
    if (credentials.type == handle::kPublicKeyAuthentication) {
        return handle::encode_public_key_answer(
            {as_bytes_view(credentials.algorithm), credentials.signature});
    }
    return unreadable("type: must be HS_PUBKEY or HS_SECKEY");
}

}  // namespace idnode::http
