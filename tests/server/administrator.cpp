#include "tests/server/administrator.h"

#include <catch2/catch.hpp>

#include "proto/handle/admin.h"
#include "proto/handle/requests.h"
#include "resolver/crypto/digests.h"

namespace idnode::testing {

using handle::OpCode;

Prover administrator(const NodeFolder& node) {
    return {.secret = read_file(node.root() / "keys" / "admin.secret")};
}

handle::Value text_value(std::int32_t index, std::string_view type, std::string_view text,
                         std::uint8_t permissions) {
    handle::Value out;
    out.index = index;
    out.type = type;
    out.data = to_bytes(text);
    out.permissions = permissions;
    return out;
}

handle::Value admin_value(std::int32_t index, handle::Reference administrator) {
    handle::Value out = text_value(index, "HS_ADMIN", {});
    out.data = handle::encode_admin({0x0FFF, std::move(administrator), false});
    return out;
}

Request with_values(OpCode op, std::string_view handle, const std::vector<handle::Value>& values,
                    std::uint32_t more_flags) {
    Request out;
    out.op = op;
    out.flags |= more_flags;
    ByteWriter body(out.body);
    const Bytes encoded = handle::encode_values(values);
    handle::encode_values_request({handle, encoded}, body);
    return out;
}

Request removal(std::string_view handle, const std::vector<std::int32_t>& indexes) {
    Request out;
    out.op = OpCode::kRemoveValue;
    ByteWriter body(out.body);
    handle::encode_remove_value_request({handle, indexes}, body);
    return out;
}

Request creation(std::string_view handle) {
    return with_values(OpCode::kCreateHandle, handle,
                       {text_value(1, "URL", "https://created.example")});
}

Challenged::Challenged(const Reply& reply) {
    const auto challenge = handle::decode_challenge(reply.body(), reply.envelope().version);
    REQUIRE(challenge);
    nonce.assign(challenge->nonce.begin(), challenge->nonce.end());
    digest.assign(challenge->digest.octets.begin(), challenge->digest.octets.end());
}

Request answer_with(const Reply& challenged, std::string_view type, const Prover& prover,
                    BytesView proof) {
    Request out;
    out.op = OpCode::kChallengeResponse;
    out.session_id = challenged.envelope().session_id;
    ByteWriter body(out.body);
    handle::encode_challenge_answer({type, prover.handle, prover.index, proof}, body);
    return out;
}

Request answer(const Reply& challenged, const Prover& prover, crypto::SecretAlgorithm algorithm,
               std::string_view type) {
    const auto entropy = crypto::make_entropy();
    const auto proof = crypto::answer_with_secret(
        as_bytes_view(prover.secret), Challenged(challenged).view(), algorithm, *entropy);
    REQUIRE(proof);
    return answer_with(challenged, type, prover, *proof);
}

Reply ask_as(const Setting& setting, const Request& request, const Prover& prover) {
    TcpClient client = setting.tcp();
    const Reply challenged = client.ask(request);
    REQUIRE(challenged.rc() == 402);
    return client.ask(answer(challenged, prover));
}

Reply ask_as_administrator(const Setting& setting, const Request& request) {
    return ask_as(setting, request, administrator(setting.node()));
}

}  // namespace idnode::testing
