#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "registry/json/time_reader.h"

namespace idnode::json {

/// Reads record lines that are spelled as `write_record` spells them, members in that order and no
/// escapes: most lines of an import. It looks at each octet once and builds nothing but the octets
/// that are stored.
class StraightReader {
  public:
    /// False: the line is spelled otherwise, or wrong; what the members show is meaningless.
    bool read(std::string_view line);
    std::string_view handle() const { return handle_; }
    BytesView values() const { return BytesView(octets_).first(size_); }

  private:
    bool read_value();
    bool read_data();
    bool read_admin();
    bool read_ttl();
    bool read_permissions();
    bool read_timestamp();
    bool read_time(std::uint32_t& out);

    bool skip(std::string_view literal);
    bool read_string(std::string_view& out);
    bool read_number(std::uint32_t& out);
    bool read_bits(std::size_t count, unsigned& out);

    template <class T>
    void put(T number);
    void put(BytesView octets);
    void put_text(std::string_view text);

    std::string_view rest_;
    std::string_view handle_;
    std::uint32_t count_ = 0;
    std::uint32_t last_index_ = 0;
    std::size_t value_at_ = 0;
    Bytes octets_;  // `size_` of them are written
    std::size_t size_ = 0;
    Bytes decoded_;
    TimeReader times_;
};

}  // namespace idnode::json
