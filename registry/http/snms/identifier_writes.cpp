// Identifiers: registered, updated and deleted, one by one and in batches (§4.3 to §4.7).

#include <algorithm>
#include <array>
#include <vector>

#include "proto/base/text.h"
#include "registry/http/api/writes.h"
#include "registry/http/snms/answers.h"
#include "registry/http/snms/drafts.h"
#include "registry/http/snms/handle_parameter.h"
#include "registry/http/snms/item_texts.h"
#include "registry/http/snms/json_body.h"
#include "registry/json/encoding.h"
#include "registry/registration/identifiers.h"

namespace idnode::http::snms {

namespace {

namespace bj = boost::json;
using registration::Code;
using registration::Draft;
using registration::Identifiers;
using registration::Together;
using registration::Write;
using registration::WrittenAll;

constexpr std::size_t kHandleCharactersMax = 255;  // §6
constexpr std::size_t kBatchMax = 2'000;
constexpr std::size_t kBatchBytesMax = 64U << 20U;

/// What became of each identifier of a request, in their order; nothing: it was done.
using Faults = std::vector<std::optional<Fault>>;

/// The body of the answer.
using Show = std::string (*)(const SnmsCall& call, std::span<const FormDraft> forms,
                             const Faults& faults);

std::string show_one(const SnmsCall& call, std::span<const FormDraft>, const Faults& faults) {
    return faults.front() ? failure_body(call, *faults.front()) : success_body("true");
}

/// `[{"handle":…,"msg":…},…]`
std::string show_batch(const SnmsCall& call, std::span<const FormDraft> forms,
                       const Faults& faults) {
    std::string out = "[";
    for (std::size_t at = 0; at < forms.size(); ++at) {
        out += at == 0 ? R"({"handle":)" : R"(,{"handle":)";
        json::append_json_string(forms[at].draft.handle, out);
        out += R"(,"msg":)";
        json::append_json_string(faults[at] ? faults[at]->text(call.in_english) : "success", out);
        out += '}';
    }
    return success_body(out += ']');
}

/// `[{"handle":…,"code":…,"msg":…},…]`
std::string show_deleted(const SnmsCall& call, std::span<const FormDraft> forms,
                         const Faults& faults) {
    std::string out = "[";
    for (std::size_t at = 0; at < forms.size(); ++at) {
        const std::optional<Fault>& fault = faults[at];
        out += at == 0 ? R"({"handle":)" : R"(,{"handle":)";
        json::append_json_string(forms[at].draft.handle, out);
        out.append(R"(,"code":)").append(std::to_string(fault ? fault->status : kSuccess));
        out += R"(,"msg":)";
        const bool is_missing = fault && fault->code == Code::kNotFound && !call.in_english;
        json::append_json_string(is_missing ? kIdentifierMissing
                                 : fault    ? std::string_view(fault->text(call.in_english))
                                            : "success",
                                 out);
        out += '}';
    }
    return success_body(out += ']');
}

/// The checks of §4.3 that come before the rules' own.
std::optional<Fault> check_form(const SnmsCall& call, Identifiers& identifiers,
                                const FormDraft& form) {
    const std::string_view handle = form.draft.handle;
    if (handle.empty()) return form.fault ? form.fault : missing_parameter("handle");
    if (const auto may = identifiers.may_write(call.actor, handle); !may) {
        return fault_of(may.error());
    }
    if (form.fault) return form.fault;
    if (count_characters(handle) > kHandleCharactersMax) {
        return too_long("handle", kHandleCharactersMax);
    }
    return std::nullopt;
}

/// As the registration API's records of operations have it.
v1::BatchResult to_result(std::span<const FormDraft> forms, const Faults& faults) {
    v1::BatchResult out;
    for (std::size_t at = 0; at < forms.size(); ++at) {
        v1::ItemResult& one = *out.add_results();
        one.set_handle(std::string(forms[at].draft.handle));
        one.set_done(!faults[at]);
        if (!faults[at]) {
            out.set_done(out.done() + 1);
            continue;
        }
        out.set_failed(out.failed() + 1);
        one.mutable_error()->set_code(std::string(name_of(faults[at]->code)));
        one.mutable_error()->set_message(faults[at]->english);
    }
    return out;
}

/// Of a request about one identifier.
std::string code_of(std::span<const FormDraft> forms, const Faults& faults) {
    return forms.size() == 1 && faults[0] ? std::string(name_of(faults[0]->code)) : std::string();
}

Fault too_many_items() {
    const std::string most = std::to_string(kBatchMax);
    return {.code = Code::kLimit,
            .chinese = "每批标识不能超过" + most + "个",
            .english = "a batch has at most " + most + " identifiers"};
}

/// Carries out what is right by itself, in one commit, once for each idempotency key.
Response write(SnmsCall& call, std::vector<FormDraft>& forms, Show show) {
    Identifiers identifiers(call.registrar());
    ItemTexts texts(call.registrar());
    Faults faults(forms.size());
    std::vector<Draft> drafts;
    std::vector<std::size_t> places;  // of each draft among the forms
    drafts.reserve(forms.size());
    for (std::size_t at = 0; at < forms.size(); ++at) {
        faults[at] = check_form(call, identifiers, forms[at]);
        if (faults[at]) continue;
        drafts.push_back(std::move(forms[at].draft));
        places.push_back(at);
    }
    const auto not_allowed = [](const auto& fault) {
        return fault && fault->status == kNoPermission;
    };
    if (!forms.empty() && std::ranges::all_of(faults, not_allowed)) {
        return refuse(call, *faults.front());
    }
    const auto take_in = [&](const WrittenAll& all) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            faults[places[i]].reset();
            if (!all[i]) faults[places[i]] = texts.fault_of(all[i].error(), drafts[i]);
        }
    };
    const auto done = write_once({call.request, call.registrar(), call.actor}, identifiers, drafts,
                                 Together::kIndependent, [&](const WrittenAll& all) {
                                     take_in(all);
                                     v1::Operation out;
                                     out.set_result(to_result(forms, faults).SerializeAsString());
                                     out.set_answer(show(call, forms, faults));
                                     out.set_what(code_of(forms, faults));
                                     return out;
                                 });
    if (!done) return refuse(call, done.error());
    if (done->before) {
        const v1::Operation& first = done->before->operation;
        return answer(first.answer(), first.what());
    }
    take_in(done->all);
    return answer(show(call, forms, faults), code_of(forms, faults));
}

