#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/idnode/v1/identifier.pb.h"
#include "proto/schemes/canonical.h"
#include "registry/events/access.h"
#include "registry/events/history.h"
#include "registry/events/lifecycle.h"
#include "registry/events/lifecycle_value.h"
#include "registry/events/state.h"

/// Product passports (identifiers document §17): what is registered about one product and what its
/// events tell, in one view.
namespace idnode::events {

struct Passport {
    std::string cid;
    schemes::Level level = schemes::Level::kUnknown;
    std::string operator_prefix;  // to which the identifier belongs; empty: not a handle
    std::string operator_name;    // of the enterprise; empty: none is known here
    std::string operator_id;      // its social credit code, where it has one
    std::optional<v1::Identifier> record;
    State state;
    History timeline;      // the first events; with `cursor` where there are more
    std::string facility;  // where it was made
    Links links;
    std::int64_t issued_ns = 0;

    bool is_known() const { return record || state.is_known(); }
    /// The value of the record with one of the types of a commodity code; empty: there is none.
    std::string_view commodity_code() const;
    /// `model`, `batch` or `item`: by EN 18219.
    std::string_view granularity() const;
    /// `active`, `recalled`, `ended`, or `registered` where no event tells.
    std::string_view status() const;
};

/// What `access` may read; of the record what its actor may read. May block on the disk.
registration::Outcome<Passport> read_passport(const Lifecycle& lifecycle, Access& access,
                                              std::string_view cid);

/// As JSON-LD.
std::string passport_json(const Passport& passport);

}  // namespace idnode::events
