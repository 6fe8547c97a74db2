// Every entry of tests/vectors/handle-wire.json: decoded, compared with the meaning written beside
// it, and encoded to the same octets.
#include "tests/support/vectors.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "proto/base/hex.h"
#include "proto/base/text.h"
#include "proto/handle/admin.h"
#include "proto/handle/challenge.h"
#include "proto/handle/credential.h"
#include "proto/handle/digest.h"
#include "proto/handle/fragment.h"
#include "proto/handle/hash.h"
#include "proto/handle/key.h"
#include "proto/handle/keyfile.h"
#include "proto/handle/message.h"
#include "proto/handle/replication.h"
#include "proto/handle/requests.h"
#include "proto/handle/resolution.h"
#include "proto/handle/responses.h"
#include "proto/handle/session.h"
#include "proto/handle/signing.h"
#include "proto/handle/site.h"
#include "proto/handle/stream.h"
#include "proto/handle/value_file.h"
#include "proto/handle/vlist.h"
#include "tests/support/messages.h"
#include "tests/unit/proto/crypto.h"
#include "tests/unit/proto/exact.h"

namespace idnode::test {
namespace {

using namespace handle;
using boost::json::array;
using boost::json::object;
using boost::json::value_to;

// What the codec does not do with a vector, and why.
const std::map<std::string_view, std::string_view> kNotReencoded = {
    {"key-public-rsa1024-no-sign-byte", "we write the sign octet and the four zero octets"},
    {"key-public-rsa1024-no-surplus", "we write the four zero octets"},
    {"key-public-rsa1024-reserved-bits", "we write the two flag octets as zero"},
    {"utf8-surrogate", "the reference accepts it; we apply RFC 3629"},
    {"utf8-five-byte", "the reference accepts it; we apply RFC 3629"},
};

std::int64_t number(const object& from, std::string_view key) {
    return from.at(key).to_number<std::int64_t>();
}
std::string text(const object& from, std::string_view key) {
    return std::string(from.at(key).as_string());
}
bool boolean(const object& from, std::string_view key) {
    return from.at(key).as_bool();
}
Bytes octets(const object& from, std::string_view key) {
    return from_hex(text(from, key));
}
bool has(const object& from, std::string_view key) {
    const auto* found = from.if_contains(key);
    return found != nullptr && !found->is_null();
}

void check_value(const ValueView& value, const object& expected) {
    CHECK(static_cast<std::uint32_t>(value.index) == number(expected, "index"));
    CHECK(value.timestamp == number(expected, "timestamp"));
    CHECK(static_cast<int>(value.ttl_type) == number(expected, "ttlType"));
    CHECK(value.ttl == number(expected, "ttl"));
    CHECK(value.is_admin_readable() == boolean(expected, "adminRead"));
    CHECK(((value.permissions & permission::kAdminWrite) != 0) == boolean(expected, "adminWrite"));
    CHECK(value.is_public() == boolean(expected, "publicRead"));
    CHECK(((value.permissions & permission::kPublicWrite) != 0) ==
          boolean(expected, "publicWrite"));
    CHECK(value.type == text(expected, "type"));
    CHECK(to_hex(value.data) == text(expected, "dataHex"));
    const array& references = expected.at("references").as_array();
    const auto decoded = decode_references(value);
    REQUIRE(decoded.size() == references.size());
    for (std::size_t i = 0; i < decoded.size(); ++i) {
        CHECK(decoded[i].handle == text(references[i].as_object(), "handle"));
        CHECK(decoded[i].index ==
              static_cast<std::uint32_t>(number(references[i].as_object(), "index")));
    }
}

void check_values(BytesView section, const array& expected) {
    ByteReader in(section);
    ValuesReader values(in);
    CHECK(values.count() == expected.size());
    for (const auto& one : expected) {
        const auto value = values.next();
        REQUIRE(value);
        check_value(*value, one.as_object());
    }
    CHECK_FALSE(values.next());
    CHECK(in.ok());
    CHECK(in.left() == 0);
}

Result<Value, WireError> decode_one_value(BytesView octets) {
    ByteReader in(octets);
    const ValueView view = read_value(in);
    return in.finish(in.ok() ? to_value(view) : Value{});
}

void check_value_vector(const WireVector& vector) {
    ByteReader in(vector.octets);
    const ValueView view = read_value(in);
    check_value(view, vector.decoded());
    CHECK(to_hex(digest_of("SHA256", {view.digest_octets()})) ==
          text(vector.json, "sha256WithoutIndexAndTimestamp"));
    check_exact(vector.octets, decode_one_value, [](const Value& value) {
        Bytes out;
        ByteWriter writer(out);
        encode_value(value, writer);
        return out;
    });
}

void check_record_vector(const WireVector& vector) {
    if (vector.name == "record-local-info") {
        const auto entries = decode_local_sites(vector.octets);
        REQUIRE(entries);
        REQUIRE(entries->size() == 1);
        CHECK(entries->front().prefixes ==
              value_to<std::vector<std::string>>(vector.decoded().at("prefixes")));
        CHECK(same_octets(encode_local_sites(*entries), vector.octets));
        return;
    }
    check_values(BytesView(vector.octets).subspan(4), vector.decoded().at("values").as_array());
    check_exact(vector.octets, decode_value_file,
                [](const auto& values) { return encode_value_file(values); });
}

void check_admin_vector(const WireVector& vector) {
    const auto admin = decode_admin(vector.octets);
    REQUIRE(admin);
    CHECK(admin->permissions == number(vector.decoded(), "permissionMask"));
    CHECK(admin->administrator.handle == text(vector.decoded(), "handle"));
    CHECK(admin->administrator.index == number(vector.decoded(), "index"));
    CHECK(admin->legacy_length == boolean(vector.decoded(), "legacyLength"));
    CHECK(same_octets(encode_admin(*admin), vector.octets));
}

void check_vlist_vector(const WireVector& vector) {
    const auto members = decode_vlist(vector.octets);
    REQUIRE(members);
    const array& expected = vector.decoded().at("references").as_array();
    REQUIRE(members->size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK((*members)[i].handle == text(expected[i].as_object(), "handle"));
        CHECK((*members)[i].index == number(expected[i].as_object(), "index"));
    }
    check_exact(vector.octets, decode_vlist, [](const auto& list) { return encode_vlist(list); });
}

void check_server(const Server& server, const object& expected) {
    CHECK(server.id == number(expected, "serverId"));
    CHECK(to_hex(server.address) == text(expected, "ipAddressHex"));
    CHECK(to_hex(server.public_key) == text(expected, "publicKeyHex"));
    const array& interfaces = expected.at("interfaces").as_array();
    REQUIRE(server.interfaces.size() == interfaces.size());
    for (std::size_t i = 0; i < interfaces.size(); ++i) {
        const object& one = interfaces[i].as_object();
        CHECK(static_cast<int>(server.interfaces[i].type) == number(one, "type"));
        CHECK(static_cast<int>(server.interfaces[i].transport) == number(one, "protocol"));
        CHECK(server.interfaces[i].port == number(one, "port"));
    }
}

void check_site(const Site& site, const object& expected) {
    CHECK(site.format_version == number(expected, "dataFormatVersion"));
    CHECK(site.protocol.major == number(expected, "majorVersion"));
    CHECK(site.protocol.minor == number(expected, "minorVersion"));
    CHECK(static_cast<std::uint16_t>(site.serial) == number(expected, "serialNumber"));
    CHECK(site.primary == boolean(expected, "primary"));
    CHECK(site.multi_primary == boolean(expected, "multiPrimary"));
    CHECK(static_cast<int>(site.hash_option) == number(expected, "hashOption"));
    CHECK(to_hex(site.hash_filter) == text(expected, "hashFilterHex"));
    const array& attributes = expected.at("attributes").as_array();
    REQUIRE(site.attributes.size() == attributes.size());
    for (std::size_t i = 0; i < attributes.size(); ++i) {
        CHECK(site.attributes[i].first == text(attributes[i].as_object(), "name"));
        CHECK(site.attributes[i].second == text(attributes[i].as_object(), "value"));
    }
    const array& servers = expected.at("servers").as_array();
    REQUIRE(site.servers.size() == servers.size());
    for (std::size_t i = 0; i < servers.size(); ++i) {
        check_server(site.servers[i], servers[i].as_object());
    }
}

void check_site_vector(const WireVector& vector) {
    const auto site = decode_site(vector.octets);
    REQUIRE(site);
    check_site(*site, vector.decoded());
    check_exact(vector.octets, decode_site, [](const Site& one) { return encode_site(one); });
}

// Numbers in the file are hexadecimal without leading zeros.
std::string hex_number(const Integer& number) {
    std::string hex = to_hex(number.octets());
    return hex.starts_with('0') ? hex.substr(1) : hex;
}

void check_public_key(const PublicKey& key, const object& expected) {
    const std::string algorithm = text(expected, "algorithm");
    if (const auto* rsa = std::get_if<RsaPublicKey>(&key)) {
        CHECK(algorithm == "RSA");
        CHECK(hex_number(rsa->modulus) == text(expected, "modulus"));
        CHECK(hex_number(rsa->exponent) == text(expected, "publicExponent"));
        CHECK(rsa->modulus.bits() == static_cast<std::size_t>(number(expected, "bits")));
    } else if (const auto* dsa = std::get_if<DsaPublicKey>(&key)) {
        CHECK(algorithm == "DSA");
        CHECK(hex_number(dsa->p) == text(expected, "p"));
        CHECK(hex_number(dsa->q) == text(expected, "q"));
        CHECK(hex_number(dsa->g) == text(expected, "g"));
        CHECK(hex_number(dsa->y) == text(expected, "y"));
    } else {
        const auto& dh = std::get<DhPublicKey>(key);
        CHECK(algorithm == "DH");
        CHECK(hex_number(dh.p) == text(expected, "p"));
        CHECK(hex_number(dh.g) == text(expected, "g"));
        CHECK(hex_number(dh.y) == text(expected, "y"));
    }
}

void check_private_key(const PrivateKey& key, const object& expected) {
    const std::string type = text(expected, "encodingName");
    std::visit([&](const auto& each) { CHECK(type == each.kType); }, key);
    if (const auto* rsa = std::get_if<RsaPrivateKey>(&key)) {
        CHECK(hex_number(rsa->modulus) == text(expected, "modulus"));
        CHECK(hex_number(rsa->exponent) == text(expected, "privateExponent"));
    } else if (const auto* crt = std::get_if<RsaCrtPrivateKey>(&key)) {
        CHECK(hex_number(crt->modulus) == text(expected, "modulus"));
        CHECK(hex_number(crt->public_exponent) == text(expected, "publicExponent"));
        CHECK(hex_number(crt->exponent) == text(expected, "privateExponent"));
    } else {
        const auto& dsa = std::get<DsaPrivateKey>(key);
        CHECK(hex_number(dsa.x) == text(expected, "x"));
        CHECK(hex_number(dsa.p) == text(expected, "p"));
    }
}

void check_key_vector(const WireVector& vector) {
    if (vector.name.starts_with("key-private")) {
        const auto key = decode_private_key(vector.octets);
        REQUIRE(key);
        check_private_key(*key, vector.decoded());
        check_exact(vector.octets, decode_private_key, encode_private_key);
        return;
    }
    const auto key = decode_public_key(vector.octets);
    REQUIRE(key);
    check_public_key(*key, vector.decoded());
    const bool same = same_octets(encode_public_key(*key), vector.octets);
    CHECK(same != kNotReencoded.contains(vector.name));
}

void check_keyfile_vector(const WireVector& vector) {
    const auto file = decode_key_file(vector.octets);
    REQUIRE(file);
    REQUIRE(file->scheme);
    CHECK(static_cast<int>(*file->scheme) == number(vector.decoded(), "encryption"));
    CHECK(file->is_encrypted() == has(vector.decoded(), "passphrase"));
    if (!file->is_encrypted()) CHECK(decode_private_key(file->content).has_value());
    CHECK(same_octets(encode_key_file(*file), vector.octets));
}

void check_envelope(const Envelope& envelope, const object& expected) {
    CHECK(envelope.version.major == number(expected, "majorVersion"));
    CHECK(envelope.version.minor == number(expected, "minorVersion"));
    CHECK(envelope.compressed == boolean(expected, "compressed"));
    CHECK(envelope.encrypted == boolean(expected, "encrypted"));
    CHECK(envelope.truncated == boolean(expected, "truncated"));
    const Version suggested = envelope.suggested.major == 0 ? envelope.version : envelope.suggested;
    CHECK(suggested.major == number(expected, "suggestMajorVersion"));
    CHECK(suggested.minor == number(expected, "suggestMinorVersion"));
    CHECK(envelope.session_id == number(expected, "sessionId"));
    CHECK(envelope.request_id == number(expected, "requestId"));
    CHECK(envelope.sequence == number(expected, "sequence"));
    CHECK(envelope.message_length == number(expected, "messageLength"));
}

void check_envelope_vector(const WireVector& vector) {
    const auto envelope = decode_envelope(vector.octets);
    REQUIRE(envelope);
    check_envelope(*envelope, vector.decoded());
    check_exact(
        vector.octets, decode_envelope,
        [](const Envelope& one) {
            const EnvelopeOctets octets = envelope_octets(one);
            return Bytes(octets.begin(), octets.end());
        },
        Longer::kAllowed);
}

void check_header(const Header& header, const object& expected) {
    CHECK(static_cast<std::uint32_t>(header.op) == number(expected, "opCode"));
    CHECK(static_cast<std::uint32_t>(header.response) == number(expected, "responseCode"));
    Bytes flags;
    ByteWriter(flags).u32(header.flags);
    CHECK(to_hex(flags) == text(expected, "opFlags"));
    CHECK(static_cast<std::uint16_t>(header.site_serial) ==
          static_cast<std::uint16_t>(number(expected, "siteInfoSerial")));
    CHECK(header.recursion_count == number(expected, "recursionCount"));
    CHECK(header.expiration == number(expected, "expiration"));
    CHECK(header.body_length == number(expected, "bodyLength"));
}

void check_resolution_request(BytesView body, const object& expected) {
    const auto request = decode_resolution_request(body);
    REQUIRE(request);
    CHECK(to_hex(as_bytes_view(request->handle)) == text(expected, "handleHex"));
    std::vector<std::int32_t> indexes;
    ByteReader index_list(request->indexes);
    while (index_list.left() > 0) {
        indexes.push_back(static_cast<std::int32_t>(index_list.u32("index")));
    }
    CHECK(indexes == value_to<std::vector<std::int32_t>>(expected.at("indexes")));
    std::vector<std::string> types;
    ByteReader type_list(request->types);
    while (type_list.left() > 0) types.emplace_back(type_list.text_u32("type", body.size()));
    CHECK(types == value_to<std::vector<std::string>>(expected.at("types")));
}

void check_values_request(BytesView body, const object& expected) {
    const auto request = decode_values_request(body);
    REQUIRE(request);
    CHECK(to_hex(as_bytes_view(request->handle)) == text(expected, "handleHex"));
    check_values(request->values, expected.at("values").as_array());
}

void check_session_setup(BytesView body, const object& expected) {
    const auto request = decode_session_setup_request(body);
    REQUIRE(request);
    CHECK(static_cast<int>(request->mode) == number(expected, "keyExchangeMode"));
    CHECK(request->timeout == number(expected, "timeout"));
    CHECK(request->identity_handle == text(expected, "identityHandle"));
    CHECK(request->identity_index == static_cast<std::uint32_t>(number(expected, "identityIndex")));
    CHECK(request->surplus);
    if (has(expected, "publicKeyHex")) {
        CHECK(to_hex(request->public_key) == text(expected, "publicKeyHex"));
    }
    if (has(expected, "exchangeKeyHandle")) {
        CHECK(request->exchange_key_handle == text(expected, "exchangeKeyHandle"));
        CHECK(request->exchange_key_index == number(expected, "exchangeKeyIndex"));
    }
}

void check_retrieve(BytesView body, Version version, const object& expected) {
    const auto request = decode_retrieve_transactions_request(body, version);
    REQUIRE(request);
    CHECK(static_cast<int>(request->bucket.option) == number(expected, "hashType"));
    CHECK(request->bucket.servers == number(expected, "numServers"));
    CHECK(request->bucket.server == number(expected, "serverNum"));
    if (const auto* position = std::get_if<SourcePosition>(&request->position)) {
        CHECK(position->last_transaction_id ==
              static_cast<std::uint64_t>(number(expected, "lastTxnId")));
        CHECK(position->last_query_ms ==
              static_cast<std::uint64_t>(number(expected, "lastQueryDate")));
    } else {
        const auto state =
            boost::json::parse(std::get<AllSourcesState>(request->position).json).as_object();
        CHECK(state.at("replicationServerStates") == expected.at("replicationState"));
        CHECK(state.at("ownName") == expected.at("ownName"));
    }
}

void check_dump(BytesView body, const object& expected) {
    const auto request = decode_dump_handles_request(body);
    REQUIRE(request);
    CHECK(static_cast<int>(request->bucket.option) == number(expected, "hashType"));
    CHECK(request->bucket.servers == number(expected, "numServers"));
    CHECK(request->bucket.server == number(expected, "serverNum"));
    REQUIRE(request->resume.has_value() == has(expected, "startingPoint"));
    if (request->resume) {
        CHECK(request->resume->after == text(expected, "startingPoint"));
        CHECK(static_cast<int>(request->resume->part) == number(expected, "startingPointType"));
    }
}

void check_request_body(const MessageView& message, const object& expected) {
    const BytesView body = message.body;
    const std::string kind = text(expected, "class");
    if (kind == "ResolutionRequest") return check_resolution_request(body, expected);
    if (kind == "CreateHandleRequest" || kind == "AddValueRequest" ||
        kind == "ModifyValueRequest") {
        return check_values_request(body, expected);
    }
    if (kind == "SessionSetupRequest") return check_session_setup(body, expected);
    if (kind == "RetrieveTxnRequest") {
        return check_retrieve(body, message.envelope.version, expected);
    }
    if (kind == "DumpHandlesRequest") return check_dump(body, expected);
    if (kind == "RemoveValueRequest") {
        const auto request = decode_remove_value_request(body);
        REQUIRE(request);
        CHECK(request->handle == text(expected, "handle"));
        CHECK(request->indexes == value_to<std::vector<std::int32_t>>(expected.at("indexes")));
    } else if (kind == "VerifyAuthRequest") {
        const auto request = decode_verify_request(body);
        REQUIRE(request);
        CHECK(request->user_handle == text(expected, "handle"));
        CHECK(request->user_index == number(expected, "handleIndex"));
        CHECK(to_hex(request->nonce) == text(expected, "nonceHex"));
        CHECK(to_hex(request->digest) == text(expected, "origRequestDigestHex"));
        CHECK(to_hex(request->signed_response) == text(expected, "signedResponseHex"));
        CHECK(decode_secret_key_answer(request->signed_response, message.envelope.version));
    } else if (kind == "SessionExchangeKeyRequest") {
        const auto key = decode_exchange_key_request(body);
        REQUIRE(key);
        CHECK(to_hex(*key) == text(expected, "encryptedSessionKeyHex"));
    } else if (kind == "ChallengeAnswerRequest") {
        const auto answer = decode_challenge_answer(body);
        REQUIRE(answer);
        CHECK(answer->authentication_type == text(expected, "authType"));
        CHECK(answer->user_handle == text(expected, "userIdHandle"));
        CHECK(answer->user_index == number(expected, "userIdIndex"));
        CHECK(to_hex(answer->signed_response) == text(expected, "signedResponseHex"));
    } else {
        INFO(kind);
        REQUIRE(is_handle_request(static_cast<std::uint32_t>(message.header.op)));
        const auto handle = decode_handle_request(body);
        REQUIRE(handle);
        CHECK(*handle == text(expected, "handle"));
    }
}

void check_challenge(const MessageView& message, const object& expected) {
    const Version version = message.envelope.version;
    const auto challenge = decode_challenge(message.body, version);
    REQUIRE(challenge);
    CHECK(to_hex(challenge->nonce) == text(expected, "nonceHex"));
    CHECK(to_hex(challenge->digest.octets) == text(expected, "requestDigestHex"));
    if (version.at_least({2, 1})) {
        CHECK(static_cast<int>(challenge->digest.algorithm) ==
              number(expected, "requestDigestType"));
    }
}

void check_rest_of_response(BytesView rest, const object& expected) {
    const std::string kind = text(expected, "class");
    if (kind == "ResolutionResponse") {
        const auto response = decode_resolution_response(rest);
        REQUIRE(response);
        CHECK(to_hex(as_bytes_view(response->handle)) == text(expected, "handleHex"));
        check_values(response->values, expected.at("values").as_array());
    } else if (kind == "GetSiteInfoResponse") {
        const auto site = decode_site(rest);
        REQUIRE(site);
        check_site(*site, expected.at("site").as_object());
    } else if (kind == "CreateHandleResponse") {
        const auto handle = decode_create_response(rest);
        REQUIRE(handle);
        CHECK(handle->has_value() == has(expected, "handle"));
        if (*handle) CHECK(**handle == text(expected, "handle"));
    } else if (kind == "ListHandlesResponse" || kind == "ListNAsResponse") {
        const auto handles = decode_list_response(rest);
        REQUIRE(handles);
        const std::vector<std::string> owned(handles->begin(), handles->end());
        CHECK(owned == value_to<std::vector<std::string>>(expected.at("handles")));
    } else if (kind == "VerifyAuthResponse" || kind == "RetrieveTxnResponse") {
        const auto flag = decode_flag_response(rest);
        REQUIRE(flag);
        CHECK(*flag == boolean(expected, kind == "VerifyAuthResponse" ? "valid" : "keepAlive"));
    } else if (kind == "NextTxnIdResponse") {
        const auto id = decode_transaction_id_response(rest);
        REQUIRE(id);
        CHECK(*id == static_cast<std::uint64_t>(number(expected, "nextTxnId")));
    } else if (kind == "SessionSetupResponse") {
        const auto response = decode_session_setup_response(rest);
        REQUIRE(response);
        CHECK(static_cast<int>(response->mode) == number(expected, "keyExchangeMode"));
        CHECK(to_hex(response->data) == text(expected, "dataHex"));
    } else if (kind == "ServiceReferralResponse") {
        const auto referral = decode_referral(rest);
        REQUIRE(referral);
        CHECK(referral->handle == text(expected, "handle"));
        CHECK(referral->values.has_value() == boolean(expected, "valuesPresent"));
        if (referral->values) check_values(*referral->values, expected.at("values").as_array());
    } else if (kind == "ErrorResponse") {
        const auto message = decode_error(rest);
        REQUIRE(message);
        CHECK(*message == text(expected, "message"));
    } else {
        INFO(kind);
        const bool empty = kind == "GenericResponse" || kind == "DumpHandlesResponse";
        CHECK(empty);
        CHECK(decode_empty_response(rest).has_value());
    }
}

void check_response_body(const MessageView& message, const WireVector& vector) {
    const object& expected = vector.decoded().at("body").as_object();
    if (text(expected, "class") == "ChallengeResponse") return check_challenge(message, expected);
    const auto parts = split_response_body(message.header, message.envelope.version, message.body);
    REQUIRE(parts);
    REQUIRE(parts->digest.has_value() == has(expected, "requestDigestHex"));
    if (parts->digest) {
        CHECK(to_hex(parts->digest->octets) == text(expected, "requestDigestHex"));
        CHECK(static_cast<int>(parts->digest->algorithm) == number(expected, "requestDigestType"));
    }
    check_rest_of_response(parts->rest, expected);
}

// The digest in a response is that of the request's header and body.
void check_request_digest(const MessageView& message, const WireVector& vector) {
    if (!has(vector.json, "requestMessageHex")) return;
    const Bytes request = octets(vector.json, "requestMessageHex");
    const object& body = vector.decoded().at("body").as_object();
    constexpr std::array kNames{"MD5", "MD5", "SHA1", "SHA256"};
    const auto name = kNames.at(static_cast<std::size_t>(number(body, "requestDigestType")));
    Envelope envelope = message.envelope;
    const auto decoded = decode_message(envelope, request);
    REQUIRE(decoded);
    CHECK(to_hex(digest_of(name, {decoded->header_and_body})) == text(body, "requestDigestHex"));
}

void check_credential(const MessageView& message, const WireVector& vector) {
    if (!has(vector.decoded(), "credential")) {
        CHECK(message.credential.empty());
        return;
    }
    const object& expected = vector.decoded().at("credential").as_object();
    const auto credential = decode_credential(message.credential);
    REQUIRE(credential);
    CHECK(credential->version == number(expected, "version"));
    CHECK(credential->options == number(expected, "flags"));
    CHECK(credential->signer_handle == text(expected, "signerHandle"));
    CHECK(credential->session_counter == number(expected, "sessionCounter"));
    CHECK(credential->type == text(expected, "type"));
    CHECK(to_hex(credential->signature) == text(expected, "signatureHex"));
    if (has(expected, "digestAlgorithm")) {
        CHECK(as_text(credential->algorithm) == text(expected, "digestAlgorithm"));
    } else {
        REQUIRE(credential->algorithm.size() == 1);
        CHECK(std::to_integer<int>(credential->algorithm[0]) ==
              number(expected, "digestAlgorithmCode"));
    }
}

void check_signing_input(const MessageView& message, const WireVector& vector) {
    if (!has(vector.json, "signing") || message.credential.empty()) return;
    const object& signing = vector.json.at("signing").as_object();
    const auto credential = decode_credential(message.credential);
    REQUIRE(credential);
    const Version version = message.envelope.version;
    if (credential->type == kSignedCredential) {
        const Bytes input =
            signature_input(message.envelope, credential->session_counter, message.header_and_body);
        CHECK(to_hex(input) == text(signing, "signedBytesHex"));
        CHECK(as_text(credential->algorithm) ==
              signature_algorithm_field(version, text(signing, "key").starts_with("dsa")));
        return;
    }
    const Bytes key = octets(signing, "sessionKeyHex");
    const Bytes input =
        mac_input(message.envelope, credential->session_counter, key, message.header_and_body);
    const Bytes mac = mac_function(version) == MacFunction::kHmacSha256
                          ? hmac_of("SHA256", key, input)
                          : digest_of("SHA1", {input});
    CHECK(same_octets(mac, credential->signature));
    CHECK(as_text(credential->algorithm) == mac_algorithm_field(version));
}

void check_message_vector(const WireVector& vector) {
    const auto envelope = decode_envelope(vector.octets);
    REQUIRE(envelope);
    check_envelope(*envelope, vector.decoded().at("envelope").as_object());
    const BytesView payload = BytesView(vector.octets).subspan(limits::kEnvelopeBytes);
    const auto message = decode_message(*envelope, payload);
    REQUIRE(message);
    check_header(message->header, vector.decoded().at("header").as_object());
    if (vector.kind == "request") {
        check_request_body(*message, vector.decoded().at("body").as_object());
    } else {
        check_response_body(*message, vector);
        check_request_digest(*message, vector);
    }
    check_credential(*message, vector);
    check_signing_input(*message, vector);

    const auto again = reencode_message(Exact(vector.octets).view());
    REQUIRE(again);
    CHECK(again->one_spelling);
    CHECK(same_octets(again->octets, vector.octets));
}

void check_digest_vector(const WireVector& vector) {
    CHECK(to_hex(digest_of("MD5", {vector.octets})) == text(vector.decoded(), "type1Md5"));
    CHECK(to_hex(digest_of("SHA1", {vector.octets})) == text(vector.decoded(), "type2Sha1"));
    CHECK(to_hex(digest_of("SHA256", {vector.octets})) == text(vector.decoded(), "type3Sha256"));
    // The input is a message without envelope and credential: it reads as one.
    const auto message = decode_message(Envelope{}, vector.octets);
    REQUIRE(message);
    CHECK(same_octets(message->header_and_body, vector.octets));
}

void check_hash_vector(const WireVector& vector) {
    const std::string handle(as_text(vector.octets));
    constexpr std::array kOptions{
        std::pair{HashOption::kPrefix, "byPrefix"},
        std::pair{HashOption::kSuffix, "bySuffix"},
        std::pair{HashOption::kWhole, "byAll"},
    };
    for (const auto& [option, name] : kOptions) {
        const Bytes md5 = digest_of("MD5", {as_bytes_view(text_to_hash(handle, option))});
        const std::uint32_t hash = hash_number(std::span<const std::byte, 16>(md5));
        const object& expected = vector.decoded().at(name).as_object();
        CHECK(hash == number(expected, "hash"));
        CHECK(hash % 100 == number(expected, "of100"));
    }
}

// Prefixes and parents are the business of registry/model; folding is of this folder.
void check_casefold_vector(const WireVector& vector) {
    CHECK(fold_ascii(as_text(vector.octets)) == text(vector.decoded(), "upperCase"));
    CHECK(equal_folded(as_text(vector.octets), text(vector.decoded(), "upperCase")));
    CHECK(text_to_hash(as_text(vector.octets), HashOption::kPrefix) ==
          fold_ascii(text(vector.decoded(), "prefixPart")));
    CHECK(text_to_hash(as_text(vector.octets), HashOption::kSuffix) ==
          fold_ascii(text(vector.decoded(), "suffixPart")));
}

void check_utf8_vector(const WireVector& vector) {
    const bool accepted = boolean(vector.decoded(), "accepted");
    const bool stricter = kNotReencoded.contains(vector.name);
    CHECK(is_utf8(as_text(vector.octets)) == (accepted && !stricter));
}

void check_typematch_vector(const WireVector& vector) {
    CHECK(type_matches(text(vector.decoded(), "requested"), text(vector.decoded(), "valueType")) ==
          boolean(vector.decoded(), "matches"));
}

void check_fragments_vector(const WireVector& vector) {
    const array& datagrams = vector.json.at("fragments").as_array();
    const Bytes payload = octets(vector.decoded(), "messageHex");
    REQUIRE(datagram_count(payload.size()) == datagrams.size());

    Bytes message = from_hex(datagrams[0].as_string());
    message.resize(limits::kEnvelopeBytes);
    message.insert(message.end(), payload.begin(), payload.end());
    Reassembler reassembler;
    std::optional<Bytes> whole;
    for (std::size_t i = datagrams.size(); i-- > 0;) {  // the last one first
        const Bytes expected = from_hex(datagrams[i].as_string());
        Bytes written;
        write_datagram(message, static_cast<std::uint32_t>(i), written);
        CHECK(same_octets(written, expected));
        const auto envelope = decode_envelope(expected);
        REQUIRE(envelope);
        CHECK_FALSE(whole);
        whole = reassembler.add(as_bytes_view("198.51.100.7:4000"), *envelope,
                                BytesView(expected).subspan(limits::kEnvelopeBytes), {});
        if (i == 0) {
            check_envelope(*envelope, vector.decoded().at("envelopeOfFirst").as_object());
        }
    }
    REQUIRE(whole);
    CHECK(same_octets(*whole, payload));
    CHECK(reassembler.pending() == 0);
    CHECK(reencode_message(message).has_value());
}

void check_secret_key_vector(const WireVector& vector) {
    const auto answer = decode_secret_key_answer(vector.octets, {2, 11});
    REQUIRE(answer);
    CHECK(static_cast<int>(answer->proof) == number(vector.decoded(), "code"));
    if (has(vector.decoded(), "saltHex")) {
        CHECK(to_hex(answer->salt) == text(vector.decoded(), "saltHex"));
        CHECK(answer->iterations == number(vector.decoded(), "iterations"));
        CHECK(answer->bits == number(vector.decoded(), "keyBits"));
    }
    const Bytes secret = octets(vector.decoded(), "secretHex");
    const Bytes input = octets(vector.decoded(), "inputHex");
    if (answer->proof == SecretKeyProof::kSha256) {
        CHECK(same_octets(digest_of("SHA256", {secret, input, secret}), answer->code));
    }
    if (answer->proof == SecretKeyProof::kHmacSha256) {
        CHECK(same_octets(hmac_of("SHA256", secret, input), answer->code));
    }
    check_exact(
        vector.octets, [](BytesView octets) { return decode_secret_key_answer(octets, {2, 11}); },
        [](const auto& one) { return encode_secret_key_answer(one, {2, 11}); });
}

void check_public_key_answer_vector(const WireVector& vector) {
    const auto answer = decode_public_key_answer(vector.octets);
    REQUIRE(answer);
    CHECK(as_text(answer->algorithm) == text(vector.decoded(), "digestName"));
    CHECK(digest_algorithm(answer->algorithm).has_value());
    CHECK(to_hex(answer->signature) == text(vector.decoded(), "signatureHex"));
    check_exact(vector.octets, decode_public_key_answer, encode_public_key_answer);
}

// Keys and cipher texts: their structure; what is inside needs cryptography.
void check_session_vector(const WireVector& vector) {
    const object& decoded = vector.decoded();
    if (vector.name.starts_with("session-dh-")) {
        const bool with_cipher = has(decoded, "cipher");
        const auto key = decode_cipher_and_key(vector.octets, with_cipher);
        REQUIRE(key);
        CHECK(static_cast<int>(key->cipher) == (with_cipher ? number(decoded, "cipher") : 1));
        CHECK(same_octets(encode_cipher_and_key(*key, with_cipher), vector.octets));
    } else if (vector.name.starts_with("session-rsa-wrapped-")) {
        const Bytes plain = octets(decoded, "plainHex");
        const auto key = decode_cipher_and_key(plain, true);
        REQUIRE(key);
        CHECK(static_cast<int>(key->cipher) == number(decoded, "cipher"));
        CHECK(to_hex(key->key) == text(decoded, "sessionKeyHex"));
        CHECK(same_octets(encode_cipher_and_key(*key, true), plain));
    } else {
        const Version version{2, static_cast<std::uint8_t>(number(decoded, "minorVersion"))};
        const auto cipher = static_cast<SessionCipher>(number(decoded, "cipher"));
        const auto parts = split_encrypted(vector.octets, version, cipher);
        REQUIRE(parts);
        CHECK(to_hex(parts->iv) == (has(decoded, "ivHex") ? text(decoded, "ivHex") : ""));
        CHECK(decode_message(Envelope{}, octets(decoded, "plainHex")).has_value());
    }
}

void check_encrypted_vector(const WireVector& vector) {
    const auto envelope = decode_envelope(vector.octets);
    REQUIRE(envelope);
    check_envelope(*envelope, vector.decoded().at("envelope").as_object());
    const BytesView payload = BytesView(vector.octets).subspan(limits::kEnvelopeBytes);
    CHECK(payload.size() == envelope->message_length);
    CHECK(split_encrypted(payload, {2, 11}, SessionCipher::kAes).has_value());
    const Bytes plain = octets(vector.decoded(), "plainHex");
    const auto message = decode_message(*envelope, plain);
    REQUIRE(message);
    check_credential(*message, vector);
    const Bytes key = octets(vector.decoded(), "sessionKeyHex");
    const auto credential = decode_credential(message->credential);
    REQUIRE(credential);
    CHECK(same_octets(
        hmac_of("SHA256", key,
                mac_input(*envelope, credential->session_counter, key, message->header_and_body)),
        credential->signature));
}

// A JSON web signature is opaque to the codec; what it signs are the octets of values.
void check_signature_vector(const WireVector& vector) {
    CHECK(as_text(vector.octets) == text(vector.decoded(), "serialization"));
    CHECK(is_utf8(as_text(vector.octets)));
}

void check_transactions(ByteReader& in, ByteWriter& out, const WireVector& vector, bool is_signed) {
    const object& decoded = vector.decoded();
    const auto sign_point = [&] {
        if (is_signed) encode_stream_signature(read_stream_signature(in), out);
    };
    const TransactionStreamHeader header = read_transaction_stream_header(in);
    CHECK(static_cast<int>(header.format) == number(decoded, "dataFormatVersion"));
    CHECK(static_cast<int>(header.status) == number(decoded, "status"));
    encode_transaction_stream_header(header, out);
    sign_point();
    std::size_t transactions = 0;
    for (bool more = true; more && in.ok();) {
        const TransactionRecord record = read_transaction_record(in, header.format);
        encode_transaction_record(record, header.format, out);
        sign_point();
        more = !std::holds_alternative<EndOfTransactions>(record);
        if (const auto* one = std::get_if<Transaction>(&record)) {
            const object& expected =
                decoded.at("records").as_array().at(transactions++).as_object();
            CHECK(one->id == static_cast<std::uint64_t>(number(expected, "txnId")));
            CHECK(one->handle == text(expected, "handle"));
            CHECK(static_cast<int>(one->action) == number(expected, "action"));
            CHECK(one->time_ms == static_cast<std::uint64_t>(number(expected, "date")));
            if (has(expected, "values")) {
                check_values(encode_values(one->values), expected.at("values").as_array());
            }
        }
    }
    CHECK(transactions == (has(decoded, "records") ? decoded.at("records").as_array().size() : 0));
}

void check_dump_stream(ByteReader& in, ByteWriter& out, const WireVector& vector, bool is_signed) {
    std::vector<std::string> handles;
    std::vector<std::string> prefixes;
    const auto sign_point = [&] {
        if (is_signed) encode_stream_signature(read_stream_signature(in), out);
    };
    read_dump_header(in);
    encode_dump_header(out);
    sign_point();
    for (bool more = true; more && in.ok();) {
        const DumpRecord record = read_dump_record(in);
        encode_dump_record(record, out);
        more = !std::holds_alternative<EndOfDump>(record);
        if (more) sign_point();
        if (const auto* one = std::get_if<DumpedHandle>(&record)) handles.push_back(one->handle);
        if (const auto* one = std::get_if<DumpedPrefix>(&record)) {
            prefixes.push_back(one->prefix_handle);
        }
        if (const auto* one = std::get_if<DumpPosition>(&record)) {
            CHECK(one->last_transaction_id ==
                  static_cast<std::uint64_t>(number(vector.decoded(), "lastTxnId")));
        }
    }
    CHECK(handles == value_to<std::vector<std::string>>(vector.decoded().at("handles")));
    CHECK(prefixes == value_to<std::vector<std::string>>(vector.decoded().at("homedPrefixes")));
}

void check_stream_vector(const WireVector& vector) {
    const Exact exact(vector.octets);
    ByteReader in(exact.view());
    Bytes again;
    ByteWriter out(again);
    const StreamStart start = read_stream_start(in);
    encode_stream_start(start, out);
    CHECK(static_cast<std::int32_t>(start.protection) == number(vector.decoded(), "streamType"));
    const bool is_signed = start.protection == StreamProtection::kSigned;
    if (is_signed) CHECK(start.hash_name == "SHA1");
    if (vector.name.find("dump") != std::string::npos && !has(vector.decoded(), "status")) {
        check_dump_stream(in, out, vector, is_signed);
    } else {
        check_transactions(in, out, vector, is_signed);
    }
    CHECK(in.ok());
    CHECK(in.left() == 0);
    CHECK(same_octets(again, vector.octets));
}

using Check = void (*)(const WireVector&);
const std::map<std::string_view, Check> kChecks = {
    {"admin", check_admin_vector},         {"casefold", check_casefold_vector},
    {"digest", check_digest_vector},       {"encrypted", check_encrypted_vector},
    {"envelope", check_envelope_vector},   {"fragments", check_fragments_vector},
    {"hash", check_hash_vector},           {"key", check_key_vector},
    {"keyfile", check_keyfile_vector},     {"pubkey-answer", check_public_key_answer_vector},
    {"record", check_record_vector},       {"request", check_message_vector},
    {"response", check_message_vector},    {"seckey", check_secret_key_vector},
    {"session", check_session_vector},     {"signature", check_signature_vector},
    {"site", check_site_vector},           {"stream", check_stream_vector},
    {"typematch", check_typematch_vector}, {"utf8", check_utf8_vector},
    {"value", check_value_vector},         {"vlist", check_vlist_vector},
};

TEST_CASE(
    "all 371 vectors of the reference implementation read, mean what they say and write back") {
    std::size_t handled = 0;
    for (const WireVector& vector : wire_vectors()) {
        INFO(vector.name);
        const auto check = kChecks.find(vector.kind);
        REQUIRE(check != kChecks.end());
        check->second(vector);
        ++handled;
    }
    CHECK(handled == 371);
}

TEST_CASE("every exception from the vectors names a vector that exists") {
    for (const auto& [name, reason] : kNotReencoded) {
        INFO(name);
        CHECK_NOTHROW(wire_vector(name));
        CHECK_FALSE(reason.empty());
    }
}

TEST_CASE(
    "every message of the vectors is refused when it is cut anywhere but before the credential") {
    for (const WireVector& vector : wire_vectors()) {
        if (vector.kind != "request" && vector.kind != "response") continue;
        INFO(vector.name);
        const auto envelope = decode_envelope(vector.octets);
        REQUIRE(envelope);
        const auto whole =
            decode_message(*envelope, BytesView(vector.octets).subspan(limits::kEnvelopeBytes));
        REQUIRE(whole);
        const std::size_t body_end = limits::kEnvelopeBytes + whole->header_and_body.size();
        std::size_t wrong = 0;
        for (std::size_t size = 0; size < vector.octets.size(); ++size) {
            // An absent or cut credential length reads as "no credential" (§3.4).
            const bool allowed = size >= body_end && size < body_end + 4;
            const Exact prefix(BytesView(vector.octets).first(size));
            if (reencode_message(prefix.view()).has_value() != allowed) ++wrong;
        }
        CHECK(wrong == 0);
    }
}

}  // namespace
}  // namespace idnode::test