/// One identifier in the body.
Response write_one(SnmsCall& call, Write how) {
    const auto body = read_json(call);
    if (!body) return refuse(call, body.error());
    DraftReader reader(how);
    std::vector<FormDraft> forms{reader.read(*body)};
    return write(call, forms, &show_one);
}

/// The array of a batch: bare, or the member of an object.
Outcome<const bj::array*> array_of(const bj::value& body) {
    if (const auto* bare = body.if_array()) return bare;
    const Members members(body.get_object());
    return members.array(members.has("data") ? "data" : "handles");
}

template <class Read>
Response write_batch(SnmsCall& call, Show show, Read read) {
    const auto body = read_json(call);
    if (!body) return refuse(call, body.error());
    const auto items = array_of(*body);
    if (!items) return refuse(call, items.error());
    if ((*items)->size() > kBatchMax) return refuse(call, too_many_items());
    std::vector<FormDraft> forms;
    forms.reserve((*items)->size());
    for (const bj::value& item : **items) forms.push_back(read(item));
    return write(call, forms, show);
}

Response write_many(SnmsCall& call, Write how) {
    DraftReader reader(how);
    return write_batch(call, &show_batch, [&](const bj::value& item) { return reader.read(item); });
}

/// §4.4: what becomes of values that are not sent.
Write update_of(const SnmsCall& call) {
    const std::string_view asked = call.field("X-IDN-Update");
    const bool merges = asked.empty() ? call.context.settings.update_mode == UpdateMode::kMerge
                                      : equal_folded(asked, "merge");
    return merges ? Write::kPatch : Write::kReplace;
}

Response create(SnmsCall& call) {
    return write_one(call, Write::kCreate);
}

Response update(SnmsCall& call) {
    return write_one(call, update_of(call));
}

Response create_batch(SnmsCall& call) {
    return write_many(call, Write::kCreate);
}

Response update_batch(SnmsCall& call) {
    return write_many(call, update_of(call));
}

/// Of a parameter.
FormDraft to_delete(std::string_view handle) {
    FormDraft out{.draft = {.write = Write::kDelete, .handle = handle, .template_version = {}}};
    if (is_utf8(handle)) return out;
    out.draft.handle = {};  // no answer could repeat it
    out.fault = broken_rule("handle", "必须是UTF-8", "must be UTF-8");
    return out;
}

Response remove_spelling(SnmsCall& call, std::string_view handle) {
    std::vector<FormDraft> forms{to_delete(handle)};
    return write(call, forms, &show_one);
}

Response remove(SnmsCall& call) {
    if (has_no_body(call)) {
        const auto spellings = handle_spellings(call);
        Response out = remove_spelling(call, spellings.first);
        const bool is_missing = out["X-IDN-Code"] == name_of(Code::kNotFound);
        if (!is_missing || spellings.first == spellings.second) return out;
        return remove_spelling(call, spellings.second);
    }
    const auto body = read_json_object(call);
    if (!body) return refuse(call, body.error());
    DraftReader reader(Write::kDelete);
    std::vector<FormDraft> forms{reader.read_handle_member(*body)};
    return write(call, forms, &show_one);
}

Response remove_batch(SnmsCall& call) {
    DraftReader reader(Write::kDelete);
    if (!has_no_body(call)) {
        return write_batch(call, &show_deleted,
                           [&](const bj::value& item) { return reader.read_handle(item); });
    }
    std::vector<FormDraft> forms;
    for (const std::string_view name : {"handles", "handle"}) {
        for (const std::string_view handle : call.parameters.all(name)) {
            forms.push_back(to_delete(handle));
        }
    }
    if (forms.empty()) return refuse(call, missing_parameter("handles"));
    if (forms.size() > kBatchMax) return refuse(call, too_many_items());
    return write(call, forms, &show_deleted);
}

}  // namespace

std::span<const Route> identifier_write_routes() {
    constexpr std::string_view kPath = "/identityv2/data";
    static constexpr std::array kRoutes{
        Route{Method::post, kPath, Access::kToken, &create},
        Route{Method::put, kPath, Access::kToken, &update},
        Route{Method::delete_, kPath, Access::kToken, &remove},
        Route{Method::post, "/identityv2/data/batchCreate", Access::kToken, &create_batch,
              kBatchBytesMax},
        Route{Method::put, "/identityv2/data/batchUpdate", Access::kToken, &update_batch,
              kBatchBytesMax},
        Route{Method::delete_, "/identityv2/data/batchDelete", Access::kToken, &remove_batch,
              kBatchBytesMax},
    };
    return kRoutes;
}

}  // namespace idnode::http::snms
