#pragma once

/// How much of a long test is worth its time in this build.
namespace idnode::testing {

/// A sanitizer watches: everything takes many times as long, and each path is looked at closely.
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || \
    __has_feature(thread_sanitizer)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif
#if defined(__OPTIMIZE__)
inline constexpr bool kIsFast = !kIsSanitized;
#else
inline constexpr bool kIsFast = false;
#endif

/// The full number, or a tenth of it where a sanitizer watches.
template <class Number>
constexpr Number effort(Number full) {
    return kIsSanitized ? full / 10 : full;
}

}  // namespace idnode::testing
