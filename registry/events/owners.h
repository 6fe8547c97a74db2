#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "registry/registration/refusal.h"
#include "registry/registration/registrar.h"

namespace idnode::events {

/// Whose an identifier is. Keeps what it has read: one for each request.
class Owners {
  public:
    explicit Owners(const registration::Registrar& registrar) : registrar_(registrar) {}

    /// The enterprise to which the identifier's prefix was allotted, or (GS1) registered; 0: none
    /// that is known here.
    registration::Outcome<std::uint64_t> of(std::string_view cid);

  private:
    registration::Outcome<std::uint64_t> of_company(std::string_view digits);

    const registration::Registrar& registrar_;
    std::map<std::string, std::uint64_t, std::less<>> by_prefix_;
    std::map<std::string, std::uint64_t, std::less<>> by_company_;  // digits of GS1 keys
};

/// The prefix of a `hdl:` CID, folded; empty: it is none.
std::string handle_prefix_of(std::string_view cid);

}  // namespace idnode::events
