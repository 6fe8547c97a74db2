// toml++ is a heavy header: only this file sees it.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "tools/settings.h"

namespace idnode::tools {
namespace {

const Setting* find_setting(std::string_view key) {
    for (const Setting& setting : settings_table()) {
        if (setting.key == key) return &setting;
    }
    return nullptr;
}

bool is_section(std::string_view name) {
    for (const Setting& setting : settings_table()) {
        if (setting.section() == name) return true;
    }
    return false;
}

/// Reads a document key by key into a `Settings`; errors name the place in the document.
class Reader {
  public:
    /// `source` is the file name, or the option for an override, which has no lines worth naming.
    Reader(std::string_view source, bool has_lines, Settings& settings)
        : source_(source), has_lines_(has_lines), settings_(settings) {}

    Result<void> read(const toml::table& document) {
        for (const auto& [name, node] : document) {
            const auto done = read_section(name, node);
            if (!done) return done.error();
        }
        return {};
    }

    Error syntax_error(const toml::parse_error& error) const {
        return fail(error.source().begin, fmt::format("not TOML: {}", error.description()));
    }

  private:
    Result<void> read_section(const toml::key& name, const toml::node& node) {
        const toml::table* section = node.as_table();
        if (!is_section(name.str())) {
            return unknown(name, name.str(), section != nullptr ? "section" : "key");
        }
        if (section == nullptr) {
            return fail(
                name.source().begin,
                fmt::format("'{0}' is a section: write [{0}] and its keys below", name.str()));
        }
        for (const auto& [key, value] : *section) {
            const std::string full = fmt::format("{}.{}", name.str(), key.str());
            const Setting* setting = find_setting(full);
            if (setting == nullptr) return unknown(key, full, "key");
            const auto done = read_value(*setting, value);
            if (!done) return done.error();
        }
        return {};
    }

    Result<void> read_value(const Setting& setting, const toml::node& node) {
        const SettingField field = setting.field(settings_);
        return std::visit([&](auto* target) { return read_into(setting, node, *target); }, field);
    }

    Result<void> read_into(const Setting& setting, const toml::node& node, std::string& target) {
        const auto text = read_text(setting, node);
        if (!text) return text.error();
        target = *text;
        return {};
    }

    // A single text stands for a list of one.
    Result<void> read_into(const Setting& setting, const toml::node& node,
                           std::vector<std::string>& target) {
        target.clear();
        const toml::array* items = node.as_array();
        if (items == nullptr) {
            const auto text = read_text(setting, node);
            if (!text) return text.error();
            target.push_back(*text);
            return {};
        }
        for (const toml::node& item : *items) {
            const auto text = read_text(setting, item);
            if (!text) return text.error();
            target.push_back(*text);
        }
        return {};
    }

    Result<void> read_into(const Setting& setting, const toml::node& node, std::int64_t& target) {
        const auto number = read_number(setting, node);
        if (!number) return number.error();
        target = *number;
        return {};
    }

    template <class Rep, class Period>
    Result<void> read_into(const Setting& setting, const toml::node& node,
                           std::chrono::duration<Rep, Period>& target) {
        const auto number = read_number(setting, node);
        if (!number) return number.error();
        target = std::chrono::duration<Rep, Period>(*number);
        return {};
    }

    Result<std::string> read_text(const Setting& setting, const toml::node& node) {
        const auto* text = node.as_string();
        if (text == nullptr) return wrong_type(setting, node);
        if (setting.check != nullptr) {
            const auto fine = setting.check(text->get());
            if (!fine) {
                return fail(node.source().begin, fmt::format("{} = \"{}\": {}", setting.key,
                                                             text->get(), fine.error().detail));
            }
        }
        return text->get();
    }

    Result<std::int64_t> read_number(const Setting& setting, const toml::node& node) {
        const auto* number = node.as_integer();
        if (number == nullptr) return wrong_type(setting, node);
        if (number->get() < setting.min || number->get() > setting.max) {
            return fail(node.source().begin,
                        fmt::format("{} = {}: must be from {} to {}", setting.key, number->get(),
                                    setting.min, setting.max));
        }
        return number->get();
    }

    Error wrong_type(const Setting& setting, const toml::node& node) const {
        return fail(node.source().begin,
                    fmt::format("{} must be a {}, such as {}", setting.key, setting.kind,
                                value_text(setting, Settings{})));
    }

    Error unknown(const toml::key& at, std::string_view key, std::string_view what) const {
        const std::string_view nearest =
            what == "section" ? nearest_section(key) : nearest_key(key);
        return fail(
            at.source().begin,
            nearest.empty()
                ? fmt::format("unknown {} '{}'; `idnode settings` lists all keys", what, key)
                : fmt::format("unknown {} '{}'; did you mean '{}'?", what, key, nearest));
    }

