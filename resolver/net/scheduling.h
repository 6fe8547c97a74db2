#pragma once

/// Which threads come first where cores are short: lookups before signatures and changes. Both
/// concern the calling thread and are advice: without them everything works as well.
namespace idnode::resolver {

/// For threads that answer lookups: once there is work for them, they need not wait until another
/// thread's turn, some milliseconds, has ended (Linux 6.12 and later; earlier ones are so anyhow).
void come_first();

/// For threads that compute for long, and those that they start.
void give_way();

}  // namespace idnode::resolver
