#include "tools/value_input.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <utility>

#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/handle/admin.h"
#include "proto/handle/vlist.h"
#include "registry/json/parse.h"
#include "registry/json/record_json.h"
#include "registry/model/identifier.h"
#include "tools/secrets.h"

namespace idnode::tools {
namespace {

namespace admin = handle::admin_permission;

constexpr std::array<std::pair<std::string_view, std::uint16_t>, 13> kRights{{
    {"all", admin::kAll},
    {"add-handle", admin::kAddHandle},
    {"delete-handle", admin::kDeleteHandle},
    {"add-derived-prefix", admin::kAddDerivedPrefix},
    {"delete-derived-prefix", admin::kDeleteDerivedPrefix},
    {"modify-value", admin::kModifyValue},
    {"remove-value", admin::kRemoveValue},
    {"add-value", admin::kAddValue},
    {"modify-admin", admin::kModifyAdmin},
    {"remove-admin", admin::kRemoveAdmin},
    {"add-admin", admin::kAddAdmin},
    {"read-value", admin::kReadValue},
    {"list-handles", admin::kListHandles},
}};

/// The word before the first space, which is taken off together with the spaces.
std::string_view take_word(std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    const std::size_t next = text.find_first_not_of(' ', end);
    text = next == std::string_view::npos ? std::string_view() : text.substr(next);
    return word;
}

std::optional<std::int32_t> parse_index(std::string_view text) {
    std::int32_t index = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (failure != std::errc{} || end != text.data() + text.size() || index < 1) return {};
    return index;
}

Result<handle::Reference> parse_reference(std::string_view text) {
    auto parsed = model::parse_value_reference(text);
    if (!parsed) return parsed.error();
    return handle::Reference{.handle = parsed->handle, .index = parsed->index};
}

Result<Bytes> parse_admin(std::string_view text) {
    auto administrator = parse_reference(take_word(text));
    if (!administrator) return administrator.error();
    const auto rights = text.empty() ? Result<std::uint16_t>(admin::kAll) : parse_rights(text);
    if (!rights) return rights.error();
    return handle::encode_admin(
        {.permissions = *rights, .administrator = std::move(*administrator)});
}

Result<Bytes> parse_group(std::string_view text) {
    std::vector<handle::Reference> members;
    while (!text.empty()) {
        auto member = parse_reference(take_word(text));
        if (!member) return member.error();
        members.push_back(std::move(*member));
    }
    return handle::encode_vlist(members);
}

Result<Bytes> parse_data(std::string_view type, std::string_view text) {
    if (equal_folded(type, "HS_SECKEY")) {
        if (!text.starts_with('@')) {
            return Error{Errc::kInvalid,
                         "a secret key on the command line could be read by everybody: give @FILE"};
        }
        return read_secret_file(text.substr(1));
    }
    if (text.starts_with('@') && !text.starts_with("@@")) return read_data_file(text.substr(1));
    if (text.starts_with("@@")) text.remove_prefix(1);
    if (equal_folded(type, "HS_ADMIN")) return parse_admin(text);
    if (equal_folded(type, "HS_VLIST")) return parse_group(text);
    const bool is_binary = equal_folded(type, "HS_SITE") || starts_with_folded(type, "HS_SITE.") ||
                           equal_folded(type, "HS_PUBKEY");
    if (is_binary) return Error{Errc::kInvalid, "data of this type come from a file: give @FILE"};
    if (!is_utf8(text)) return Error{Errc::kInvalid, "the text is not UTF-8: give @FILE"};
    return to_bytes(text);
}

}  // namespace

Result<Bytes> read_data_file(std::string_view name) {
    std::ifstream in(std::string(name), std::ios::binary);
    Bytes out;
    for (char c = 0; out.size() <= limits::kMessageBytesMax && in.get(c);) {
        out.push_back(static_cast<std::byte>(c));
    }
    if (in.bad() || !in.is_open()) {
        return Error{Errc::kInvalid, std::string(name) + ": cannot be read"};
    }
    if (out.size() > limits::kMessageBytesMax) {
        return Error{Errc::kLimit, std::string(name) + ": is longer than a message may be"};
    }
    return out;
}

Result<std::uint16_t> parse_rights(std::string_view text) {
    const bool is_digits = text.find_first_not_of("01") == std::string_view::npos;
    if (is_digits && text.size() == 12) {
        if (const auto digits = handle::parse_admin_permissions(text); digits) return *digits;
    }
    std::uint16_t out = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        const std::string_view name = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto known =
            std::ranges::find(kRights, name, &std::pair<std::string_view, std::uint16_t>::first);
        if (known == kRights.end()) {
            return Error{Errc::kInvalid, "no right is called \"" + std::string(name) +
                                             "\": all, or names such as add-value,modify-value"};
        }
        out |= known->second;
    }
    return out;
}

Result<std::uint8_t> parse_permissions(std::string_view text) {
    if (text.size() != 4 || text.find_first_not_of("01") != std::string_view::npos) {
        return Error{Errc::kInvalid,
                     "permissions are four digits 0 or 1: administrators read, administrators "
                     "write, everybody reads, everybody writes"};
    }
    std::uint8_t out = 0;
    for (const char digit : text) out = static_cast<std::uint8_t>(out * 2 + (digit - '0'));
    return out;
}

Result<handle::Value> parse_value_text(std::string_view text) {
    std::string_view rest = text;
    const auto index = parse_index(take_word(rest));
    const std::string_view type = take_word(rest);
    if (!index || type.empty()) {
        return Error{Errc::kInvalid,
                     "a value is 'INDEX TYPE TEXT', as in '1 URL https://…', with an "
                     "index of 1 or more"};
    }
    auto data = parse_data(type, rest);
    if (!data) {
        return Error{data.error().code,
                     std::to_string(*index) + ' ' + std::string(type) + ": " + data.error().detail};
    }
    handle::Value out{.index = *index, .type = std::string(type), .data = std::move(*data)};
    if (equal_folded(type, "HS_SECKEY")) {
        out.permissions = handle::permission::kAdminRead | handle::permission::kAdminWrite;
    }
    return out;
}

Result<std::vector<handle::Value>> read_record_values(const std::string& file,
                                                      std::string_view handle) {
    std::ifstream opened;
    if (file != "-") opened.open(file, std::ios::binary);
    std::istream& in = file == "-" ? std::cin : opened;
    std::string text;
    for (char c = 0; text.size() <= json::kRecordTextBytesMax && in.get(c);) text.push_back(c);
    if (in.bad() || (file != "-" && !opened.is_open())) {
        return Error{Errc::kInvalid, file + ": cannot be read"};
    }
    auto record = json::parse_record(text);
    if (!record) return Error{record.error().code, file + ": " + record.error().detail};
    if (model::key_of(record->handle) != model::key_of(handle)) {
        return Error{Errc::kInvalid, file + ": is the record of " + record->handle};
    }
    return std::move(record->values);
}

}  // namespace idnode::tools
