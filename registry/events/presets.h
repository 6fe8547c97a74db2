#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Which event to send when, for kinds of products (identifiers document §12).
namespace idnode::events {

/// Every kind of product with the events of its life, as JSON: what each must carry, how it is
/// labelled when it says nothing, and an event to fill in. In it texts in braces, `{epc}`, are to
/// be replaced.
std::string presets_json();
/// One of them: `discrete-product`, `process-lot`, `component`, `returnable-asset`,
/// `logistic-unit`, `design`. Nothing: there is no such kind.
std::optional<std::string> preset_json(std::string_view kind);

}  // namespace idnode::events
