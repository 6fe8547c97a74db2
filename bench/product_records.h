#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace idnode::bench {

/// Registrations of products as JSON, about 250 octets a record as it is stored: serial number,
/// date, page, and the template's two values.
class ProductRecords {
  public:
    /// Handles are `prefix/series-NUMBER`.
    ProductRecords(std::string_view prefix, std::string_view series,
                   std::string_view template_version);

    void append_handle(std::uint64_t number, std::string& out) const;
    /// In the form of the registration API, without an end of line.
    void append(std::uint64_t number, std::string& out) const;
    /// In the form of SNMS.
    void append_snms(std::uint64_t number, std::string& out) const;

  private:
    std::string beginning_;  // of each handle
    std::string template_version_;
};

}  // namespace idnode::bench
