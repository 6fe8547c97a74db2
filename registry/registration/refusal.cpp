#include "registry/registration/refusal.h"

#include <array>

namespace idnode::registration {

namespace {

struct Row {
    Code code;
    std::string_view name;
    unsigned http;
};

// In the order of `Code`.
constexpr std::array kRows{
    Row{Code::kNotAuthenticated, "E_NOT_AUTHENTICATED", 401},
    Row{Code::kWrongLogin, "E_WRONG_LOGIN", 401},
    Row{Code::kNotAllowed, "E_NOT_ALLOWED", 403},
    Row{Code::kForeignPrefix, "E_FOREIGN_PREFIX", 403},
    Row{Code::kNotFound, "E_NOT_FOUND", 404},
    Row{Code::kExists, "E_EXISTS", 409},
    Row{Code::kIdentifierExists, "E_IDENTIFIER_EXISTS", 409},
    Row{Code::kWrongState, "E_WRONG_STATE", 409},
    Row{Code::kPrefixDisabled, "E_PREFIX_DISABLED", 409},
    Row{Code::kVersionMismatch, "E_VERSION_MISMATCH", 412},
    Row{Code::kMissing, "E_FIELD_MISSING", 400},
    Row{Code::kInvalid, "E_INVALID", 400},
    Row{Code::kLimit, "E_LIMIT", 413},
    Row{Code::kTooMany, "E_RATE_LIMIT", 429},
    Row{Code::kQuota, "E_QUOTA", 403},
    Row{Code::kTemplateUnknown, "E_TEMPLATE_UNKNOWN", 422},
    Row{Code::kItemUnknown, "E_TEMPLATE_INDEX_UNKNOWN", 422},
    Row{Code::kItemTypeMismatch, "E_ITEM_TYPE_MISMATCH", 422},
    Row{Code::kItemDisabled, "E_ITEM_DISABLED", 422},
    Row{Code::kItemMissing, "E_ITEM_MISSING", 422},
    Row{Code::kItemInvalid, "E_ITEM_INVALID", 422},
    Row{Code::kItemRepeated, "E_ITEM_REPEATED", 422},
    Row{Code::kCodingRule, "E_CODING_RULE", 422},
    Row{Code::kKeyReused, "E_IDEMPOTENCY_KEY_REUSED", 422},
    Row{Code::kReadOnly, "E_READ_ONLY", 503},
    Row{Code::kBusy, "E_BUSY", 503},
    Row{Code::kStorage, "E_STORAGE", 503},
    Row{Code::kInternal, "E_INTERNAL", 500},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        if (static_cast<std::size_t>(kRows[i].code) != i) return false;
    }
    return kRows.size() == static_cast<std::size_t>(Code::kInternal) + 1;
}
static_assert(in_order());

const Row& row_of(Code code) {
    return kRows[static_cast<std::size_t>(code)];
}

}  // namespace

std::string_view name_of(Code code) {
    return row_of(code).name;
}

std::string_view name_of(const Refusal& refusal) {
    return refusal.rule.empty() ? name_of(refusal.code) : refusal.rule;
}

unsigned http_status(Code code) {
    return row_of(code).http;
}

Refusal to_refusal(const Error& error) {
    switch (error.code) {
        case Errc::kInvalid:
            return {.code = Code::kInvalid, .message = error.detail};
        case Errc::kLimit:
            return {.code = Code::kLimit, .message = error.detail};
        case Errc::kNotFound:
            return {.code = Code::kNotFound, .message = error.detail};
        case Errc::kConflict:
            return {.code = Code::kVersionMismatch,
                    .message = "somebody else changed it at the same time",
                    .remedy = "read it again and repeat the change"};
        case Errc::kRefused:
            return {.code = Code::kReadOnly, .message = "this node does not take changes"};
        case Errc::kStorage:
        case Errc::kDamaged:
        case Errc::kUnavailable:
        case Errc::kTimeout:
            return {.code = Code::kStorage,
                    .message = "the node's store does not take or give this now",
                    .remedy = "try again later; if it lasts, tell the operator of the node"};
        case Errc::kUnsupported:
        case Errc::kInternal:
            break;
    }
    return {.code = Code::kInternal, .message = "the request could not be carried out"};
}

Refusal not_found(std::string_view what) {
    return {.code = Code::kNotFound, .message = "there is no " + std::string(what)};
}

Refusal missing(std::string field) {
    std::string message = field + ": must be given";
    return {.code = Code::kMissing, .message = std::move(message), .field = std::move(field)};
}

Refusal invalid(std::string field, std::string rule) {
    std::string message = field + ": " + rule;
    return {.code = Code::kInvalid, .message = std::move(message), .field = std::move(field)};
}

}  // namespace idnode::registration
