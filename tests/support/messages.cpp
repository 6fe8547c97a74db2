#include "tests/support/messages.h"

#include <string>

#include "proto/handle/challenge.h"
#include "proto/handle/credential.h"
#include "proto/handle/digest.h"
#include "proto/handle/replication.h"
#include "proto/handle/requests.h"
#include "proto/handle/resolution.h"
#include "proto/handle/responses.h"
#include "proto/handle/session.h"
#include "proto/handle/site.h"

namespace idnode::test {

namespace {

using namespace handle;
using Outcome = Result<Reencoded, WireError>;

// Writes what `decoded` holds through `write`, or passes its error on.
template <class T, class Write>
Outcome written(const Result<T, WireError>& decoded, Write write) {
    if (!decoded) return decoded.error();
    Reencoded out;
    ByteWriter writer(out.octets);
    write(*decoded, writer);
    return out;
}

Outcome resolution_request(BytesView body) {
    return written(decode_resolution_request(body),
                   [](const ResolutionRequestView& request, ByteWriter& out) {
                       std::vector<std::int32_t> indexes;
                       ByteReader index_list(request.indexes);
                       for (std::uint32_t i = 0; i < request.index_count; ++i) {
                           indexes.push_back(static_cast<std::int32_t>(index_list.u32("index")));
                       }
                       std::vector<std::string> types;
                       ByteReader type_list(request.types);
                       for (std::uint32_t i = 0; i < request.type_count; ++i) {
                           types.emplace_back(type_list.text_u32("type", request.types.size()));
                       }
                       encode_resolution_request(request.handle, indexes, types, out);
                       out.raw(request.extra);
                   });
}

// Through the owning types, so that every field of every value is read and written.
Outcome values_request(BytesView body) {
    return written(decode_values_request(body), [](const ValuesRequest& request, ByteWriter& out) {
        const auto values = decode_values(request.values);
        out.text_u32(request.handle);
        if (values) encode_values(*values, out);
    });
}

Outcome session_setup_request(BytesView body) {
    const auto decoded = decode_session_setup_request(body);
    Outcome out = written(decoded, encode_session_setup_request);
    if (out && (static_cast<unsigned>(decoded->mode) - 1U) > 3U) out->one_spelling = false;
    return out;
}

Outcome request_body(const MessageView& message) {
    const BytesView body = message.body;
    switch (message.header.op) {
        case OpCode::kResolution:
            return resolution_request(body);
        case OpCode::kCreateHandle:
        case OpCode::kAddValue:
        case OpCode::kModifyValue:
            return values_request(body);
        case OpCode::kRemoveValue:
            return written(decode_remove_value_request(body), encode_remove_value_request);
        case OpCode::kChallengeResponse:
            return written(decode_challenge_answer(body), encode_challenge_answer);
        case OpCode::kVerifyResponse:
            return written(decode_verify_request(body), encode_verify_request);
        case OpCode::kSessionSetup:
            return session_setup_request(body);
        case OpCode::kSessionExchangeKey:
            return written(decode_exchange_key_request(body), encode_exchange_key_request);
        case OpCode::kRetrieveTransactions: {
            const Version version = message.envelope.version;
            return written(decode_retrieve_transactions_request(body, version),
                           [&](const auto& request, ByteWriter& out) {
                               encode_retrieve_transactions_request(request, version, out);
                           });
        }
        case OpCode::kDumpHandles:
            return written(decode_dump_handles_request(body), encode_dump_handles_request);
        case OpCode::kLoginToIdSystem:
            return written(decode_login_request(body), encode_reference);
        default:
            break;
    }
    if (is_handle_request(static_cast<std::uint32_t>(message.header.op))) {
        return written(decode_handle_request(body), encode_handle_request);
    }
    return Reencoded{Bytes(body.begin(), body.end()), true};
}

Outcome resolution_response(BytesView body) {
    return written(decode_resolution_response(body),
                   [](const ResolutionResponseView& response, ByteWriter& out) {
                       const auto values = decode_values(response.values);
                       out.text_u32(response.handle);
                       if (values) encode_values(*values, out);
                   });
}

Outcome flag_response(BytesView body) {
    Outcome out = written(decode_flag_response(body), encode_flag_response);
    if (out) out->one_spelling = body.front() <= std::byte{1};
    return out;
}

Outcome list_response(BytesView body) {
    return written(decode_list_response(body), [](const auto& handles, ByteWriter& out) {
        encode_list_response(std::vector<std::string>(handles.begin(), handles.end()), out);
    });
}

Outcome success_body(const MessageView& message, BytesView body) {
    switch (message.header.op) {
        case OpCode::kResolution:
            return resolution_response(body);
        case OpCode::kGetSiteInfo:
            return written(decode_site(body),
                           [](const Site& site, ByteWriter& out) { encode_site(site, out); });
        case OpCode::kCreateHandle:
            return written(decode_create_response(body), [](const auto& handle, ByteWriter& out) {
                if (handle) encode_create_response(*handle, out);
            });
        case OpCode::kListHandles:
        case OpCode::kListHomedPrefixes:
            return list_response(body);
        case OpCode::kVerifyResponse:
        case OpCode::kRetrieveTransactions:
            return flag_response(body);
        case OpCode::kSessionSetup:
            return written(decode_session_setup_response(body), encode_session_setup_response);
        case OpCode::kGetNextTransactionId:
            return written(decode_transaction_id_response(body), encode_transaction_id_response);
        case OpCode::kDeleteHandle:
        case OpCode::kAddValue:
        case OpCode::kRemoveValue:
        case OpCode::kModifyValue:
        case OpCode::kHomePrefix:
        case OpCode::kUnhomePrefix:
        case OpCode::kSessionTerminate:
        case OpCode::kSessionExchangeKey:
        case OpCode::kDumpHandles:
        case OpCode::kBackup:
            return written(decode_empty_response(body), [](const auto&, ByteWriter&) {});
        default:
            return Reencoded{Bytes(body.begin(), body.end()), true};
    }
}

Outcome rest_of_response(const MessageView& message, BytesView body) {
    switch (meaning_of(message.header.response, message.envelope.version)) {
        case ResponseCode::kSuccess:
            return success_body(message, body);
        case ResponseCode::kServiceReferral:
        case ResponseCode::kPrefixReferral:
            return written(decode_referral(body), encode_referral);
        default: {
            Outcome out = written(decode_error(body), encode_error);
            if (out) out->one_spelling = !body.empty();
            return out;
        }
    }
}

Outcome response_body(const MessageView& message) {
    const Version version = message.envelope.version;
    if (message.header.response == ResponseCode::kAuthenticationNeeded) {
        return written(decode_challenge(message.body, version),
                       [&](const Challenge& challenge, ByteWriter& out) {
                           encode_challenge(challenge, version, out);
                       });
    }
    const auto parts = split_response_body(message.header, version, message.body);
    if (!parts) return parts.error();
    Outcome rest = rest_of_response(message, parts->rest);
    if (!rest) return rest;
    Reencoded out{.octets = {}, .one_spelling = rest->one_spelling};
    ByteWriter writer(out.octets);
    if (parts->digest) encode_request_digest(*parts->digest, writer);
    writer.raw(rest->octets);
    return out;
}

// The credential, written again; empty where there is none or it does not read.
Bytes credential_again(BytesView octets) {
    const auto credential = decode_credential(octets);
    if (!credential) return Bytes(octets.begin(), octets.end());
    Bytes out;
    ByteWriter writer(out);
    encode_credential(*credential, writer);
    return out;
}

}  // namespace

Result<Reencoded, WireError> reencode_body(const MessageView& message) {
    return message.header.response == ResponseCode::kNone ? request_body(message)
                                                          : response_body(message);
}

Result<Reencoded, WireError> reencode_message(BytesView octets) {
    const auto envelope = decode_envelope(octets);
    if (!envelope) return envelope.error();
    const BytesView payload = octets.subspan(limits::kEnvelopeBytes);
    const auto message = decode_message(*envelope, payload);
    if (!message) return message.error();
    auto body = reencode_body(*message);
    if (!body) return body.error();

    Reencoded out{.octets = {}, .one_spelling = body->one_spelling};
    MessageWriter writer(out.octets);
    writer.body().raw(body->octets);
    writer.finish(*envelope, message->header, credential_again(message->credential));
    const std::size_t used = message->header_and_body.size() + 4 + message->credential.size();
    if (envelope->message_length != payload.size() || payload.size() != used) {
        out.one_spelling = false;
    }
    return out;
}

}  // namespace idnode::test
