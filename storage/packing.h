#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "storage/codec.h"

/// Records as they lie in the files of a store that has a dictionary: a third of their size, each
/// by itself, so that reading one unpacks one (0.1 to 0.2 us) and not a block of forty. Everybody
/// but who writes and reads the family `records` sees them in the form of codec.h.
///
/// Packed record (format 2):
///
///   0        1       2             8            9            9+v
///   +--------+-------+-------------+------------+------------+--------------------+-------------+
///   | format | flags | u48 version | dictionary | varint n   | varint h, handle   | packed      |
///   +--------+-------+-------------+------------+------------+--------------------+-------------+
///
/// n: the octets of `VALUES` on the wire. The handle is there unless flag 0x02 is set. `packed` is
/// the compact form of the values as one LZ4 block with the dictionary before it, or, with flag
/// 0x04, as it is. Compact form: varint count, then of each value
///
///   flags: 0x01 u32 timestamp follows, otherwise that of the value before
///          0x02 u32 TTL follows, otherwise that of the value before, of the first 86,400
///          0x04 the TTL is absolute
///          0x08 u8 permissions follow, otherwise 1110
///          0x10 at the end references: varint count, varint length, octets
///          0x20 varint index follows, otherwise that of the value before plus 1
///   and, in this order: what the flags say, varint length and type, varint length and data.
///
/// Varint: see varint.h.
namespace idnode::storage {

inline constexpr std::uint8_t kPackedFormat = 2;  // stored

/// Values in compact form one after the other: what records have in common is found there.
class Dictionary {
  public:
    using Number = std::uint8_t;  // stored; 1 is the first
    static constexpr std::size_t kBytesMax = 16U << 10U;

    Dictionary(Number number, BytesView octets);
    ~Dictionary();
    Dictionary(const Dictionary&) = delete;
    Dictionary& operator=(const Dictionary&) = delete;

    Number number() const { return number_; }
    BytesView octets() const { return octets_; }

  private:
    friend class Packer;
    struct Prepared;

    const Number number_;
    const Bytes octets_;
    const std::unique_ptr<Prepared> prepared_;  // for packing
};

/// The dictionaries of one store, by number. They are only ever added: readers take no lock.
class Dictionaries {
  public:
    Dictionaries() = default;
    ~Dictionaries();
    Dictionaries(const Dictionaries&) = delete;
    Dictionaries& operator=(const Dictionaries&) = delete;

    /// Null: there is none.
    const Dictionary* find(Dictionary::Number number) const { return all_[number].load(); }
    const Dictionary* newest() const { return newest_.load(); }
    /// Does nothing when the number is there.
    void add(Dictionary::Number number, BytesView octets);

  private:
    std::mutex adding_;
    std::array<std::atomic<const Dictionary*>, 256> all_{};
    std::atomic<const Dictionary*> newest_{nullptr};
};

/// Appends the compact form of values to what becomes a dictionary, if there is room.
void add_to_dictionary(BytesView values, Bytes& octets);

/// Packs records with one dictionary. For one thread.
class Packer {
  public:
    explicit Packer(const Dictionary& dictionary);
    ~Packer();
    Packer(const Packer&) = delete;
    Packer& operator=(const Packer&) = delete;

    /// The stored form, packed or, where that is shorter, as it is. Valid until the next call.
    std::span<std::byte> pack(const RecordParts& parts);

  private:
    struct Work;

    const Dictionary& dictionary_;
    const std::unique_ptr<Work> work_;
    Bytes compact_;
    Bytes out_;
};

/// The record in the form of codec.h: `stored` itself, or what is made of it in `scratch`.
/// kDamaged, kUnsupported as of `decode_record`.
Result<BytesView> unpack_record(std::string_view key, BytesView stored,
                                const Dictionaries& dictionaries, Bytes& scratch);
/// The handle as spelled, of either form.
Result<std::string_view> stored_handle(std::string_view key, BytesView stored);
/// Writes the version into either form: bulk loads learn it last.
void set_stored_version(std::span<std::byte> stored, model::TransactionId version);

}  // namespace idnode::storage
