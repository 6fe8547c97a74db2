#include "registry/events/context.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "registry/events/event_faults.h"
#include "registry/events/vocabulary.h"
#include "registry/json/fields.h"

namespace idnode::events {

namespace {

using json::Place;
using registration::Outcome;

struct Known {
    std::string_view prefix;
    std::string_view uri;
};

// What the context of EPCIS 2.0 declares, and ours.
constexpr std::array kKnown{
    Known{"cbv", "https://ref.gs1.org/cbv/"},
    Known{"cbvmda", "urn:epcglobal:cbv:mda:"},
    Known{"dcterms", "http://purl.org/dc/terms/"},
    Known{"epcis", "https://ref.gs1.org/epcis/"},
    Known{"gs1", "https://gs1.org/voc/"},
    Known{kOwnPrefix, kOwnNamespace},
    Known{"owl", "http://www.w3.org/2002/07/owl#"},
    Known{"rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"},
    Known{"rdfs", "http://www.w3.org/2000/01/rdf-schema#"},
    Known{"skos", "http://www.w3.org/2004/02/skos/core#"},
    Known{"xsd", "http://www.w3.org/2001/XMLSchema#"},
};

bool is_known_context(std::string_view uri) {
    static constexpr std::array<std::string_view, 4> kContexts{
        kEpcisContext, "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
        "https://gs1.github.io/EPCIS/epcis-context.jsonld",
        "https://id.gs1.org/epcis-context.jsonld"};
    return std::ranges::find(kContexts, uri) != kContexts.end();
}

}  // namespace

Outcome<void> Namespaces::add(const boost::json::value& context, Of of, const Place& at) {
    bool names_known = false;
    const auto add_one = [&](const boost::json::value& one, const Place& place) -> Outcome<void> {
        if (const auto* const uri = one.if_string()) {
            if (!is_known_context(json::view(*uri))) {
                return refuse(faults::kContext, place,
                              "must be the context of EPCIS 2.0, " + std::string(kEpcisContext));
            }
            names_known = true;
            return {};
        }
        const auto* const prefixes = one.if_object();
        if (prefixes == nullptr) {
            return refuse(faults::kContext, place, "must be a URI, or prefixes of namespaces");
        }
        for (const auto& member : *prefixes) {
            const std::string_view prefix{member.key().data(), member.key().size()};
            const auto* const uri = member.value().if_string();
            if (uri == nullptr || !is_uri(json::view(*uri)) || prefix.empty() ||
                prefix.find_first_of("@:") != std::string_view::npos) {
                return refuse(faults::kContext, place.member(prefix),
                              "must declare a prefix by the URI of its namespace");
            }
            declare(prefix, json::view(*uri));
            if (declared_.size() > kNamespacesMax) {
                return refuse(faults::kContext, place,
                              "at most " + std::to_string(kNamespacesMax) + " namespaces");
            }
        }
        return {};
    };
    if (const auto* const list = context.if_array()) {
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (auto added = add_one((*list)[i], at.item(i)); !added) return added;
        }
    } else if (auto added = add_one(context, at); !added) {
        return added;
    }
    if (of == Of::kDocument && !names_known) {
        return refuse(faults::kContext, at,
                      "must name the context of EPCIS 2.0, " + std::string(kEpcisContext));
    }
    return {};
}

void Namespaces::declare(std::string_view prefix, std::string_view uri) {
    const auto known = std::ranges::find(kKnown, prefix, &Known::prefix);
    if (known != kKnown.end() && known->uri == uri) return;
    declared_.insert_or_assign(std::string(prefix), std::string(uri));
}

std::optional<std::string_view> Namespaces::find(std::string_view prefix) const {
    if (const auto at = declared_.find(prefix); at != declared_.end()) return at->second;
    const auto known = std::ranges::find(kKnown, prefix, &Known::prefix);
    if (known == kKnown.end()) return std::nullopt;
    return known->uri;
}

}  // namespace idnode::events
