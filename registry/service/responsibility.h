#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "registry/model/identifier.h"
#include "registry/model/ports.h"

namespace idnode::service {

/// Which handles this node answers for (§4.3 step 3). Only a site of several servers checks the
/// hash; this node is a site of one. Not thread-safe: keeps buffers; one per thread.
class Responsibility {
  public:
    /// `own_prefix`: folded; its prefix handle is answered for wherever its parent is homed.
    Responsibility(const model::RecordStore& store, std::string own_prefix)
        : prefixes_(store.prefixes()), own_prefix_(std::move(own_prefix)) {}

    /// How suffixes of the handle's prefix are compared; nothing when the handle is somebody
    /// else's. A text without slash is the name of a prefix and means its prefix handle.
    std::optional<model::SuffixCase> of(std::string_view handle) {
        return of(handle, model::split_handle(handle));
    }
    std::optional<model::SuffixCase> of(std::string_view handle, const model::HandleParts& parts);
    /// Whether exactly this prefix handle or marker is homed; in any case.
    bool is_homed(std::string_view prefix_handle);
    /// Another number once anything was homed or given up.
    std::uint64_t version() {
        prefixes_.table();
        return prefixes_.version();
    }

  private:
    /// A homed prefix as it was spelled in a question. The questions of a moment are about few
    /// prefixes, so most need not be folded and looked up.
    struct Recent {
        static constexpr std::size_t kBytesMax = 30;
        std::uint64_t version = 0;  // of the table in which it was found
        std::uint8_t bytes = 0;
        model::SuffixCase suffix_case{};
        std::array<char, kBytesMax> prefix{};
    };

    Recent& recent(std::string_view prefix);
    bool has_homed_ancestor(std::string_view prefix);

    model::PrefixReader prefixes_;
    std::string own_prefix_;
    std::string name_;
    std::array<Recent, 256> recent_;  // by hash; of two that meet the later one stays
};

}  // namespace idnode::service
