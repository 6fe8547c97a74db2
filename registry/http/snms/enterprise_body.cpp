#include "registry/http/snms/enterprise_body.h"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <limits>
#include <set>
#include <span>

#include "proto/base/text.h"
#include "registry/json/encoding.h"
#include "registry/json/fields.h"
#include "registry/registration/enterprises.h"

namespace idnode::http::snms {

namespace {

namespace bj = boost::json;

constexpr std::size_t kItemsMax = 100;  // of each list
constexpr std::size_t kOtherTextMax = 1'024;
constexpr std::string_view kBasic = "entBasicInfo";
constexpr std::string_view kManagement = "entRegisterManageInfo";
constexpr std::string_view kHosting = "entHostingAndIdentifyServeInfo";
// The members of `entBasicInfo` that concern people: shown masked, kept sealed.
constexpr std::array<std::string_view, 2> kPaperNumbers{"contactCrtNo", "legalCrtNo"};

struct Rule {
    std::string_view name;
    bool required;
    std::size_t characters_max = 0;  // of a text
    std::int64_t min = 0;            // of a number, where there is no text
    std::int64_t max = 0;
};

constexpr std::int64_t kIdMax = std::numeric_limits<std::int64_t>::max();

constexpr std::array kBasicRules{
    Rule{"orgName", true, 255},
    Rule{"orgNature", true, 0, 1, 5},
    Rule{"orgAddrProvince", true, 8},
    Rule{"orgAddrCity", true, 8},
    Rule{"orgAddrCounty", false, 8},
    Rule{"orgAddr", true, 255},
    Rule{"orgCrtType", true, 0, 1, 2},
    Rule{"orgCrtCode", true, 32},
    Rule{"orgCrtImgRid", true, 0, 1, kIdMax},
    Rule{"orgDesc", false, 1'024},
    Rule{"industryCategory", true, 8},
    Rule{"industrySpecific", true, 8},
    Rule{"website", false, 255},
    Rule{"regAuthority", false, 255},
    Rule{"regCapital", false, 0, 0, kIdMax},
    Rule{"establishDate", false, 32},
    Rule{"periodValidity", false, 32},
    Rule{"contactName", true, 128},
    Rule{"contactCrtType", true, 0, 1, 3},
    Rule{"contactCrtNo", true, 32},
    Rule{"contactCrtFrontImgRid", false, 0, 1, kIdMax},
    Rule{"contactCrtBackImgRid", false, 0, 1, kIdMax},
    Rule{"contactEmail", true, 128},
    Rule{"contactPhone", true, 16},
    Rule{"legalName", true, 128},
    Rule{"legalCrtType", true, 0, 1, 3},
    Rule{"legalCrtNo", true, 32},
    Rule{"legalCrtFrontImgRid", true, 0, 1, kIdMax},
    Rule{"legalCrtBackImgRid", true, 0, 1, kIdMax},
    Rule{"legalEmail", false, 128},
    Rule{"legalFax", false, 128},
    Rule{"legalPhone", false, 128},
    Rule{"entPrefix", true, 64},
};

constexpr std::array kIndustryRules{
    Rule{"industryCategory", true, 8},
    Rule{"industrySpecific", true, 8},
    Rule{"industryTrade", true, 8},
    Rule{"industrySubclass", true, 8},
};

constexpr std::array kLicenceRules{
    Rule{"licenceNo", true, 255},
    Rule{"licenceType", true, 0, 1, 4},
};

Outcome<void> check_rule(const Members& members, const Rule& rule) {
    if (rule.characters_max > 0) {
        const auto text = rule.required ? members.text(rule.name, rule.characters_max)
                                        : members.optional_text(rule.name, rule.characters_max);
        return text ? Outcome<void>() : text.error();
    }
    if (rule.required) {
        const auto number = members.integer(rule.name, rule.min, rule.max);
        return number ? Outcome<void>() : number.error();
    }
    const auto* value = members.find(rule.name);
    const auto* text = value == nullptr ? nullptr : value->if_string();
    if (text != nullptr && text->empty()) return {};  // as forms send what is not filled in
    const auto number = members.optional_integer(rule.name, rule.min, rule.max);
    return number ? Outcome<void>() : number.error();
}

Outcome<void> check_rules(const Members& members, std::span<const Rule> rules) {
    for (const Rule& rule : rules) {
        if (auto fine = check_rule(members, rule); !fine) return fine;
    }
    return {};
}

/// A text that `check_rules` found right.
std::string text_of(const Members& members, std::string_view name) {
    return members.optional_text(name, kOtherTextMax).value_or("");
}

Outcome<void> check_list(const Members& members, std::string_view name,
                         std::span<const Rule> rules) {
    if (!members.has(name)) return {};
    const auto list = members.array(name);
    if (!list) return list.error();
    if ((*list)->size() > kItemsMax) {
        return broken_rule(name, "不能超过100项", "has at most 100 items");
    }
    for (std::size_t at = 0; at < (*list)->size(); ++at) {
        const auto item = members.item(name, **list, at);
        if (!item) return item.error();
        if (auto fine = check_rules(*item, rules); !fine) return fine;
    }
    return {};
}

/// `[ADDRESS]:PORT;…`
bool is_endpoint_list(std::string_view text) {
    if (text.empty()) return false;
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find(';'));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        const std::size_t colon = one.rfind(':');
        if (colon == std::string_view::npos || colon == 0) return false;
        const std::string_view port = one.substr(colon + 1);
        const bool is_port = !port.empty() && port.size() <= 5 &&
                             port.find_first_not_of("0123456789") == std::string_view::npos;
        const bool in_brackets = one.front() == '[' && one[colon - 1] == ']' && colon > 2;
        const bool bare = one.find_first_of("[]:") == colon;
        if (!is_port || !(in_brackets || bare)) return false;
    }
    return true;
}

/// The specification does not name the members of the address; one of them must say something.
bool says_address(const bj::object& object) {
    return std::ranges::any_of(object, [](const bj::key_value_pair& member) {
        std::string name = fold_ascii(std::string_view(member.key().data(), member.key().size()));
        const auto* text = member.value().if_string();
        return name.find("ADDR") != std::string::npos && text != nullptr && !text->empty();
    });
}

Outcome<std::int64_t> check_system(const Members& system, const bj::object& object) {
    const auto type = system.integer("sysType", 1, 5);
    if (!type) return type.error();
    const auto mode = system.integer("deployMode", 1, 2);
    if (!mode) return mode.error();
    if (*mode == 1 && !says_address(object)) return missing_parameter(system.name_of("addr"));
    if (*mode == 2) {
        if (const auto name = system.text("name", 255); !name) return name.error();
    }
    const auto endpoints = system.optional_text("ipPort", kOtherTextMax);
    if (!endpoints) return endpoints.error();
    if (!endpoints->empty() && !is_endpoint_list(*endpoints)) {
        return broken_rule(system.name_of("ipPort"), "格式必须为[地址]:端口;…",
                           "must be [ADDRESS]:PORT;…");
    }
    return *type;
}

Outcome<void> check_management(const Members& members) {
    const auto systems = members.array("entInfoSyses");
    if (!systems) return systems.error();
    if ((*systems)->size() > kItemsMax) {
        return broken_rule("entInfoSyses", "不能超过100项", "has at most 100 items");
    }
    std::set<std::int64_t> types;
    for (std::size_t at = 0; at < (*systems)->size(); ++at) {
        const auto system = members.item("entInfoSyses", **systems, at);
        if (!system) return system.error();
        const auto type = check_system(*system, (**systems)[at].get_object());
        if (!type) return type.error();
        types.insert(*type);
    }
    for (const std::int64_t type : {1, 2, 3, 4}) {
        if (types.contains(type)) continue;
        return broken_rule(members.name_of("entInfoSyses"),
                           "必须包含sysType为" + std::to_string(type) + "的系统",
                           "must have a system of type " + std::to_string(type));
    }
    for (const std::string_view name : {"servSysBuildType", "servSysOperType"}) {
        if (const auto fine = members.integer(name, 1, 2); !fine) return fine.error();
    }
    return {};
}

/// The files that an application names, wherever it does.
Outcome<void> collect_files(const bj::value& value, std::vector<std::uint64_t>& out) {
    if (const auto* items = value.if_array()) {
        for (const bj::value& item : *items) {
            if (auto done = collect_files(item, out); !done) return done;
        }
    }
    const auto* object = value.if_object();
    if (object == nullptr) return {};
    for (const auto& member : *object) {
        const std::string_view name(member.key().data(), member.key().size());
        if (!name.ends_with("Rid")) {
            if (auto done = collect_files(member.value(), out); !done) return done;
            continue;
        }
        const auto text = as_string(member.value());
        if (member.value().is_null() || (text && text->empty())) continue;
        const auto id = as_integer(member.value());
        if (!id || *id < 1) {
            return wrong_type(name, "必须是上传文件的id", "must be the id of an uploaded file");
        }
        out.push_back(static_cast<std::uint64_t>(*id));
    }
    return {};
}

std::string masked(std::string_view number) {
    const std::size_t shown = std::min<std::size_t>(number.size() / 4, 4);
    std::string out(number);
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(shown),
              out.end() - static_cast<std::ptrdiff_t>(shown), '*');
    return out;
}

