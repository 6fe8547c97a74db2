#pragma once

#include <time.h>

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

/// The same as of the kernel's last tick, a few milliseconds ago, for a fifth of the cost: every
/// lookup asks for it.
class CoarseClock : public model::Clock {
  public:
    model::TimeMs now() const override {
        timespec time{};
        ::clock_gettime(CLOCK_REALTIME_COARSE, &time);
        return model::TimeMs{time.tv_sec} * 1'000 + time.tv_nsec / 1'000'000;
    }
};

}  // namespace idnode::tools
