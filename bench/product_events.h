#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace idnode::bench {

/// Lifecycle events of made-up products as lines of JSON without their ends. What an event says
/// depends on its set and number alone.
class ProductEvents {
  public:
    enum class Set : std::uint8_t {
        kLives,  // products with fifty events each, about 400 octets an event
        kTree,   // one machine of ten parts of ten parts …: 11,111 identifiers in 1,111 events
        kLot,    // one lot made into a million serials by a thousand events
    };
    static constexpr std::uint64_t kEventsOfLife = 50;
    static constexpr std::uint64_t kTreeEvents = 1'111;
    static constexpr std::uint64_t kLotEvents = 1'000;
    static constexpr std::uint64_t kSerialsOfEvent = 1'000;

    ProductEvents(Set set, std::string_view prefix, std::string_view series);

    /// How many there are; of lives any number.
    std::uint64_t count() const;
    void append(std::uint64_t number, std::string& out) const;

    /// Identifiers to ask for: the product of a life; the root of the tree; the lot.
    std::string product(std::uint64_t number) const;
    std::string root() const;
    std::string lot() const;

  private:
    void append_life(std::uint64_t number, std::string& out) const;
    void append_tree(std::uint64_t number, std::string& out) const;
    void append_lot(std::uint64_t number, std::string& out) const;
    std::string name(char kind, std::uint64_t number) const;

    Set set_;
    std::string beginning_;  // of each identifier
};

}  // namespace idnode::bench
