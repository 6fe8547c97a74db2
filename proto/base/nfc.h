#pragma once

#include <string_view>

namespace idnode {

/// Whether UTF-8 text is in Unicode's normalisation form C, so that one spelling of it is
/// registered. `text` must be well-formed (`is_utf8`).
bool is_nfc(std::string_view text);

}  // namespace idnode
