#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/idnode/v1/coding.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/registrar.h"

namespace idnode::registration {

/// Serial numbers of coding rules, given to production lines in ranges, so that these can mark
/// products while the node cannot be reached. A number is leased once, unless its holder says that
/// it was not used; what a lease that is over did not give back stays lost, as it may be on
/// products already.
class Serials {
  public:
    explicit Serials(const Registrar& registrar) : registrar_(registrar) {}

    /// Durable when it returns. kLimit: the rule has no room for so many more.
    Outcome<v1::SerialLease> lease(const Actor& actor, std::string_view prefix,
                                   std::string_view rule, const v1::LeaseRequest& wanted);
    /// Ends a lease, whose numbers from `unused_from` on may be leased again; 0: none.
    Outcome<v1::SerialLease> give_back(const Actor& actor, std::string_view prefix,
                                       std::string_view rule, std::uint64_t first,
                                       std::uint64_t unused_from);
    /// By their first numbers.
    Outcome<v1::SerialLeaseList> list(const Actor& actor, std::string_view prefix,
                                      std::string_view rule, std::string_view cursor,
                                      std::size_t count_max);

  private:
    const Registrar& registrar_;
};

/// The parts of a key of the table of serial ranges.
struct SerialKey {
    std::string prefix;
    std::string rule;
    bool is_lease = false;  // otherwise the series itself
};
SerialKey split_serial_key(std::string_view key);

}  // namespace idnode::registration
