#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/registration/actor.h"
#include "registry/registration/registrar.h"

namespace idnode::events {

/// Whose identifiers of other schemes are that begin alike: GS1 company prefixes, `gs1:6901234`,
/// which operators register for enterprises. (Prefixes of handles are allotted: prefixes.h.)
class Authorities {
  public:
    explicit Authorities(const registration::Registrar& registrar) : registrar_(registrar) {}

    struct Authority {
        std::string beginning;
        std::uint64_t enterprise_id = 0;
    };
    /// Replaces what was registered for the same digits.
    registration::Outcome<void> put(const registration::Actor& actor, const Authority& wanted);
    registration::Outcome<void> remove(const registration::Actor& actor,
                                       std::string_view beginning);
    registration::Outcome<Authority> find(const registration::Actor& actor,
                                          std::string_view beginning);
    registration::Outcome<std::vector<Authority>> list(const registration::Actor& actor,
                                                       std::string_view after,
                                                       std::size_t count_max);

    /// By the longest beginning of the digits of a GS1 key; 0: nobody's.
    registration::Outcome<std::uint64_t> of_company(std::string_view digits) const;
    /// How many of these digits are the registered company prefix; 0: none is known.
    registration::Outcome<std::size_t> company_digits(std::string_view digits) const;

  private:
    struct Company {
        std::size_t digits = 0;
        std::uint64_t owner = 0;
    };
    registration::Outcome<Company> company_of(std::string_view digits) const;

    const registration::Registrar& registrar_;
};

}  // namespace idnode::events