void read_profile(const Members& basic, v1::EnterpriseProfile& out) {
    out.set_name(text_of(basic, "orgName"));
    const auto nature = basic.integer("orgNature", 1, 5);
    out.set_nature(nature ? static_cast<std::uint32_t>(*nature) : 0);
    const auto kind = basic.integer("orgCrtType", 1, 2);
    out.mutable_certificate()->set_kind(kind && *kind == 1 ? v1::CERTIFICATE_KIND_CREDIT_CODE
                                                           : v1::CERTIFICATE_KIND_OTHER);
    out.mutable_certificate()->set_number(text_of(basic, "orgCrtCode"));
    out.mutable_address()->set_province(text_of(basic, "orgAddrProvince"));
    out.mutable_address()->set_city(text_of(basic, "orgAddrCity"));
    out.mutable_address()->set_county(text_of(basic, "orgAddrCounty"));
    out.mutable_address()->set_text(text_of(basic, "orgAddr"));
    out.mutable_industry()->set_category(text_of(basic, "industryCategory"));
    out.mutable_industry()->set_division(text_of(basic, "industrySpecific"));
    out.mutable_contact()->set_name(text_of(basic, "contactName"));
    out.mutable_contact()->set_email(text_of(basic, "contactEmail"));
    out.mutable_contact()->set_phone(text_of(basic, "contactPhone"));
    out.set_legal_name(text_of(basic, "legalName"));
    out.set_website(text_of(basic, "website"));
    out.set_description(text_of(basic, "orgDesc"));
    out.set_requested_prefix(text_of(basic, "entPrefix"));
}

