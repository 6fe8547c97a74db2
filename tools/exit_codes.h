#pragma once

/// Exit codes of both programs; scripts rely on them.
namespace idnode::tools {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;  // cannot start, cannot do it; for lookups: not found
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNoAnswer = 3;
inline constexpr int kExitRefused = 4;  // the server answered, but would not

}  // namespace idnode::tools
