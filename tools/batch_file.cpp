#include "tools/batch_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "proto/handle/admin.h"
#include "proto/handle/vlist.h"

namespace idnode::tools {
namespace {

using Status = Result<void, BatchFault>;

constexpr std::array<std::pair<std::string_view, BatchKind>, 9> kNames{{
    {"AUTHENTICATE", BatchKind::kAuthenticate},
    {"SESSIONSETUP", BatchKind::kSessionSetup},
    {"CREATE", BatchKind::kCreate},
    {"DELETE", BatchKind::kDelete},
    {"ADD", BatchKind::kAdd},
    {"REMOVE", BatchKind::kRemove},
    {"MODIFY", BatchKind::kModify},
    {"HOME", BatchKind::kHome},
    {"UNHOME", BatchKind::kUnhome},
}};

// What the reference knows; but for the first they are about key exchanges that it cannot do
// itself (§5.7), and sessions here are always those of Diffie-Hellman.
constexpr std::array<std::string_view, 7> kSessionSettings{
    "USESESSION", "PUBEXNGKEYFILE", "PUBEXNGKEYREF", "PRIVEXNGKEYFILE",
    "PASSPHRASE", "OPTIONS",        "TIMEOUT"};

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t") == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The word before the first `separator`, which is taken off with it.
std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view out = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return out;
}

std::string_view take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    const std::string_view out = text.substr(0, end);
    // One space separates; more of them belong to the data.
    text.remove_prefix(std::min(end + 1, text.size()));
    return out;
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
    T out{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (failure != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
    return out;
}

std::optional<std::int32_t> parse_index(std::string_view text) {
    const auto index = parse_number<std::int32_t>(trimmed(text));
    return index && *index > 0 ? index : std::nullopt;
}

Error wrong(std::string what) {
    return {Errc::kInvalid, std::move(what)};
}

std::optional<std::uint8_t> parse_permissions(std::string_view text) {
    if (text.size() != 4 || text.find_first_not_of("01") != std::string_view::npos) return {};
    std::uint8_t out = 0;
    for (const char digit : text) out = static_cast<std::uint8_t>(out * 2 + (digit - '0'));
    return out;
}

/// `300:111111111111:0.NA/88.100`. The digits are in the opposite order of the HTTP interface's
/// (§2.5).
Result<Bytes> parse_admin(std::string_view text) {
    const auto index = parse_number<std::uint32_t>(take_until(text, ':'));
    std::string digits(take_until(text, ':'));
    std::ranges::reverse(digits);
    const auto permissions = handle::parse_admin_permissions(digits);
    if (!index || *index > 0x7FFFFFFFU || !permissions || digits.size() != 12 || text.empty()) {
        return wrong("an administrator is INDEX:TWELVE DIGITS:HANDLE");
    }
    return handle::encode_admin({.permissions = *permissions,
                                 .administrator = {.handle = std::string(text), .index = *index}});
}

/// `300:88.100/a;301:88.100/b;`
Result<Bytes> parse_list(std::string_view text) {
    std::vector<handle::Reference> members;
    while (!text.empty()) {
        std::string_view item = take_until(text, ';');
        if (is_blank(item)) continue;
        const auto index = parse_number<std::uint32_t>(trimmed(take_until(item, ':')));
        if (!index || *index > 0x7FFFFFFFU || item.empty()) {
            return wrong("a list is INDEX:HANDLE;INDEX:HANDLE;");
        }
        members.push_back({.handle = std::string(trimmed(item)), .index = *index});
    }
    return handle::encode_vlist(members);
}

}  // namespace

std::string_view name_of(BatchKind kind) {
    const auto at =
        std::ranges::find(kNames, kind, &std::pair<std::string_view, BatchKind>::second);
    return at == kNames.end() ? std::string_view() : at->first;
}

Result<BatchValue> parse_batch_value(std::string_view line) {
    std::string_view rest = line;
    const auto index = parse_index(take_word(rest));
    const std::string_view type = take_word(rest);
    const auto ttl = parse_number<std::uint32_t>(take_word(rest));
    const auto permissions = parse_permissions(take_word(rest));
    const std::string_view form = take_word(rest);
    if (!index || type.empty() || !ttl || !permissions || form.empty()) {
        return wrong(
            "a value is INDEX TYPE TTL PERMISSIONS FORM DATA, with four digits 0 or 1 as "
            "permissions");
    }
    BatchValue out;
    out.value.index = *index;
    out.value.type = type;
    out.value.ttl = *ttl;
    out.value.permissions = *permissions;
    if (form == "FILE") {
        out.file = trimmed(rest);
        if (out.file.empty()) return wrong("FILE without the name of one");
        return out;
    }
    Result<Bytes> data = form == "UTF8"    ? Result<Bytes>(to_bytes(rest))
                         : form == "ADMIN" ? parse_admin(trimmed(rest))
                         : form == "LIST"  ? parse_list(trimmed(rest))
                                           : wrong("the data are UTF8, ADMIN, LIST or FILE");
    if (!data) return data.error();
    out.value.data = std::move(*data);
    return out;
}

std::optional<std::string> BatchReader::read_line() {
    std::string out;
    bool any = false;
    line_is_too_long_ = false;
    for (char c = 0; in_.get(c);) {
        any = true;
        if (c == '\n') break;
        if (out.size() < limits::kBatchLineBytesMax) {
            out.push_back(c);
        } else {
            line_is_too_long_ = true;
        }
    }
    if (!any) return std::nullopt;
    ++line_;
    if (out.ends_with('\r')) out.pop_back();
    return out;
}

void BatchReader::skip_body() {
    while (in_body_) {
        const auto line = read_line();
        in_body_ = line.has_value() && !is_blank(*line);
    }
}

Result<std::vector<std::string>, BatchFault> BatchReader::read_body() {
    std::vector<std::string> out;
    std::size_t bytes = 0;
    for (;;) {
        auto line = read_line();
        in_body_ = line.has_value() && !is_blank(*line);
        if (!in_body_) return out;
        bytes += line->size();
        if (line_is_too_long_ || bytes > limits::kBatchOperationBytesMax) {
            return fault("an operation that no message can hold");
        }
        if (out.size() == limits::kBatchLinesMax) {
            return fault("more than 4,096 lines in one operation");
        }
        out.push_back(std::move(*line));
    }
}

Result<std::optional<BatchOperation>, BatchFault> BatchReader::next() {
    skip_body();
    for (;;) {
        const auto line = read_line();
        if (!line) return std::optional<BatchOperation>();
        std::string_view rest = *line;
        if (is_blank(rest) || rest.starts_with('#')) continue;
        const std::string_view word = take_word(rest);
        const auto known =
            std::ranges::find(kNames, word, &std::pair<std::string_view, BatchKind>::first);
        if (known == kNames.end() || line_is_too_long_) {
            in_body_ = true;
            return fault("no operation begins so; is a blank line missing before it?");
        }
        BatchOperation out;
        out.kind = known->second;
        out.line = line_;
        if (auto read = read_operation(trimmed(rest), out); !read) return read.error();
        return std::optional(std::move(out));
    }
}

Status BatchReader::read_operation(std::string_view argument, BatchOperation& out) {
    switch (out.kind) {
        case BatchKind::kAuthenticate:
            return read_authentication(argument, out);
        case BatchKind::kSessionSetup:
            return read_session(out);
        case BatchKind::kHome:
        case BatchKind::kUnhome:
            return read_homing(argument, out);
        case BatchKind::kRemove: {
            std::string_view indexes = take_until(argument, ':');
            while (!indexes.empty()) {
                const auto index = parse_index(take_until(indexes, ','));
                if (!index) return fault("REMOVE INDEX,INDEX:HANDLE");
                out.indexes.push_back(*index);
            }
            if (out.indexes.empty()) return fault("REMOVE INDEX,INDEX:HANDLE");
            break;
        }
        default:
            break;
    }
    out.handle = argument;
    if (out.handle.empty()) return fault(std::string(name_of(out.kind)) + " without a handle");
    const bool has_values = out.kind == BatchKind::kCreate || out.kind == BatchKind::kAdd ||
                            out.kind == BatchKind::kModify;
    return has_values ? read_values(out) : Status();
}

Status BatchReader::read_values(BatchOperation& out) {
    const std::uint64_t first = line_ + 1;
    const auto body = read_body();
    if (!body) return body.error();
    for (std::size_t i = 0; i < body->size(); ++i) {
        auto value = parse_batch_value((*body)[i]);
        if (!value) return BatchFault{first + i, value.error().detail};
        out.values.push_back(std::move(*value));
    }
    return {};
}

Status BatchReader::read_authentication(std::string_view argument, BatchOperation& out) {
    const std::string_view kind = take_until(argument, ':');
    const auto index = parse_number<std::uint32_t>(take_until(argument, ':'));
    out.with_key = kind == "PUBKEY";
    if ((!out.with_key && kind != "SECKEY") || !index || *index > 0x7FFFFFFFU || argument.empty()) {
        in_body_ = true;
        return fault("AUTHENTICATE PUBKEY:INDEX:HANDLE or SECKEY:INDEX:HANDLE");
    }
    out.identity_index = *index;
    out.handle = argument;
    const auto line = read_line();
    if (!line || is_blank(*line) || line_is_too_long_) {
        return fault(out.with_key ? "the line with the private key file is missing"
                                  : "the line with the secret key is missing");
    }
    if (!out.with_key) {
        out.secret = *line;
        return {};
    }
    std::string_view rest = *line;
    out.key_file = trimmed(take_until(rest, '|'));
    out.secret = rest;
    return {};
}

Status BatchReader::read_session(BatchOperation& out) {
    const std::uint64_t first = line_ + 1;
    const auto body = read_body();
    if (!body) return body.error();
    for (std::size_t i = 0; i < body->size(); ++i) {
        std::string_view value = (*body)[i];
        const std::string_view name = trimmed(take_until(value, ':'));
        if (std::ranges::find(kSessionSettings, name) == kSessionSettings.end()) {
            return BatchFault{first + i, "no setting of a session is called so"};
        }
        if (name != "USESESSION") continue;
        value = trimmed(value);
        if (value != "0" && value != "1") return BatchFault{first + i, "USESESSION:0 or 1"};
        out.use_session = value == "1";
    }
    return {};
}

/// `HOME SERVER:PORT:PROTOCOL`, or the prefix at once.
Status BatchReader::read_homing(std::string_view argument, BatchOperation& out) {
    if (argument.find('/') != std::string_view::npos) {
        out.prefixes.emplace_back(argument);
        return {};
    }
    if (!argument.empty()) {
        const std::size_t protocol = argument.rfind(':');
        const std::size_t port =
            protocol == std::string_view::npos ? protocol : argument.rfind(':', protocol - 1);
        const auto number =
            port == std::string_view::npos || protocol == 0
                ? std::nullopt
                : parse_number<std::uint16_t>(argument.substr(port + 1, protocol - port - 1));
        if (!number || *number == 0 || port == 0) {
            in_body_ = true;
            return fault("HOME SERVER:PORT:PROTOCOL, or a prefix handle");
        }
        out.host = argument.substr(0, port);
        if (out.host.starts_with('[') && out.host.ends_with(']') && out.host.size() > 2) {
            out.host = out.host.substr(1, out.host.size() - 2);
        }
        out.port = *number;
    }
    auto body = read_body();
    if (!body) return body.error();
    for (const std::string& line : *body) out.prefixes.emplace_back(trimmed(line));
    if (out.prefixes.empty()) return fault("no prefix follows");
    return {};
}

}  // namespace idnode::tools
