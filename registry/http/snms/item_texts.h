#pragma once

#include <map>
#include <optional>
#include <string>

#include "proto/idnode/v1/template.pb.h"
#include "registry/http/snms/fault.h"
#include "registry/registration/identifiers.h"

namespace idnode::http::snms {

/// Why a draft was refused, with the rule of the template's item where one was broken. Keeps the
/// templates that it has read.
class ItemTexts {
  public:
    explicit ItemTexts(const registration::Registrar& registrar) : registrar_(registrar) {}

    Fault fault_of(const registration::Refusal& refusal, const registration::Draft& draft);

  private:
    const v1::Template* template_of(const registration::Draft& draft);

    const registration::Registrar& registrar_;
    std::map<std::string, std::optional<v1::Template>, std::less<>> templates_;
};

}  // namespace idnode::http::snms
