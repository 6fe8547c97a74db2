#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/base/result.h"
#include "registry/registration/refusal.h"

/// What this interface says when something is refused (§1.3, §1.4).
namespace idnode::http::snms {

inline constexpr int kSuccess = 1;
inline constexpr int kNotLoggedIn = -1;
inline constexpr int kBusinessFailure = -2;
inline constexpr int kNoPermission = -3;
inline constexpr int kInternalError = -4;
inline constexpr int kWrongType = 21'000;

struct Fault {
    int status = kBusinessFailure;
    registration::Code code = registration::Code::kInvalid;
    std::string chinese;
    std::string english;
    std::uint32_t retry_after_s = 0;

    const std::string& text(bool in_english) const { return in_english ? english : chinese; }
};

template <class T>
using Outcome = Result<T, Fault>;

/// With the texts of this interface, in place of those of the registration API.
Fault fault_of(const registration::Refusal& refusal);
/// `缺少必要的请求参数: NAME`
Fault missing_parameter(std::string_view name);
/// A member of a wrong type that cannot be read as the right one: status 21000.
Fault wrong_type(std::string_view name, std::string_view chinese, std::string_view english);
/// A member that breaks a rule.
Fault broken_rule(std::string_view name, std::string_view chinese, std::string_view english);
/// A text that is too long.
Fault too_long(std::string_view name, std::size_t characters_max);
/// `没有找到…`
Fault no_such(std::string_view chinese, std::string_view english);

inline constexpr std::string_view kIdentifierExists = "标识已存在";
inline constexpr std::string_view kIdentifierNotFound = "没有找到标识";
/// The same of an item of a batch.
inline constexpr std::string_view kIdentifierMissing = "标识不存在";

/// Unicode characters of well-formed UTF-8.
std::size_t count_characters(std::string_view text);

}  // namespace idnode::http::snms
