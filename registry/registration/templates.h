#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proto/idnode/v1/template.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/registrar.h"

namespace idnode::registration {

inline constexpr std::uint32_t kTemplateHandleIndex = 1'000;   // `TEMPLATE_ID`: its handle
inline constexpr std::uint32_t kTemplateVersionIndex = 1'001;  // `TEMPLATE`: its version
inline constexpr std::uint32_t kItemIndexMin = 2'000;

/// Templates of a prefix, each under a version name.
class Templates {
  public:
    explicit Templates(const Registrar& registrar) : registrar_(registrar) {}

    /// Items without an index get the next free one. Published, unless its state says draft.
    Outcome<v1::Template> create(const Actor& actor, const v1::Template& wanted);
    Outcome<v1::Template> find(const Actor& actor, std::string_view prefix,
                               std::string_view version_name);
    Outcome<v1::TemplateList> list(const Actor& actor, std::string_view prefix,
                                   std::string_view cursor, std::size_t count_max);

    /// The template that registrations under `prefix` (folded) name, without asking who wants it.
    /// kTemplateUnknown.
    Outcome<v1::Template> named(std::string_view prefix, std::string_view version_name) const;

  private:
    const Registrar& registrar_;
};

/// One value as it came.
struct DraftValue {
    std::uint32_t index = 0;  // 0: found by its type
    std::string_view type;
    std::string_view text;
};

/// Whether a template allows these values: every check of SNMS §4.3, 6 to 8, in its order. Fills in
/// indexes that were not given, and sorts by index. `patch`: required items may be missing.
Outcome<void> check_values(const v1::Template& form, std::span<DraftValue> values, bool patch);
/// Whether a text is right for an item: the rule it breaks, or nothing.
std::optional<std::string> broken_rule(const v1::Item& item, std::string_view text);
/// The item with this index, those of repeatable ones too; null: none.
const v1::Item* item_at(const v1::Template& form, std::uint32_t index);

}  // namespace idnode::registration
