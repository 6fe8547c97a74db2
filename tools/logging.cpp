#include "tools/logging.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>

namespace idnode::tools {

void start_log(const std::string& level) {
    auto log = std::make_shared<spdlog::logger>("idnoded",
                                                std::make_shared<spdlog::sinks::stderr_sink_mt>());
    log->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    log->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(log));
    set_log_level(level);
}

void set_log_level(const std::string& level) {
    spdlog::set_level(spdlog::level::from_str(level));
}

std::string log_value(std::string_view text) {
    const auto plain = [](char octet) {
        return static_cast<unsigned char>(octet) > 0x20 && octet != '"' && octet != '=' &&
               octet != 0x7F;
    };
    if (!text.empty() && std::ranges::all_of(text, plain)) return std::string(text);
    std::string out = "\"";
    for (const char octet : text) {
        if (octet == '"' || octet == '\\') out += '\\';
        const bool control = static_cast<unsigned char>(octet) < 0x20 || octet == 0x7F;
        out += control ? ' ' : octet;
    }
    return out + '"';
}

}  // namespace idnode::tools
