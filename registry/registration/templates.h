#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "proto/idnode/v1/prefix.pb.h"
#include "proto/idnode/v1/template.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/registrar.h"

namespace idnode::registration {

/// Templates of a prefix, each under a version name. A draft may change in every way; a published
/// one takes registrations; a withdrawn one takes no more, and may be published again. Records keep
/// their values whatever becomes of the template: rules that get tighter count for later writes.
class Templates {
  public:
    explicit Templates(const Registrar& registrar) : registrar_(registrar) {}

    /// Items without an index get the lowest free one. Published, unless its state says draft.
    Outcome<v1::Template> create(const Actor& actor, const v1::Template& wanted);
    /// Changes what `wanted` gives, see `merge_template`. `expected`: the version that it must
    /// have.
    Outcome<v1::Template> edit(const Actor& actor, const v1::Template& wanted,
                               std::optional<model::TransactionId> expected = {});
    /// A draft as a whole. kWrongState: it was published.
    Outcome<v1::Template> replace_draft(const Actor& actor, const v1::Template& wanted,
                                        std::optional<model::TransactionId> expected = {});
    Outcome<v1::Template> publish(const Actor& actor, std::string_view prefix,
                                  std::string_view version_name);
    Outcome<v1::Template> withdraw(const Actor& actor, std::string_view prefix,
                                   std::string_view version_name);

    enum class Deletion : std::uint8_t {
        kUnused,  // only when no record names it
        kForced,  // for operators: one that records name is hidden, its version name stays taken
    };
    /// kWrongState: records name it, or there are too many records to look through.
    Outcome<void> remove(const Actor& actor, std::string_view prefix, std::string_view version_name,
                         Deletion deletion);

    Outcome<v1::Template> find(const Actor& actor, std::string_view prefix,
                               std::string_view version_name);
    Outcome<v1::TemplateList> list(const Actor& actor, std::string_view prefix,
                                   std::string_view cursor, std::size_t count_max);

    /// The template that registrations under `prefix` (folded) name, without asking who wants it.
    /// kTemplateUnknown.
    Outcome<v1::Template> named(std::string_view prefix, std::string_view version_name) const;

  private:
    Outcome<v1::Template> read(std::string_view prefix, std::string_view version_name) const;
    /// What becomes of a template, decided again when somebody else was faster.
    using Turn = std::function<Outcome<void>(v1::Template&)>;
    Outcome<v1::Template> change(const Actor& actor, std::string_view prefix,
                                 std::string_view version_name, const Turn& turn);
    /// Checks it, and gives its items indexes.
    Outcome<void> complete(v1::Template& form) const;
    Outcome<bool> is_named(const v1::Prefix& prefix, std::string_view version_name) const;

    const Registrar& registrar_;
};

}  // namespace idnode::registration
