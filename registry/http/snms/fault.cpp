#include "registry/http/snms/fault.h"

#include <algorithm>

namespace idnode::http::snms {

namespace {

using registration::Code;
using registration::Refusal;

int status_of(Code code) {
    switch (code) {
        case Code::kNotAuthenticated:
            return kNotLoggedIn;
        case Code::kNotAllowed:
        case Code::kForeignPrefix:
            return kNoPermission;
        case Code::kBusy:
        case Code::kStorage:
        case Code::kInternal:
            return kInternalError;
        default:
            return kBusinessFailure;
    }
}

std::string about(std::string_view text, std::string_view what) {
    std::string out(text);
    if (!what.empty()) out.append(": ").append(what);
    return out;
}

std::string of_index(std::string_view before, const Refusal& refusal, std::string_view after) {
    std::string out(before);
    out.append("索引").append(std::to_string(refusal.index)).append(after);
    return out;
}

std::string chinese_of(const Refusal& refusal) {
    switch (refusal.code) {
        case Code::kNotAuthenticated:
            return "没有登录，需要验证";
        case Code::kWrongLogin:
            return "用户名/密码错误！";
        case Code::kNotAllowed:
            return "没有操作权限";
        case Code::kForeignPrefix:
            return "没有该前缀的操作权限";
        case Code::kNotFound:
            return refusal.field == "handle" ? std::string(kIdentifierNotFound)
                                             : about("没有找到数据", refusal.field);
        case Code::kExists:
            return about("数据已存在", refusal.field);
        case Code::kIdentifierExists:
            return std::string(kIdentifierExists);
        case Code::kWrongState:
            if (refusal.field == "handle") return "标识已删除，暂时不能重新注册";
            return about("当前状态不允许此操作", refusal.field);
        case Code::kPrefixDisabled:
            return "前缀已停用或不在本节点托管";
        case Code::kVersionMismatch:
            return "数据已被同时修改，请重试";
        case Code::kMissing:
            return about("缺少必要的请求参数", refusal.field);
        case Code::kInvalid:
            return about("请求参数不正确", refusal.field);
        case Code::kLimit:
            return about("请求参数超出限制", refusal.field);
        case Code::kTooMany:
            return "请求过于频繁，请稍后再试";
        case Code::kQuota:
            return "企业标识数量已达上限";
        case Code::kTemplateUnknown:
            return "模板不存在";
        case Code::kCodingRule:
            return "标识后缀不符合编码规则";
        case Code::kItemUnknown:
            return of_index("非法操作，", refusal, "在模板中不存在");
        case Code::kItemTypeMismatch:
            return of_index("", refusal, "的type与模板不一致");
        case Code::kItemDisabled:
            return of_index("", refusal, "在模板中已停用");
        case Code::kItemMissing:
            return of_index("缺少必填的值: ", refusal, "");
        case Code::kItemInvalid:
            return of_index("", refusal, "的值不符合模板要求");
        case Code::kItemRepeated:
            return of_index("", refusal, "重复");
        case Code::kKeyReused:
            return "Idempotency-Key已用于其他请求";
        case Code::kReadOnly:
            return "本节点为镜像节点，不接受修改";
        case Code::kBusy:
        case Code::kStorage:
        case Code::kInternal:
            break;
    }
    return "系统繁忙";
}

}  // namespace

Fault fault_of(const Refusal& refusal) {
    return {.status = status_of(refusal.code),
            .code = refusal.code,
            .chinese = chinese_of(refusal),
            .english = refusal.message,
            .retry_after_s = refusal.retry_after_s};
}

Fault missing_parameter(std::string_view name) {
    return {.code = Code::kMissing,
            .chinese = about("缺少必要的请求参数", name),
            .english = about("required parameter missing", name)};
}

Fault wrong_type(std::string_view name, std::string_view chinese, std::string_view english) {
    Fault out = broken_rule(name, chinese, english);
    out.status = kWrongType;
    return out;
}

Fault broken_rule(std::string_view name, std::string_view chinese, std::string_view english) {
    return {.code = Code::kInvalid,
            .chinese = std::string(name).append(chinese),
            .english = std::string(name).append(" ").append(english)};
}

Fault too_long(std::string_view name, std::size_t characters_max) {
    const std::string most = std::to_string(characters_max);
    Fault out =
        broken_rule(name, "长度不能超过" + most + "个字符", "has at most " + most + " characters");
    out.code = Code::kLimit;
    return out;
}

Fault no_such(std::string_view chinese, std::string_view english) {
    return {.code = Code::kNotFound,
            .chinese = std::string("没有找到").append(chinese),
            .english = std::string("there is no such ").append(english)};
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char one) { return (static_cast<unsigned char>(one) & 0xC0U) != 0x80U; }));
}

}  // namespace idnode::http::snms
