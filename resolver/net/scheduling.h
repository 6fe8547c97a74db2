#pragma once

/// Which threads come first where cores are short: lookups before signatures and changes. Both
/// concern the calling thread and are advice: without them everything works as well.
namespace idnode::resolver {

/// For threads that answer lookups: once there is work for them, they need not wait until another
/// thread's turn, some milliseconds, has ended (Linux 6.12 and later; earlier ones are so anyhow).
void come_first();

/// For the same, where the operator wishes it: before everything else, in turns with each other,
/// and at once also on kernels that otherwise let others end their turn of some milliseconds.
/// False: the system does not permit it (RLIMIT_RTPRIO).
bool come_before_all();
/// Whether `come_before_all` is permitted.
bool may_come_before_all();

/// For threads that compute for long, and those that they start.
void give_way();

}  // namespace idnode::resolver
