#include "registry/events/query_answer.h"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "proto/schemes/company_prefix.h"
#include "proto/schemes/epc_urn.h"
#include "proto/schemes/gs1_link.h"
#include "registry/events/access.h"
#include "registry/events/authorities.h"
#include "registry/events/context.h"
#include "registry/events/event_json.h"
#include "registry/events/event_time.h"
#include "registry/json/fields.h"
#include "registry/json/parse.h"
#include "registry/registration/objects.h"

namespace idnode::events {

namespace {

namespace bj = boost::json;
using registration::Outcome;

constexpr std::int64_t kNsPerMs = 1'000'000;

/// Writes identifiers of an event in another spelling.
class Translator {
  public:
    explicit Translator(const AnswerForm& form) : form_(form) {}

    void translate(bj::object& event) const {
        for (const std::string_view name :
             {"epcList", "childEPCs", "inputEPCList", "outputEPCList"}) {
            if (bj::array* list = list_in(event, name)) {
                for (bj::value& one : *list) translate_value(one);
            }
        }
        if (bj::value* parent = event.if_contains("parentID")) translate_value(*parent);
        for (const std::string_view name : {"readPoint", "bizLocation"}) {
            bj::value* place = event.if_contains(name);
            if (place != nullptr) translate_member(*place, "id");
        }
        struct Listed {
            std::string_view list;
            std::string_view member;
        };
        constexpr std::array kListed{
            Listed{"quantityList", "epcClass"},
            Listed{"childQuantityList", "epcClass"},
            Listed{"inputQuantityList", "epcClass"},
            Listed{"outputQuantityList", "epcClass"},
            Listed{"bizTransactionList", "bizTransaction"},
            Listed{"sourceList", "source"},
            Listed{"destinationList", "destination"},
        };
        for (const Listed& listed : kListed) {
            bj::array* list = list_in(event, listed.list);
            if (list == nullptr) continue;
            for (bj::value& one : *list) translate_member(one, listed.member);
        }
    }

  private:
    static bj::array* list_in(bj::object& event, std::string_view name) {
        bj::value* value = event.if_contains(name);
        return value == nullptr ? nullptr : value->if_array();
    }
    void translate_member(bj::value& object, std::string_view name) const {
        bj::object* members = object.if_object();
        bj::value* value = members == nullptr ? nullptr : members->if_contains(name);
        if (value != nullptr) translate_value(*value);
    }
    void translate_value(bj::value& value) const {
        const bj::string* text = value.if_string();
        if (text == nullptr) return;
        const auto canonical = schemes::parse_uri(json::view(*text), form_.schemes);
        if (!canonical || canonical->scheme != schemes::Scheme::kGs1) return;
        if (form_.epc_format == EpcFormat::kUrn) {
            if (json::view(*text).starts_with("urn:epc:")) return;
            if (auto urn = urn_of(canonical->cid)) {
                value = *std::move(urn);
                return;
            }
            if (form_.lacks_urn != nullptr) *form_.lacks_urn = true;
        }
        auto spelled = schemes::digital_link(canonical->cid);
        if (spelled) value = *std::move(spelled);
    }
    std::optional<std::string> urn_of(std::string_view cid) const {
        const auto digits = schemes::gs1_company_digits(cid);
        if (!digits) return std::nullopt;
        const auto company = Authorities(form_.registrar).company_digits(*digits);
        if (!company || *company == 0) return std::nullopt;
        return schemes::epc_urn(cid, *company);
    }

    const AnswerForm& form_;
};

Outcome<std::string> translated(const std::string& body, const AnswerForm& form) {
    auto value = json::parse(body, kEventBytesMax);
    if (!value || !value->is_object()) return registration::damaged_object();
    Translator(form).translate(value->get_object());
    return bj::serialize(*value);
}

std::string quoted(std::string_view text) {
    return bj::serialize(bj::string(text));
}

}  // namespace

std::optional<EpcFormat> read_epc_format(std::string_view text) {
    if (text.empty() || text == "No_Preference" || text == "Never_Translates") {
        return EpcFormat::kAsCaptured;
    }
    if (text == "Always_GS1_Digital_Link") return EpcFormat::kDigitalLink;
    if (text == "Always_EPC_URN") return EpcFormat::kUrn;
    return std::nullopt;
}

Outcome<void> append_event_json(const v1::EventRecord& record, const AnswerForm& form,
                                std::string& out) {
    auto body = body_of(form.registrar, record);
    if (!body) return body.error();
    if (form.epc_format != EpcFormat::kAsCaptured) {
        body = translated(*body, form);
        if (!body) return body.error();
    }
    if (body->size() < 2 || body->back() != '}') return registration::damaged_object();
    body->pop_back();
    out += *body;
    if (body->size() > 1) out += ',';
    out += R"("recordTime":")";
    out += format_event_time(record.record_time_ms() * kNsPerMs);
    out += "\"}";
    return {};
}

Outcome<std::string> single_event_json(const v1::EventRecord& record, const AnswerForm& form) {
    std::string out;
    if (auto done = append_event_json(record, form, out); !done) return done.error();
    // An event with namespaces of its own has a context, which names the known one too.
    if (out.starts_with(R"({"@context":)")) return out;
    return R"({"@context":[)" + quoted(kEpcisContext) + "]," + out.substr(1);
}

Outcome<std::string> query_document_json(std::span<const StoredEvent> events,
                                         const QueryDocument& about, const AnswerForm& form) {
    const std::string created = format_event_time(about.created * kNsPerMs);
    std::string out = R"({"@context":[)" + quoted(kEpcisContext);
    out += R"(],"type":"EPCISQueryDocument","schemaVersion":"2.0","createdAt":")" + created;
    out += R"(","creationDate":")" + created + R"(","epcisBody":{"queryResults":{)";
    if (!about.subscription_id.empty()) {
        out += R"("subscriptionID":)" + quoted(about.subscription_id) + ",";
    }
    out += R"("queryName":)" + quoted(about.query_name) + R"(,"resultsBody":{"eventList":[)";
    bool is_first = true;
    for (const StoredEvent& one : events) {
        if (!std::exchange(is_first, false)) out += ',';
        if (auto done = append_event_json(one.record, form, out); !done) return done.error();
    }
    return out + "]}}}}";
}

}  // namespace idnode::events
