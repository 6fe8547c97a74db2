#pragma once

#include <cstdint>
#include <string>

#include "proto/idnode/v1/template.pb.h"
#include "registry/http/snms/json_body.h"
#include "registry/registration/registrar.h"

/// Templates as this interface writes them (§3.2, §3.3).
namespace idnode::http::snms {

inline constexpr std::size_t kPrefixMax = 64;  // §6
inline constexpr std::size_t kTemplateVersionMax = 128;

enum class TemplateForm : std::uint8_t { kV3, kV5 };

/// `{"id":…,"prefix":…,…}`
std::string template_json(const v1::Template& form, TemplateForm shape);
/// Whether it has items that this interface cannot show as they are.
bool is_lossy(const v1::Template& form);

/// A new one.
Outcome<v1::Template> read_template(const Members& members, TemplateForm shape,
                                    const registration::Terms& terms);
/// The changes to one (§3.5): items that are there begin as they are.
Outcome<v1::Template> read_template_edit(const Members& members, const v1::Template& before,
                                         const registration::Terms& terms);

}  // namespace idnode::http::snms
