#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "registry/json/encoding.h"

namespace idnode::json {

/// Reads times. The values of a record mostly have one, which is then read once. For one thread.
class TimeReader {
  public:
    /// As `parse_time`. False: it is none.
    bool read(std::string_view text, std::uint32_t& out) {
        if (text.empty() || text != last_text_) {
            const auto time = parse_time(text);
            if (!time) return false;
            last_text_ = text;
            last_ = *time;
        }
        out = last_;
        return true;
    }

  private:
    std::string last_text_;
    std::uint32_t last_ = 0;
};

}  // namespace idnode::json
