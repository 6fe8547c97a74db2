#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace idnode {

/// What went wrong, coarsely: each code has one answer on the wire (`response_code` of
/// proto/handle/header.h) and one exit code on the command line.
enum class Errc : std::uint8_t {
    kInvalid,      // input breaks a rule; the detail names rule and place
    kNotFound,     // an answer, not a failure to log
    kConflict,     // somebody else changed the record first, or it exists already
    kLimit,        // a named limit would be exceeded
    kRefused,      // not allowed
    kUnavailable,  // a peer or a resource is not there now; trying again may help
    kTimeout,      // the deadline passed first
    kStorage,      // the disk or the database failed; an operator must act
    kDamaged,      // stored bytes fail their own checks
    kUnsupported,  // known, but not served here
    kInternal,     // a bug
};

/// For storage, registration and tools. `detail` is for the operator, not for the peer: it says
/// what, where and what to do.
struct Error {
    Errc code = Errc::kInternal;
    std::string detail;
};

/// A value or an error. Test it before dereferencing; there are no macros to hide the test.
template <class T, class E = Error>
class [[nodiscard]] Result : public std::expected<T, E> {
    using Base = std::expected<T, E>;

  public:
    using Base::Base;
    Result(E error)
        : Base(std::unexpect, std::move(error)) {}  // so that `return Error{...};` reads well
};

}  // namespace idnode
