#include "registry/http/api/csv.h"

#include "proto/base/csv_rows.h"

namespace idnode::http {

namespace {

constexpr std::string_view kRowEnd = "\r\n";

/// The values of an item, a line each.
std::string cell_of(const v1::Identifier& identifier, const v1::Item& item) {
    std::string out;
    for (const v1::ItemValue& value : identifier.values()) {
        if (value.type() != item.type()) continue;
        if (!out.empty()) out += '\n';
        out += value.value();
    }
    return out;
}

}  // namespace

std::string csv_of(const v1::Template& form, const v1::IdentifierList& list) {
    std::string out = "handle,templateVersion";
    for (const v1::Item& item : form.items()) {
        out += ',';
        append_csv_field(item.type() + (item.repeatable() ? "[]" : ""), out);
    }
    out += kRowEnd;
    for (const v1::Identifier& identifier : list.identifiers()) {
        if (identifier.template_version() != form.version_name()) continue;
        append_csv_field(identifier.handle(), out);
        out += ',';
        append_csv_field(identifier.template_version(), out);
        for (const v1::Item& item : form.items()) {
            out += ',';
            append_csv_field(cell_of(identifier, item), out);
        }
        out += kRowEnd;
    }
    return out;
}

}  // namespace idnode::http
