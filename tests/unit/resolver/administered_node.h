#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/handle/admin.h"
#include "proto/handle/challenge.h"
#include "proto/handle/requests.h"
#include "proto/handle/responses.h"
#include "proto/handle/vlist.h"
#include "tests/unit/resolver/engine_fixture.h"

/// A node with administrators, and the messages that administer it.
namespace idnode::test {

inline constexpr std::uint32_t kPlain = 0x19000000;
inline constexpr std::string_view kSecret = "the secret of 301";

inline handle::Value admin_value(std::int32_t index, std::uint16_t permissions, std::string handle,
                                 std::uint32_t admin_index) {
    handle::Value out = text_value(index, "HS_ADMIN", {});
    out.data = handle::encode_admin({permissions, {std::move(handle), admin_index}});
    return out;
}

inline handle::Value group_value(std::int32_t index, std::vector<handle::Reference> members) {
    handle::Value out = text_value(index, "HS_VLIST", {});
    out.data = handle::encode_vlist(members);
    return out;
}

inline Bytes message(handle::OpCode op, const Bytes& body, std::uint32_t flags = kPlain,
                     std::uint32_t request_id = 77, std::uint32_t session_id = 0) {
    Bytes out;
    handle::MessageWriter writer(out);
    writer.body().raw(body);
    handle::Envelope envelope;
    envelope.request_id = request_id;
    envelope.session_id = session_id;
    envelope.suggested = handle::kOwnVersion;
    handle::Header header;
    header.op = op;
    header.flags = flags;
    writer.finish(envelope, header);
    return out;
}

inline Bytes handle_body(std::string_view handle) {
    Bytes out;
    ByteWriter(out).text_u32(handle);
    return out;
}

inline Bytes values_body(std::string_view handle, const std::vector<handle::Value>& values) {
    Bytes out = handle_body(handle);
    const Bytes encoded = handle::encode_values(values);
    out.insert(out.end(), encoded.begin(), encoded.end());
    return out;
}

inline Bytes indexes_body(std::string_view handle, std::vector<std::int32_t> indexes) {
    Bytes out;
    ByteWriter writer(out);
    handle::encode_remove_value_request({handle, std::move(indexes)}, writer);
    return out;
}

/// A node whose prefix 88.100.1 has an administrator with a secret (301), one with a public key
/// (300), and an identity without rights (302).
class AdministeredNode : public EngineFixture {
  public:
    AdministeredNode() {
        home("0.NA/88.100.1");
        home("0.NA/0.NA/88.100");
        handle::Value key = text_value(300, "HS_PUBKEY", {});
        key.data = *crypto::public_key_of(test_key());
        put("0.NA/88.100.1", {admin_value(100, 0x0FFF, "0.NA/88.100.1", 200),
                              group_value(200, {{"0.NA/88.100.1", 300}, {"0.NA/88.100.1", 301}}),
                              key, text_value(301, "HS_SECKEY", kSecret, 0x0C),
                              text_value(302, "HS_SECKEY", "other", 0x0C)});
        put("0.NA/88.100", {text_value(300, "HS_SECKEY", kSecret, 0x0C)});
    }

    Answer send(const Bytes& octets) { return ask(octets, resolver::Effort::kPool); }

    /// Answers the challenge in `challenged` with a secret.
    Bytes answer(const Answer& challenged, std::string_view secret,
                 std::string_view user = "0.NA/88.100.1", std::uint32_t index = 301,
                 crypto::SecretAlgorithm algorithm = crypto::SecretAlgorithm::kPbkdf2HmacSha1,
                 std::string_view type = "HS_SECKEY") {
        const auto challenge =
            handle::decode_challenge(challenged.view.body, challenged.view.envelope.version);
        REQUIRE(challenge);
        const auto proof = crypto::answer_with_secret(as_bytes_view(secret),
                                                      {challenge->nonce, challenge->digest.octets},
                                                      algorithm, *entropy);
        REQUIRE(proof);
        return answer_with(challenged, *proof, user, index, type);
    }

    static Bytes answer_with(const Answer& challenged, const Bytes& proof, std::string_view user,
                             std::uint32_t index, std::string_view type) {
        Bytes body;
        ByteWriter writer(body);
        handle::encode_challenge_answer({type, user, index, proof}, writer);
        return message(handle::OpCode::kChallengeResponse, body, kPlain, 78,
                       challenged.view.envelope.session_id);
    }

    /// The response to `octets` after its challenge was answered as the administrator.
    Answer administer(const Bytes& octets) {
        const Answer challenged = send(octets);
        REQUIRE(challenged.code() == handle::ResponseCode::kAuthenticationNeeded);
        return send(answer(challenged, kSecret));
    }

    handle::ResponseCode resolved(std::string_view name) { return send(request(name)).code(); }
};

}  // namespace idnode::test
