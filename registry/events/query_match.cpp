#include <algorithm>

#include "registry/events/query.h"

namespace idnode::events {

namespace {

/// Calls `visit` with each instance, or class, that stands in one of the roles, until it says true.
template <class Visit>
bool any_identifier(const v1::EventRecord& record, std::uint32_t roles, const Visit& visit) {
    const auto any = [&](std::uint32_t role, const auto& list) {
        return (roles & role) != 0 && std::ranges::any_of(list, visit);
    };
    return ((roles & v1::EVENT_ROLE_PARENT) != 0 && !record.parent().empty() &&
            visit(record.parent())) ||
           any(v1::EVENT_ROLE_EPC, record.epcs()) || any(v1::EVENT_ROLE_CHILD, record.children()) ||
           any(v1::EVENT_ROLE_INPUT, record.inputs()) ||
           any(v1::EVENT_ROLE_OUTPUT, record.outputs());
}

template <class Visit>
bool any_quantity(const v1::EventRecord& record, std::uint32_t roles, const Visit& visit) {
    const auto any = [&](std::uint32_t role, const auto& list) {
        return (roles & role) != 0 && std::ranges::any_of(list, visit);
    };
    return any(v1::EVENT_ROLE_EPC, record.quantities()) ||
           any(v1::EVENT_ROLE_CHILD, record.child_quantities()) ||
           any(v1::EVENT_ROLE_INPUT, record.input_quantities()) ||
           any(v1::EVENT_ROLE_OUTPUT, record.output_quantities());
}

bool fits(const QueryCondition& condition, std::string_view cid) {
    if (cid.empty()) return false;
    const std::string key = schemes::key_of(cid);
    return std::ranges::any_of(
        condition.patterns, [&](const IdentifierPattern& pattern) { return pattern.matches(key); });
}

bool has_word(const QueryCondition& condition, std::string_view word) {
    return std::ranges::find(condition.words, word) != condition.words.end();
}

template <class List>
bool has_any_word(const QueryCondition& condition, const List& words) {
    return std::ranges::any_of(words,
                               [&](const std::string& word) { return has_word(condition, word); });
}

bool has_number(const QueryCondition& condition, int number) {
    return std::ranges::find(condition.numbers, number) != condition.numbers.end();
}

template <class List>
bool has_reference(const QueryCondition& condition, const List& references) {
    return std::ranges::any_of(references, [&](const v1::EventReference& one) {
        return one.type() == condition.type && has_word(condition, one.id());
    });
}

bool compares(Compare compare, double amount, double with) {
    switch (compare) {
        case Compare::kEqual:
            return amount == with;
        case Compare::kGreater:
            return amount > with;
        case Compare::kGreaterEqual:
            return amount >= with;
        case Compare::kLess:
            return amount < with;
        case Compare::kLessEqual:
            return amount <= with;
    }
    return false;
}

bool has_quantity(const QueryCondition& condition, const v1::EventQuantity& one) {
    return one.has_quantity() && std::ranges::any_of(condition.quantities, [&](double with) {
               return compares(condition.compare, one.quantity(), with);
           });
}

}  // namespace

bool QueryCondition::matches(const v1::EventRecord& record) const {
    switch (field) {
        case QueryField::kType:
            return has_number(*this, record.type());
        case QueryField::kAction:
            return has_number(*this, record.action());
        case QueryField::kBizStep:
            return has_word(*this, record.biz_step());
        case QueryField::kDisposition:
            return has_word(*this, record.disposition());
        case QueryField::kPersistentSet:
            return has_any_word(*this, record.persistent_set());
        case QueryField::kPersistentUnset:
            return has_any_word(*this, record.persistent_unset());
        case QueryField::kStage:
            return has_word(*this, record.stage());
        case QueryField::kWarning:
            return words.empty() ? !record.warnings().empty()
                                 : has_any_word(*this, record.warnings());
        case QueryField::kTransformation:
            return has_word(*this, record.transformation_id());
        case QueryField::kEventId:
            return has_word(*this, record.event_id());
        case QueryField::kErrorExists:
            return record.has_error();
        case QueryField::kErrorReason:
            return record.has_error() && has_word(*this, record.error().reason());
        case QueryField::kCorrectiveEvent:
            return has_any_word(*this, record.error().corrective_event_ids());
        case QueryField::kReadPoint:
            return fits(*this, record.read_point());
        case QueryField::kBizLocation:
            return fits(*this, record.biz_location());
        case QueryField::kIdentifier:
            return any_identifier(record, roles,
                                  [&](const std::string& cid) { return fits(*this, cid); });
        case QueryField::kClass:
            return any_quantity(record, roles, [&](const v1::EventQuantity& one) {
                return fits(*this, one.epc_class());
            });
        case QueryField::kTransaction:
            return has_reference(*this, record.transactions());
        case QueryField::kSource:
            return has_reference(*this, record.sources());
        case QueryField::kDestination:
            return has_reference(*this, record.destinations());
        case QueryField::kQuantity:
            return any_quantity(record, ~0U, [&](const v1::EventQuantity& one) {
                return has_quantity(*this, one);
            });
    }
    return false;
}

bool Query::matches(const v1::EventRecord& record) const {
    if (!event_time_ns.has(record.event_time_ns())) return false;
    if (!record_time_ms.has(record.record_time_ms())) return false;
    if (error_time_ns &&
        !(record.has_error() && error_time_ns->has(record.error().declaration_time_ns()))) {
        return false;
    }
    return std::ranges::all_of(
        conditions, [&](const QueryCondition& condition) { return condition.matches(record); });
}

}  // namespace idnode::events
