#include "registry/http/epcis/query_answers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/base/text.h"
#include "registry/events/event_time.h"
#include "registry/http/target.h"

namespace idnode::http {

namespace {

using boost::beast::http::field;
using boost::beast::http::status;
using events::QueryFault;
using registration::Outcome;

constexpr std::int64_t kNsPerMs = 1'000'000;

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

/// Cuts `text` at its first `mark` and gives what stood before.
std::string_view take_until(std::string_view& text, char mark) {
    const std::string_view out = text.substr(0, text.find(mark));
    text.remove_prefix(std::min(text.size(), out.size() + 1));
    return out;
}

/// Whether one item of `Accept`, without its parameters, covers the type.
bool covers(std::string_view range, std::string_view type) {
    if (range == "*/*") return true;
    if (range.ends_with("/*")) return starts_with_folded(type, range.substr(0, range.size() - 1));
    return equal_folded(range, type);
}

std::string_view text_of(const RequestHeader& header, std::string_view name) {
    const auto found = header.find(name);
    return found == header.end() ? std::string_view{}
                                 : std::string_view(found->value().data(), found->value().size());
}

}  // namespace

Response problem(const events::QueryRefusal& refusal) {
    Problem out = to_problem(refusal.why);
    switch (refusal.fault) {
        case QueryFault::kParameter:
            out.type = "QueryParameterException";
            out.status = status::bad_request;
            break;
        case QueryFault::kTooLarge:
            out.type = "QueryTooLargeException";
            out.status = status::payload_too_large;
            break;
        case QueryFault::kTooComplex:
            out.type = "QueryTooComplexException";
            out.status = status::bad_request;
            break;
        case QueryFault::kNode:
            break;
    }
    return problem(out);
}

Response no_such_name(const registration::Refusal& refusal) {
    Problem out = to_problem(refusal);
    if (refusal.code == registration::Code::kNotFound) out.type = "NoSuchNameException";
    return problem(out);
}

bool accepts(const RequestHeader& header, std::span<const std::string_view> types) {
    std::string_view rest = text_of(header, "Accept");
    if (trimmed(rest).empty()) return true;
    while (!rest.empty()) {
        std::string_view item = take_until(rest, ',');
        const std::string_view range = trimmed(take_until(item, ';'));
        if (std::ranges::any_of(types, [&](auto type) { return covers(range, type); })) return true;
    }
    return false;
}

std::optional<Response> not_acceptable(const RequestHeader& header) {
    constexpr std::array<std::string_view, 3> kTypes{kJsonType, "application/ld+json",
                                                     "application/problem+json"};
    if (accepts(header, kTypes)) return std::nullopt;
    return problem({.status = status::not_acceptable,
                    .type = "NotAcceptableException",
                    .detail = "answers are application/json or application/ld+json",
                    .field = "Accept"});
}

std::string query_encoded(std::string_view value) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char one : value) {
        const bool is_plain = (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') ||
                              (one >= '0' && one <= '9') ||
                              std::string_view("-._~").find(one) != std::string_view::npos;
        if (is_plain) {
            out += one;
            continue;
        }
        const auto octet = static_cast<unsigned char>(one);
        out += '%';
        out += kDigits[octet >> 4U];
        out += kDigits[octet & 0x0FU];
    }
    return out;
}

std::vector<events::QueryParameter> query_parameters(const Parameters& parameters) {
    std::vector<events::QueryParameter> out;
    for (const auto& [name, value] : parameters.entries()) {
        auto at = std::ranges::find(out, name, &events::QueryParameter::name);
        if (at == out.end()) at = out.insert(out.end(), {.name = name, .values = {}});
        for (std::string_view rest = value; !rest.empty();) {
            at->values.emplace_back(take_until(rest, '|'));
        }
    }
    return out;
}

Outcome<events::AnswerForm> answer_form(const EpcisCall& call) {
    const auto format = events::read_epc_format(text_of(call.request, "GS1-EPC-Format"));
    if (!format) {
        return registration::invalid("GS1-EPC-Format",
                                     "must be No_Preference, Always_GS1_Digital_Link, "
                                     "Always_EPC_URN or Never_Translates");
    }
    return events::AnswerForm{.registrar = call.lifecycle.registrar,
                              .schemes = call.lifecycle.terms.schemes,
                              .epc_format = *format};
}

std::string next_link(const EpcisCall& call, std::string_view token) {
    std::string out(target_of(call.request).path);
    char mark = '?';
    for (std::string_view rest = call.query; !rest.empty();) {
        const std::string_view item = take_until(rest, '&');
        if (item.empty() || item.starts_with("nextPageToken=")) continue;
        out += std::exchange(mark, '&');
        for (const char one : item) {
            // These would end the link in its header.
            out += one == '<' || one == '>' ? query_encoded({&one, 1}) : std::string(1, one);
        }
    }
    out += mark;
    return out.append("nextPageToken=").append(token);
}

void note_missing_urn(bool lacks_urn, Response& out) {
    if (lacks_urn) out.set("X-IDN-Epc", "gcp-unknown");
}

Response answer_query(EpcisCall& call, const events::Query& query, std::string_view query_name) {
    auto form = answer_form(call);
    if (!form) return problem(form.error());
    bool lacks_urn = false;
    form->lacks_urn = &lacks_urn;
    events::Access access(call.lifecycle.registrar, call.actor);
    const auto page = events::Queries(call.lifecycle, access).page(query);
    if (!page) return problem(page.error());
    auto body = events::query_document_json(
        page->events, {.query_name = query_name, .created = call.lifecycle.registrar.clock.now()},
        *form);
    if (!body) return problem(body.error());
    Response out = json_answer(status::ok, *std::move(body));
    note_missing_urn(lacks_urn, out);
    if (page->next_token.empty()) return out;
    out.set(field::link, "<" + next_link(call, page->next_token) + ">; rel=\"next\"");
    out.set("GS1-Next-Page-Token-Expires",
            events::format_event_time(page->token_expires * kNsPerMs));
    return out;
}

Outcome<void> may_query(const EpcisCall& call) {
    if (!call.actor) return {};
    return registration::require(*call.actor, v1::SCOPE_EVENTS_READ);
}

}  // namespace idnode::http
