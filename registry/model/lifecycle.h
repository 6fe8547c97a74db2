#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/result.h"

namespace idnode::model {

/// The type of the value that shows the present state of a product. It is worked out when it is
/// asked for by this name, and never stored.
inline constexpr std::string_view kLifecycleType = "IDN.LIFECYCLE";
/// Its index, or the next one that is free in the record.
inline constexpr std::int32_t kLifecycleIndex = 1'002;
/// For how many seconds the state may be kept: the next event can come at any time.
inline constexpr std::uint32_t kLifecycleTtl = 60;

/// What lifecycle records say about identifiers, for whoever looks them up. Thread-safe.
class LifecycleView {
  public:
    struct Shown {
        std::string json;
        std::uint32_t timestamp = 0;  // Unix seconds, of the last event
    };
    virtual ~LifecycleView() = default;
    /// What everybody may see of the state of `handle`. Nothing: there is nothing such. Blocks on
    /// the disk.
    virtual Result<std::optional<Shown>> show(std::string_view handle) const = 0;
};

}  // namespace idnode::model
