// What an identifier says (§4.2).

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <chrono>
#include <vector>

#include "proto/base/reader.h"
#include "proto/base/text.h"
#include "proto/handle/value.h"
#include "proto/idnode/v1/prefix.pb.h"
#include "registry/http/rest/ask_upstream.h"
#include "registry/http/snms/answers.h"
#include "registry/http/snms/handle_parameter.h"
#include "registry/json/encoding.h"
#include "registry/json/fields.h"
#include "registry/json/parse.h"
#include "registry/registration/identifiers.h"
#include "registry/registration/item_values.h"
#include "registry/registration/objects.h"
#include "registry/registration/prefixes.h"
#include "registry/registration/templates.h"

namespace idnode::http::snms {

namespace {

namespace bj = boost::json;
using registration::Code;
using registration::kTemplateHandleIndex;
using registration::kTemplateVersionIndex;

constexpr std::size_t kHandleCharactersMax = 255;
constexpr std::string_view kUsualCode = "1";
// Longer than any upstream.timeout_ms: the upstream itself answers before.
constexpr std::chrono::seconds kUpstreamWait{65};
constexpr std::uint32_t kAdministrativeMin = 100;  // keys, administrators, signatures

/// Who sees how much of a record.
enum class Sight : std::uint8_t { kPublic, kAll };

/// Neither keys nor administrators: they are the binary protocol's (§4.1).
bool is_shown(const handle::ValueView& value) {
    const auto index = static_cast<std::uint32_t>(value.index);
    if (value.type == "HS_SECKEY") return false;
    return index < kAdministrativeMin || index >= registration::kItemIndexMin ||
           index == kTemplateHandleIndex || index == kTemplateVersionIndex;
}

void append_value(const handle::ValueView& value, const bj::object& codes, std::string& out) {
    const std::string_view text = as_text(value.data);
    const bool is_text = is_utf8(text);
    out += is_text ? R"({"data":{"format":"string","value":)"
                   : R"({"data":{"format":"base64","value":)";
    if (is_text) {
        json::append_json_string(text, out);
    } else {
        out += '"';
        json::append_base64(value.data, out);
        out += '"';
    }
    const std::string index = std::to_string(value.index);
    const auto* code = codes.if_contains(index);
    out.append(R"(},"auth":)");
    json::append_json_string(code == nullptr ? kUsualCode : json::view(code->as_string()), out);
    out.append(R"(,"index":)").append(index);
    out.append(R"(,"type":)");
    json::append_json_string(is_utf8(value.type) ? value.type : "", out);
    out += '}';
}

/// What a reader is shown of a record.
struct Shown {
    std::vector<handle::ValueView> values;
    std::size_t redacted = 0;
    bj::object codes{};  // permission codes that are not the usual one, by index
};

/// As `drafts.cpp` wrote them; anything else stands for none.
bj::object read_codes(const handle::ValueView& value) {
    const auto codes = json::parse(as_text(value.data));
    if (!codes || !codes->is_object()) return {};
    for (const auto& code : codes->get_object()) {
        if (!code.value().is_string()) return {};
    }
    return codes->get_object();
}

/// `handle` in the spelling that was asked for.
Response show(std::string_view handle, Shown shown) {
    std::ranges::sort(shown.values, {}, &handle::ValueView::index);
    std::string_view version;
    for (const handle::ValueView& value : shown.values) {
        const bool is_version = value.index == static_cast<std::int32_t>(kTemplateVersionIndex);
        if (is_version && is_utf8(as_text(value.data))) version = as_text(value.data);
    }
    std::string data = R"({"code":"200","prefix":)";
    json::append_json_string(model::split_handle(handle).prefix, data);
    data += R"(,"handle":)";
    json::append_json_string(handle, data);
    data += R"(,"templateVersion":)";
    json::append_json_string(version, data);
    data += R"(,"value":[)";
    for (const handle::ValueView& value : shown.values) {
        if (data.back() == '}') data += ',';
        append_value(value, shown.codes, data);
    }
    Response out = succeed(data.append("]}"));
    if (shown.redacted > 0) out.set("X-IDN-Redacted", std::to_string(shown.redacted));
    return out;
}

Response show_values(std::string_view handle, BytesView octets, Sight sight) {
    ByteReader in(octets);
    handle::ValuesReader reader(in);
    Shown shown;
    while (const auto value = reader.next()) {
        if (value->index == static_cast<std::int32_t>(registration::kCodesIndex)) {
            shown.codes = read_codes(*value);
        }
        if (!is_shown(*value)) continue;
        if (sight == Sight::kAll || value->is_public()) {
            shown.values.push_back(*value);
        } else {
            ++shown.redacted;
        }
    }
    return show(handle, std::move(shown));
}

Fault not_found() {
    return {.code = Code::kNotFound,
            .chinese = std::string(kIdentifierNotFound),
            .english = "there is no such identifier"};
}

Fault not_served() {
    return {.code = Code::kNotFound,
            .chinese = "本节点不提供该前缀的服务",
            .english = "the prefix is not served by this node"};
}

Outcome<Sight> sight_of(const SnmsCall& call) {
    if (!call.actor.account.empty()) return Sight::kAll;
    switch (call.context.settings.anonymous_read) {
        case AnonymousRead::kPublic:
            return Sight::kPublic;
        case AnonymousRead::kAll:
            return Sight::kAll;
        case AnonymousRead::kOff:
            break;
    }
    return fault_of(
        registration::Refusal{.code = Code::kNotAuthenticated, .message = "this needs a token"});
}

/// Whose a prefix is, among those of this node.
enum class Owner : std::uint8_t { kNobody, kReader, kOther };

Outcome<Owner> owner_of(const SnmsCall& call, std::string_view prefix, bool is_homed) {
    if (call.actor.account.empty()) return Owner::kNobody;
    const auto known = registration::find<v1::Prefix>(call.registrar().store,
                                                      model::Table::kPrefixes, fold_ascii(prefix));
    if (!known) return fault_of(known.error());
    if (!*known && !is_homed) return Owner::kNobody;
    const std::uint64_t owner = *known ? (*known)->enterprise_id() : 0;
    const bool may = owner == 0 ? call.actor.enterprise_id == 0 : call.actor.reaches(owner);
    return may ? Owner::kReader : Owner::kOther;
}

/// §2.6: an account of an enterprise keeps to its own prefixes, and to what others granted it.
/// Nothing: it does not exist.
Outcome<std::optional<Response>> show_granted(const SnmsCall& call, std::string_view handle) {
    const auto found = registration::Identifiers(call.registrar()).find(call.actor, handle);
    if (!found) {
        if (found.error().code == Code::kNotFound) return std::optional<Response>{};
        return fault_of(found.error());
    }
    const auto value_of = [](std::uint32_t index, std::string_view type, std::string_view text) {
        handle::ValueView out;
        out.index = static_cast<std::int32_t>(index);
        out.type = type;
        out.data = as_bytes_view(text);
        return out;
    };
    Shown shown{.values = {}, .redacted = found->redacted()};
    for (const v1::ItemValue& item : found->values()) {
        const std::string& text = item.data().empty() ? item.value() : item.data();
        shown.values.push_back(value_of(item.index(), item.type(), text));
    }
    const std::string& version = found->template_version();
    const auto form = registration::Templates(call.registrar())
                          .named(fold_ascii(model::split_handle(handle).prefix), version);
    if (form) shown.values.push_back(value_of(kTemplateHandleIndex, "TEMPLATE_ID", form->handle()));
    if (!version.empty()) {
        shown.values.push_back(value_of(kTemplateVersionIndex, "TEMPLATE", version));
    }
    return std::optional(show(handle, std::move(shown)));
}

/// A record of this node. Nothing: it does not exist.
Outcome<std::optional<Response>> show_own(const SnmsCall& call, std::string_view handle,
                                          model::SuffixCase suffix_case, Sight sight) {
    std::optional<Response> out;
    const auto found = call.registrar().store.read(
        model::key_of(handle, suffix_case), model::ReadTier::kAny,
        [&](const model::RecordView& record) { out = show_values(handle, record.values, sight); });
    if (!found) return fault_of(registration::to_refusal(found.error()));
    return out;
}

/// A record of another node: what it shows to everyone. Nothing: it does not exist.
Outcome<std::optional<Response>> show_foreign(const SnmsCall& call, std::string_view handle) {
    resolver::Upstream& upstream = call.context.node.upstream;
    if (!upstream.serves(call.caller.peer.address)) return not_served();
    resolver::Question question{.handle = std::string(handle), .indexes = {}, .types = {}};
    question.flags = handle::flag::kRecursive | handle::flag::kPublicOnly;
    auto answer = upstream.cached(question);
    if (!answer) answer = ask_upstream(upstream, std::move(question), kUpstreamWait);
    switch (answer->code) {
        case handle::ResponseCode::kSuccess:
            return std::optional(show_values(handle, answer->content, Sight::kPublic));
        case handle::ResponseCode::kValuesNotFound:
        case handle::ResponseCode::kHandleNotFound:
            return std::optional<Response>{};
        case handle::ResponseCode::kServerBusy:
            return fault_of(registration::Refusal{
                .code = Code::kStorage, .message = "the responsible node did not answer"});
        default:
            return not_served();
    }
}

/// One spelling of the identifier. Nothing: it does not exist.
Outcome<std::optional<Response>> show_spelling(const SnmsCall& call, std::string_view handle,
                                               Sight sight) {
    const std::string_view prefix = model::split_handle(handle).prefix;
    const auto homed =
        call.registrar().store.prefixes().current()->find(model::prefix_handle_of(prefix));
    const auto owner = owner_of(call, prefix, homed.has_value());
    if (!owner) return owner.error();
    if (*owner == Owner::kOther) return show_granted(call, handle);
    if (*owner == Owner::kReader) {
        const auto may = registration::require(call.actor, v1::SCOPE_IDENTIFIERS_READ);
        if (!may) return fault_of(may.error());
    }
    if (homed) return show_own(call, handle, *homed, sight);
    return show_foreign(call, handle);
}

Response detail(SnmsCall& call) {
    const auto sight = sight_of(call);
    if (!sight) return refuse(call, sight.error());
    const auto spellings = handle_spellings(call);
    if (spellings.first.empty()) return refuse(call, missing_parameter("handle"));
    for (const std::string& handle : {spellings.first, spellings.second}) {
        if (!is_utf8(handle)) {
            return refuse(call, broken_rule("handle", "必须是UTF-8", "must be UTF-8"));
        }
        if (count_characters(handle) > kHandleCharactersMax) {
            return refuse(call, too_long("handle", kHandleCharactersMax));
        }
        auto shown = show_spelling(call, handle, *sight);
        if (!shown) return refuse(call, shown.error());
        if (*shown) return **std::move(shown);
        if (spellings.first == spellings.second) break;
    }
    return refuse(call, not_found());
}

}  // namespace

std::span<const Route> detail_routes() {
    static constexpr std::array kRoutes{
        Route{Method::get, "/identityv2/data/detail", Access::kAnyone, &detail},
        Route{Method::get, "/api/identityv2/query/data", Access::kAnyone, &detail},
    };
    return kRoutes;
}

}  // namespace idnode::http::snms
