#pragma once

#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/handle/value.h"

namespace idnode::bench {

inline constexpr std::string_view kSampleHandle = "88.100.7/P-00000123";

/// A record like most of those that `idnode-bench data` writes: about 250 octets.
inline std::vector<handle::Value> sample_values() {
    const auto text = [](std::int32_t index, std::string_view type, std::string_view data) {
        handle::Value out;
        out.index = index;
        out.timestamp = 1'700'000'000;
        out.type = type;
        out.data = to_bytes(data);
        return out;
    };
    using namespace std::string_view_literals;
    return {text(1, "URL", "https://id.plant7.example.cn/q/00000123"),
            text(2, "DESC", "三相异步电动机 YX3-160M-4"),
            text(3, "MFG", "batch=20250314-07;line=3;检验=合格"),
            text(100, "HS_ADMIN",
                 "\x07\xf3\0\0\0\x0d"
                 "0.NA/88.100.7"
                 "\0\0\0\xc8"sv)};
}

}  // namespace idnode::bench
