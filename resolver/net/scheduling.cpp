#include "resolver/net/scheduling.h"

#include <linux/sched.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <thread>

namespace idnode::resolver {
namespace {

/// What sched_setattr(2) takes, in its first version; the header with it clashes with libc's.
struct Attributes {
    std::uint32_t size = sizeof(Attributes);
    std::uint32_t policy = 0;
    std::uint64_t flags = SCHED_FLAG_KEEP_POLICY;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime = 0;  // of one turn, ns
    std::uint64_t deadline = 0;
    std::uint64_t period = 0;
};
static_assert(sizeof(Attributes) == 48);

/// As short as the kernel takes: a thread with a shorter turn is let in before one with a longer.
constexpr std::uint64_t kTurnNanoseconds = 100'000;
constexpr int kNiceness = 10;

}  // namespace

void come_first() {
    Attributes attributes;
    attributes.nice = ::getpriority(PRIO_PROCESS, 0);
    attributes.runtime = kTurnNanoseconds;
    ::syscall(SYS_sched_setattr, 0, &attributes, 0);
}

bool come_before_all() {
    const sched_param lowest{.sched_priority = 1};
    return ::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) == 0;
}

bool may_come_before_all() {
    bool permitted = false;
    std::thread([&permitted] { permitted = come_before_all(); }).join();
    return permitted;
}

void give_way() {
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
}

}  // namespace idnode::resolver
