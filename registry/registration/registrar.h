#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "registry/model/ports.h"

namespace idnode::registration {

/// How this node registers; from its settings.
struct Terms {
    std::string own_prefix = "88.100";  // folded
    unsigned prefix_levels_max = 3;
    model::SuffixCase suffix_case = model::SuffixCase::kFold;  // of prefixes allotted from now on
    bool allow_plain = false;  // passwords and tokens over plain HTTP, from other machines too
    bool is_mirror = false;    // nothing may be changed
    bool any_industry_codes = false;  // of templates; otherwise those of GB/T 4754
    std::chrono::seconds token_lifetime{86'400};
    std::chrono::seconds token_lifetime_max{31'536'000};
    std::chrono::days retire{0};  // for how long a deleted identifier cannot be registered again
    std::chrono::days personal_data{30};  // for how long it is kept after a review
    std::size_t batch_items_max = 10'000;
    std::uint64_t identifiers_max = 0;  // of an enterprise without its own quota; 0: any number
    // A second, where an account or enterprise has no quota of its own; 0: any number.
    std::uint32_t requests_per_second_max = 0;
    std::uint32_t identifiers_per_second_max = 0;
};

class Meters;
class RateLimits;

/// When what is old was last looked for.
struct Housekeeping {
    std::atomic<model::TimeMs> operations_swept{0};
    std::atomic<model::TimeMs> files_swept{0};
};

/// What all services of registration work with. Everything outlives them. The services themselves
/// keep nothing but this: they are cheap to make, one for each request, and not thread-safe.
struct Registrar {
    model::RecordStore& store;
    const model::Clock& clock;
    model::Entropy& entropy;
    const model::Digests& digests;
    const model::Passwords& passwords;
    const model::Seal& seal;
    Meters& meters;
    RateLimits& rates;
    Housekeeping& housekeeping;
    const Terms& terms;
};

}  // namespace idnode::registration
