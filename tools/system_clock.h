#pragma once

#include <chrono>

#include "registry/model/ports.h"

namespace idnode::tools {

/// The time of day of this machine.
class SystemClock : public model::Clock {
  public:
    model::TimeMs now() const override {
        const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
    }
};

}  // namespace idnode::tools
