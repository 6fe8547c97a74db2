#include "registry/events/labels.h"

#include <algorithm>

#include "registry/events/stages.h"

namespace idnode::events {

namespace {

v1::Visibility widest_of(v1::DataLevel level) {
    switch (level) {
        case v1::DATA_LEVEL_CORE:
            return v1::VISIBILITY_PRIVATE;
        case v1::DATA_LEVEL_IMPORTANT:
            return v1::VISIBILITY_PARTNER;
        default:
            return v1::VISIBILITY_PUBLIC;
    }
}

}  // namespace

bool complete_label(v1::EventRecord& record, const json::Place& at, EventValues& values) {
    if (record.stage().empty()) record.set_stage(std::string(stage_of(record)));
    const v1::Label usual = default_label(record.stage());
    v1::Label& label = *record.mutable_label();
    if (label.level() == v1::DATA_LEVEL_UNSPECIFIED) label.set_level(usual.level());
    if (label.domain() == v1::DATA_DOMAIN_UNSPECIFIED) label.set_domain(usual.domain());
    const v1::Visibility widest = widest_of(label.level());
    if (label.visibility() == v1::VISIBILITY_UNSPECIFIED) {
        label.set_visibility(std::max(usual.visibility(), widest));
    }
    if (label.visibility() >= widest) return true;
    return values.fail(faults::kLabel, at.member("idn:visibility"),
                       label.level() == v1::DATA_LEVEL_CORE ? "core data must be private"
                                                            : "important data must not be public");
}

}  // namespace idnode::events
