#include "resolver/client/client.h"

#include <utility>

#include "proto/handle/requests.h"
#include "proto/handle/resolution.h"
#include "proto/handle/responses.h"

namespace idnode::client {
namespace {

using handle::OpCode;
namespace flag = handle::flag;

CallError broken(std::string_view what) {
    return {{Errc::kInvalid, "the answer was refused: " + std::string(what)}};
}

bool holds_restricted_values(BytesView values) {
    ByteReader in(values);
    handle::ValuesReader reader(in);
    while (const auto value = reader.next()) {
        if (in.ok() && !value->is_public()) return true;
    }
    return false;
}

Request values_request(OpCode op, std::string_view handle, BytesView values) {
    Request out{.op = op};
    ByteWriter body(out.body);
    handle::encode_values_request({handle, values}, body);
    out.confidential = holds_restricted_values(values);
    return out;
}

Request handle_request(OpCode op, std::string_view handle) {
    Request out{.op = op};
    ByteWriter body(out.body);
    handle::encode_handle_request(handle, body);
    return out;
}

}  // namespace

Request create_request(std::string_view handle, BytesView values, CreateOptions options) {
    Request out = values_request(OpCode::kCreateHandle, handle, values);
    if (options.overwrite) out.flags |= flag::kOverwrite;
    if (options.mint) out.flags |= flag::kMintSuffix;
    return out;
}

CallResult<Response> Client::ask(const Request& request) {
    auto response = channel_.call(request);
    if (response && !response->is_success()) return response->error();
    return response;
}

CallResult<void> Client::ask_about(OpCode op, std::string_view handle) {
    const auto response = ask(handle_request(op, handle));
    if (!response) return response.error();
    return {};
}

CallResult<std::vector<handle::Value>> Client::resolve(const Question& question) {
    Request request;
    if (!question.public_only) request.flags &= ~flag::kPublicOnly;
    if (question.authoritative) request.flags |= flag::kAuthoritative;
    if (question.do_not_refer) request.flags |= flag::kDoNotRefer;
    ByteWriter body(request.body);
    handle::encode_resolution_request(question.handle, question.indexes, question.types, body);
    const auto response = ask(request);
    if (!response) return response.error();
    const auto content = handle::decode_resolution_response(response->body);
    if (!content) return broken("its list of values is broken");
    auto values = handle::decode_values(content->values);
    if (!values) return broken("its list of values is broken");
    return std::move(*values);
}

CallResult<Client::Created> Client::create(std::string_view handle,
                                           std::span<const handle::Value> values,
                                           CreateOptions options) {
    const auto response = ask(create_request(handle, handle::encode_values(values), options));
    if (!response) return response.error();
    const auto name = handle::decode_create_response(response->body);
    if (!name) return broken("its handle is broken");
    // Older servers do not say it (§4.5).
    return Created{.handle = std::string(name->value_or(handle)),
                   .replaced = response->has(flag::kOverwrite)};
}

CallResult<void> Client::erase(std::string_view handle) {
    return ask_about(OpCode::kDeleteHandle, handle);
}

CallResult<Response> Client::change(OpCode op, std::string_view handle,
                                    std::span<const handle::Value> values,
                                    std::uint32_t more_flags) {
    Request request = values_request(op, handle, handle::encode_values(values));
    request.flags |= more_flags;
    return ask(request);
}

CallResult<bool> Client::add(std::string_view handle, std::span<const handle::Value> values,
                             bool overwrite) {
    const auto response =
        change(OpCode::kAddValue, handle, values, overwrite ? flag::kOverwrite : 0);
    if (!response) return response.error();
    return response->has(flag::kOverwrite);
}

CallResult<void> Client::modify(std::string_view handle, std::span<const handle::Value> values) {
    const auto response = change(OpCode::kModifyValue, handle, values, 0);
    if (!response) return response.error();
    return {};
}

CallResult<void> Client::remove(std::string_view handle, std::span<const std::int32_t> indexes) {
    Request request{.op = OpCode::kRemoveValue};
    ByteWriter body(request.body);
    handle::encode_remove_value_request({handle, {indexes.begin(), indexes.end()}}, body);
    const auto response = ask(request);
    if (!response) return response.error();
    return {};
}

CallResult<void> Client::list_all(OpCode op, std::string_view handle, const HandleVisitor& visit) {
    auto response = ask(handle_request(op, handle));
    for (;;) {
        if (!response) return response.error();
        if (!response->is_success()) return response->error();
        const auto handles = handle::decode_list_response(response->body);
        if (!handles) return broken("its list of handles is broken");
        for (const std::string_view one : *handles) visit(one);
        if (!response->has(flag::kContinuous)) return {};
        response = channel_.next_message();
    }
}

CallResult<void> Client::list(std::string_view prefix_handle, const HandleVisitor& visit) {
    return list_all(OpCode::kListHandles, prefix_handle, visit);
}

CallResult<void> Client::list_homed_prefixes(const HandleVisitor& visit) {
    return list_all(OpCode::kListHomedPrefixes, handle::kBlankHandle, visit);
}

CallResult<void> Client::home(std::string_view prefix_handle) {
    return ask_about(OpCode::kHomePrefix, prefix_handle);
}

CallResult<void> Client::unhome(std::string_view prefix_handle) {
    return ask_about(OpCode::kUnhomePrefix, prefix_handle);
}

CallResult<handle::Site> Client::site() {
    const auto response = ask(handle_request(OpCode::kGetSiteInfo, handle::kBlankHandle));
    if (!response) return response.error();
    auto site = handle::decode_site(response->body);
    if (!site) return broken("its site record is broken");
    return std::move(*site);
}

CallResult<bool> Client::verify(const handle::VerifyRequest& verification) {
    Request request{.op = OpCode::kVerifyResponse};
    request.flags |= flag::kCertify;
    ByteWriter body(request.body);
    handle::encode_verify_request(verification, body);
    const auto response = ask(request);
    if (!response) return response.error();
    const auto valid = handle::decode_flag_response(response->body);
    if (!valid) return broken("it says neither yes nor no");
    return *valid;
}

}  // namespace idnode::client