void attach(v1::EnterpriseProfile& profile, std::string_view name, const bj::value& section) {
    (*profile.mutable_attachments())[std::string(name)] = bj::serialize(section);
}

/// Takes the numbers of papers out of what everyone sees.
std::string seal_personal(bj::object& basic) {
    bj::object personal;
    for (const std::string_view name : kPaperNumbers) {
        bj::value& value = basic[bj::string_view(name.data(), name.size())];
        const std::string number = as_string(value).value_or("");
        personal[bj::string_view(name.data(), name.size())] = number;
        value = masked(number);
    }
    return bj::serialize(personal);
}

Outcome<void> check_basic(const Members& basic) {
    if (auto fine = check_rules(basic, kBasicRules); !fine) return fine;
    const auto kind = basic.integer("orgCrtType", 1, 2);
    if (*kind == 1 && !registration::is_credit_code(text_of(basic, "orgCrtCode"))) {
        return broken_rule(basic.name_of("orgCrtCode"), "不是有效的统一社会信用代码",
                           "is no unified social credit code (GB 32100)");
    }
    return {};
}

}  // namespace

Outcome<void> read_user(const Members& members, const UserLimits& limits,
                        registration::Application& out) {
    const bool other_spelling = !members.has(limits.name_member);
    const std::string_view other = limits.name_member == "userName" ? "username" : "userName";
    auto name = members.text(other_spelling && members.has(other) ? other : limits.name_member, 50);
    if (!name) return name.error();
    auto password = members.text("password", limits.password_max);
    if (!password) return password.error();
    auto email = members.text("email", limits.contact_max);
    if (!email) return email.error();
    auto mobile = members.text("mobile", limits.contact_max);
    if (!mobile) return mobile.error();
    auto open_id = members.optional_text("openId", 64);
    if (!open_id) return open_id.error();
    auto open_name = members.optional_text("openUserName", 255);
    if (!open_name) return open_name.error();
    auto remarks = members.optional_text("remarks", 255);
    if (!remarks) return remarks.error();
    v1::Account& account = *out.user.mutable_account();
    account.set_name(*std::move(name));
    account.set_email(*std::move(email));
    account.set_mobile(*std::move(mobile));
    account.set_open_id(*std::move(open_id));
    account.set_display_name(*std::move(open_name));
    account.set_remarks(*std::move(remarks));
    out.password.digest = *std::move(password);
    return {};
}

