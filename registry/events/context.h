#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "registry/json/place.h"
#include "registry/registration/refusal.h"

/// `@context` of EPCIS documents (identifiers document §10.7). No JSON-LD is processed: the context
/// must be the known one, and may declare prefixes of namespaces for members of others.
namespace idnode::events {

/// The context of EPCIS 2.0.
inline constexpr std::string_view kEpcisContext =
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";
/// The namespace of our own members, `idn:stage` and others; its prefix need not be declared.
inline constexpr std::string_view kOwnPrefix = "idn";
inline constexpr std::string_view kOwnNamespace = "https://ns.example.cn/idn/";

inline constexpr std::size_t kNamespacesMax = 64;

/// Prefixes of namespaces: those that the known context declares, ours, and those that the sender
/// declares.
class Namespaces {
  public:
    /// From a `@context`. A document must name the known context, an event need not.
    enum class Of : bool { kEvent, kDocument };
    registration::Outcome<void> add(const boost::json::value& context, Of of,
                                    const json::Place& at);
    void declare(std::string_view prefix, std::string_view uri);

    /// The namespace of a prefix; nothing: it is not declared.
    std::optional<std::string_view> find(std::string_view prefix) const;
    /// Whether it was declared by the sender, other than as everybody knows it.
    bool is_declared(std::string_view prefix) const { return declared_.contains(prefix); }
    const std::map<std::string, std::string, std::less<>>& declared() const { return declared_; }

  private:
    std::map<std::string, std::string, std::less<>> declared_;
};

}  // namespace idnode::events
