#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "proto/base/bytes.h"
#include "registry/model/record.h"

namespace idnode::test {

/// Records that a property must hold for: ordinary ones and every oddity that octets allow. The
/// same seed gives the same records.
class RandomRecords {
  public:
    explicit RandomRecords(std::uint64_t seed) : random_(seed) {}

    /// What a node holds: text, numbers in range, known structures.
    model::Record ordinary();
    /// Anything that decodes: types and handles that are no UTF-8, data of structured types that
    /// are damaged or not canonical, extreme numbers.
    model::Record odd();

    std::size_t below(std::size_t end) { return random_() % end; }
    bool chance(std::size_t one_in) { return below(one_in) == 0; }
    Bytes octets(std::size_t size_max);
    std::string text(std::size_t characters_max);

  private:
    handle::Value ordinary_value(std::int32_t index);
    handle::Value odd_value(std::int32_t index);
    Bytes structure(const std::string& type);
    Bytes site();
    Bytes key();
    std::uint32_t number();

    std::mt19937_64 random_;
};

}  // namespace idnode::test