Outcome<registration::Application> read_application(const Members& members, Applicant applicant) {
    registration::Application out;
    if (applicant == Applicant::kUser) {
        auto name = members.text("username", 50);
        if (!name) return name.error();
        out.username = *std::move(name);
    } else {
        const auto user = members.object("sysUser");
        if (!user) return user.error();
        if (auto read = read_user(
                *user, {.name_member = "userName", .password_max = 64, .contact_max = 50}, out);
            !read) {
            return std::move(read).error();
        }
    }
    const auto basic = members.object(kBasic);
    if (!basic) return basic.error();
    if (auto fine = check_basic(*basic); !fine) return std::move(fine).error();
    const auto management = members.object(kManagement);
    if (!management) return management.error();
    if (auto fine = check_management(*management); !fine) return std::move(fine).error();
    if (members.has(kHosting)) {
        const auto hosting = members.object(kHosting);
        if (!hosting) return hosting.error();
        if (auto fine = check_list(*hosting, "entInfoSerIndustries", kIndustryRules); !fine) {
            return std::move(fine).error();
        }
        if (auto fine = check_list(*hosting, "entInfoLicenses", kLicenceRules); !fine) {
            return std::move(fine).error();
        }
        attach(out.profile, kHosting, *members.find(kHosting));
    }
    for (const std::string_view section : {kBasic, kManagement, kHosting}) {
        if (!members.has(section)) continue;
        if (auto done = collect_files(*members.find(section), out.file_ids); !done) {
            return std::move(done).error();
        }
    }
    read_profile(*basic, out.profile);
    bj::value shown = *members.find(kBasic);
    out.personal = seal_personal(shown.get_object());
    attach(out.profile, kBasic, shown);
    attach(out.profile, kManagement, *members.find(kManagement));
    return out;
}

std::string application_json(const v1::Enterprise& enterprise, std::string_view user_json) {
    std::string out = "{\"id\":" + std::to_string(enterprise.id());
    out.append(",\"sysUser\":").append(user_json);
    for (const std::string_view section : {kBasic, kManagement, kHosting}) {
        const auto& parts = enterprise.profile().attachments();
        const auto at = parts.find(std::string(section));
        out.append(",\"").append(section).append("\":");
        out.append(at == parts.end() ? std::string_view("null") : std::string_view(at->second));
    }
    return out.append("}");
}

}  // namespace idnode::http::snms