    Error fail(const toml::source_position& at, std::string_view what) const {
        if (!has_lines_) return {Errc::kInvalid, fmt::format("{}: {}", source_, what)};
        return {Errc::kInvalid, fmt::format("{}:{}:{}: {}", source_, at.line, at.column, what)};
    }

    std::string_view source_;
    bool has_lines_;
    Settings& settings_;
};

std::optional<toml::table> parse_or_nothing(const std::string& text) {
    try {
        return toml::parse(text);
    } catch (const toml::parse_error&) {
        return std::nullopt;
    }
}

/// `KEY=VALUE`, the value as in the file; a text may go without quotes (`log.level=debug`).
Result<void> apply_override(const std::string& text, Settings& settings) {
    const std::string source = fmt::format("--set {}", text);
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
        return Error{Errc::kInvalid, source + ": must be KEY=VALUE, such as listen.udp_port=2642"};
    }
    const std::string key = text.substr(0, equals);
    const std::string value = text.substr(equals + 1);
    const Setting* setting = find_setting(key);
    if (setting == nullptr) {
        const std::string_view nearest = nearest_key(key);
        return Error{Errc::kInvalid,
                     fmt::format("{}: unknown key '{}'; {}", source, key,
                                 nearest.empty() ? "`idnode settings` lists all keys"
                                                 : fmt::format("did you mean '{}'?", nearest))};
    }
    auto document = parse_or_nothing(fmt::format("{} = {}", key, value));
    if (!document || (setting->kind != "number" && !value.starts_with('[') &&
                      !value.starts_with('"') && !value.starts_with('\''))) {
        document.emplace();
        document->insert(setting->section(),
                         toml::table{{std::string(setting->name()), std::string(value)}});
    }
    return Reader(source, false, settings).read(*document);
}

/// What no single key can tell.
Result<void> check_whole(const Settings& settings, std::string_view source) {
    if (settings.node.prefix.empty()) {
        return Error{
            Errc::kInvalid,
            fmt::format("{}: node.prefix is missing; give the prefix of this node, such as "
                        "prefix = \"88.100\" below [node]",
                        source)};
    }
    if (settings.listen.address.empty()) {
        return Error{Errc::kInvalid,
                     fmt::format("{}: listen.address is empty; name at least one address", source)};
    }
    for (const std::string& address : settings.listen.industrial) {
        if (std::ranges::count(settings.listen.address, address) > 0) continue;
        return Error{Errc::kInvalid,
                     fmt::format("{}: listen.industrial names {}, which listen.address does not; "
                                 "write the address as it stands there",
                                 source, address)};
    }
    if (settings.listen.udp_port == kPortOff && settings.listen.tcp_port == kPortOff) {
        return Error{Errc::kInvalid,
                     fmt::format("{}: listen.udp_port and listen.tcp_port are both off; "
                                 "turn at least one on",
                                 source)};
    }
    if (settings.listen.tls_certificate.empty() != settings.listen.tls_key.empty()) {
        return Error{Errc::kInvalid,
                     fmt::format("{}: listen.tls_certificate and listen.tls_key belong together; "
                                 "give both or neither",
                                 source)};
    }
    return {};
}

}  // namespace

Result<Settings> parse_settings(std::string_view text, std::string_view source,
                                std::span<const std::string> overrides) {
    Settings settings;
    Reader reader(source, true, settings);
    try {
        const toml::table document = toml::parse(text, source);
        const auto done = reader.read(document);
        if (!done) return done.error();
    } catch (const toml::parse_error& error) {
        return reader.syntax_error(error);
    }
    for (const std::string& one : overrides) {
        const auto done = apply_override(one, settings);
        if (!done) return done.error();
    }
    const auto fine = check_whole(settings, source);
    if (!fine) return fine.error();
    return settings;
}

Result<Settings> read_settings(const std::filesystem::path& file,
                               std::span<const std::string> overrides) {
    std::ifstream in(file, std::ios::binary);
    if (!in || std::filesystem::is_directory(file)) {
        return Error{
            Errc::kNotFound,
            fmt::format("cannot read the settings file {}: {}; `idnode init DIR --prefix P` "
                        "makes a node with one",
                        file.string(), in ? "it is a folder" : std::strerror(errno))};
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    auto settings = parse_settings(text, file.string(), overrides);
    if (settings) settings->home = file.has_parent_path() ? file.parent_path() : ".";
    return settings;
}

}  // namespace idnode::tools
