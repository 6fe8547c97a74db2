#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/schemes/canonical.h"

/// Derived aliases, identifiers document §8.1: what a translator computes, never what somebody
/// asserts.
namespace idnode::schemes {

enum class AliasKind : std::uint8_t {
    kVaaHandle,    // §3.3; an inference: only if switched on, and the operator owns the prefix
    kDidPrefix,    // §7: did:cn and the handle of the same prefix
    kWithoutLot,   // §6.4: the serial alone, unless another object holds it
    kEcodeMaster,  // §4: the master data code is a key of GS1
};

struct Alias {
    AliasKind kind;
    std::string cid;
    bool operator==(const Alias&) const = default;
};

/// Of the CID, in either direction where there are two. The caller decides which kinds hold.
std::vector<Alias> derived_aliases(std::string_view cid, const Options& options = {});

}  // namespace idnode::schemes
