#include "bench/record_set.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <simdjson.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "bench/hash.h"
#include "proto/base/limits.h"
#include "proto/base/writer.h"
#include "proto/handle/site.h"
#include "proto/handle/value.h"

namespace idnode::bench {
namespace {

namespace json = simdjson::ondemand;

// Of generated lines at a time: the processor's caches hold them.
constexpr std::size_t kGeneratedBytes = 256U << 10U;

/// The whole file, mapped to be read once from beginning to end.
class MappedFile {
  public:
    static Result<MappedFile> open(const std::filesystem::path& file) {
        const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0) return failure(file);
        struct stat about{};
        void* start = MAP_FAILED;
        if (::fstat(fd, &about) == 0) {
            start = ::mmap(nullptr, static_cast<std::size_t>(about.st_size), PROT_READ, MAP_PRIVATE,
                           fd, 0);
        }
        auto error = failure(file);
        ::close(fd);
        if (about.st_size == 0) return Error{Errc::kInvalid, file.string() + ": holds no record"};
        if (start == MAP_FAILED) return error;
        ::madvise(start, static_cast<std::size_t>(about.st_size), MADV_SEQUENTIAL);
        return MappedFile(static_cast<const char*>(start), static_cast<std::size_t>(about.st_size));
    }
    MappedFile(MappedFile&& other) noexcept
        : start_(std::exchange(other.start_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    MappedFile& operator=(MappedFile&&) = delete;
    ~MappedFile() {
        if (start_ != nullptr) ::munmap(const_cast<char*>(start_), size_);
    }

    std::string_view text() const { return {start_, size_}; }

  private:
    MappedFile(const char* start, std::size_t size) : start_(start), size_(size) {}
    static Error failure(const std::filesystem::path& file) {
        return Error{Errc::kInvalid, fmt::format("{}: {}", file.string(), std::strerror(errno))};
    }

    const char* start_;
    std::size_t size_;
};

/// What a saved set begins with. No JSON begins so.
constexpr std::array<char, 8> kSavedMagic{'a', 'n', 's', 'w', 'e', 'r', 's', '1'};
struct SavedHead {
    std::array<char, 8> magic;
    std::uint64_t entries;
    std::uint64_t handle_bytes;
};

/// Thrown inside this file only, where simdjson throws too; `load_records` turns it into an Error.
struct BadRecord {
    std::string what;
};

std::int8_t base64_digit(char letter) {
    if (letter >= 'A' && letter <= 'Z') return static_cast<std::int8_t>(letter - 'A');
    if (letter >= 'a' && letter <= 'z') return static_cast<std::int8_t>(letter - 'a' + 26);
    if (letter >= '0' && letter <= '9') return static_cast<std::int8_t>(letter - '0' + 52);
    if (letter == '+') return 62;
    return letter == '/' ? 63 : -1;
}

void decode_base64(std::string_view text, ByteWriter& out) {
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char letter : text) {
        if (letter == '=') return;
        const std::int8_t digit = base64_digit(letter);
        if (digit < 0) throw BadRecord{"base64 with a letter that it does not have"};
        bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        out.u8(static_cast<std::uint8_t>(bits >> count));
    }
}

std::uint16_t permission_bits(std::string_view digits) {
    if (digits.size() != 12) throw BadRecord{"administrator permissions of other than 12 digits"};
    std::uint32_t bits = 0;
    for (const char digit : digits) bits = (bits << 1U) | (digit == '1' ? 1U : 0U);
    return static_cast<std::uint16_t>(bits);
}

/// §2.5
void encode_admin(json::object in, ByteWriter& out) {
    std::string_view handle;
    std::uint64_t index = 0;
    std::uint16_t permissions = 0;
    for (auto field : in) {
        const std::string_view key = field.unescaped_key();
        if (key == "handle") handle = field.value().get_string();
        if (key == "index") index = field.value().get_uint64();
        if (key == "permissions") permissions = permission_bits(field.value().get_string());
    }
    out.u16(permissions);
    out.text_u32(handle);
    out.u32(static_cast<std::uint32_t>(index));
}

handle::Version parse_version(std::string_view text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) throw BadRecord{"a protocol version without a dot"};
    const auto number = [](std::string_view digits) {
        unsigned value = 0;
        for (const char digit : digits) value = value * 10 + static_cast<unsigned>(digit - '0');
        return static_cast<std::uint8_t>(value);
    };
    return {number(text.substr(0, dot)), number(text.substr(dot + 1))};
}

handle::Interface parse_interface(json::object in) {
    constexpr std::array kNames{"UDP", "TCP", "HTTP", "HTTPS"};
    bool query = false;
    bool admin = false;
    handle::Interface out;
    for (auto field : in) {
        const std::string_view key = field.unescaped_key();
        if (key == "query") query = field.value().get_bool();
        if (key == "admin") admin = field.value().get_bool();
        if (key == "port") out.port = static_cast<std::uint32_t>(field.value().get_uint64());
        if (key != "protocol") continue;
        const auto* const name =
            std::find(kNames.begin(), kNames.end(), std::string_view(field.value().get_string()));
        if (name == kNames.end()) throw BadRecord{"an interface protocol that is none"};
        out.transport = static_cast<handle::Transport>(name - kNames.begin());
    }
    out.type = static_cast<handle::InterfaceType>((admin ? 1 : 0) + (query ? 2 : 0));
    return out;
}

handle::Server parse_server(json::object in) {
    handle::Server out;
    for (auto field : in) {
        const std::string_view key = field.unescaped_key();
        if (key == "serverId") out.id = static_cast<std::uint32_t>(field.value().get_uint64());
        if (key == "publicKey") throw BadRecord{"a site with a public key"};
        if (key == "address") {
            const auto address = handle::parse_site_address(field.value().get_string());
            if (!address) throw BadRecord{address.error().detail};
            out.address = *address;
        }
        if (key != "interfaces") continue;
        for (auto one : field.value().get_array()) {
            out.interfaces.push_back(parse_interface(one.get_object()));
        }
    }
    return out;
}

void parse_attributes(json::array in, handle::Site& out) {
    for (auto one : in) {
        auto& attribute = out.attributes.emplace_back();
        for (auto field : one.get_object()) {
            const std::string_view key = field.unescaped_key();
            if (key == "name") attribute.first = std::string_view(field.value().get_string());
            if (key == "value") attribute.second = std::string_view(field.value().get_string());
        }
    }
}

/// §8.6
void encode_site(json::object in, ByteWriter& out) {
    handle::Site site;
    for (auto field : in) {
        const std::string_view key = field.unescaped_key();
        if (key == "version")
            site.format_version = static_cast<std::uint16_t>(field.value().get_uint64());
        if (key == "protocolVersion") site.protocol = parse_version(field.value().get_string());
        if (key == "serialNumber")
            site.serial = static_cast<std::int16_t>(field.value().get_int64());
        if (key == "primarySite") site.primary = field.value().get_bool();
        if (key == "multiPrimary") site.multi_primary = field.value().get_bool();
        if (key == "attributes") parse_attributes(field.value().get_array(), site);
        if (key != "servers") continue;
        for (auto one : field.value().get_array()) {
            site.servers.push_back(parse_server(one.get_object()));
        }
    }
    handle::encode_site(site, out);
}

/// Reads lines; keeps its buffers from one to the next.
class LineReader {
  public:
    /// `capacity` octets from the line's start may be read, at least SIMDJSON_PADDING more than it
    /// has.
    void read(std::string_view line, std::size_t capacity, RecordSet& out) {
        json::document document = parser_.iterate(line.data(), line.size(), capacity);
        std::string_view name;
        bool any_public = false;
        std::uint64_t hash = 0;
        for (auto field : document.get_object()) {
            const std::string_view key = field.unescaped_key();
            if (key == "handle") name = field.value().get_string();
            if (key != "values") continue;
            for (auto value : field.value().get_array()) {
                const auto value_hash = read_value(value.get_object());
                hash += value_hash.value_or(0);
                any_public |= value_hash.has_value();
            }
        }
        if (name.empty()) throw BadRecord{"no handle"};
        if (!any_public) return;
        if (const auto added = out.add(name, hash); !added) throw BadRecord{added.error().detail};
    }

  private:
    /// Nothing for a value that strangers do not get.
    std::optional<std::uint64_t> read_value(json::object value) {
        std::int64_t index = 0;
        std::string_view type;
        std::uint64_t data_hash = 0;
        bool is_public = true;
        for (auto field : value) {
            const std::string_view key = field.unescaped_key();
            if (key == "index") index = field.value().get_int64();
            if (key == "type") type = field.value().get_string();
            if (key == "data") data_hash = read_data(field.value());
            if (key != "permissions") continue;
            const std::string_view digits = field.value().get_string();
            is_public = digits.size() == 4 && digits[2] == '1';
        }
        if (!is_public) return std::nullopt;
        return hash_value(static_cast<std::int32_t>(index), type, data_hash);
    }

    std::uint64_t read_data(json::value data) {
        if (data.type() == json::json_type::string)
            return hash64(std::string_view(data.get_string()));
        json::object object = data.get_object();
        const std::string_view format = object["format"].get_string();
        json::value value = object["value"];
        if (format == "string") return hash64(std::string_view(value.get_string()));

        buffer_.clear();
        ByteWriter out(buffer_);
        if (format == "base64") {
            decode_base64(value.get_string(), out);
        } else if (format == "admin") {
            encode_admin(value.get_object(), out);
        } else if (format == "site") {
            encode_site(value.get_object(), out);
        } else {
            throw BadRecord{fmt::format("data format {} is not known here", format)};
        }
        return hash64(BytesView(buffer_));
    }

    json::parser parser_;
    Bytes buffer_;
};

/// The last lines lie too near the file's end for a parser that reads ahead: they are copied.
void read_line(std::string_view line, std::size_t left, LineReader& reader, RecordSet& out) {
    const std::size_t padded = line.size() + simdjson::SIMDJSON_PADDING;
    if (left >= padded) return reader.read(line, left, out);
    std::string copy(line);
    copy.reserve(padded);
    reader.read(copy, copy.capacity(), out);
}

Result<void> read_lines(std::string_view text, const std::string& source, RecordSet& out) {
    LineReader reader;
    std::size_t number = 1;
    for (std::size_t at = 0; at < text.size(); ++number) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        try {
            if (!line.empty()) read_line(line, text.size() - at, reader, out);
        } catch (const simdjson::simdjson_error& error) {
            return Error{Errc::kInvalid, fmt::format("{}:{}: {}", source, number, error.what())};
        } catch (const BadRecord& bad) {
            return Error{Errc::kInvalid, fmt::format("{}:{}: {}", source, number, bad.what)};
        }
        at = end + 1;
    }
    return {};
}

}  // namespace

Result<void> RecordSet::add(std::string_view handle, std::uint64_t values_hash) {
    if (handle.size() > limits::kHandleBytesMax) {
        return Error{Errc::kLimit, fmt::format("a handle of {} octets; at most {} are allowed",
                                               handle.size(), limits::kHandleBytesMax)};
    }
    entries_.push_back({values_hash, (handles_.size() << kLengthBits) | handle.size()});
    handles_.append(handle);
    return {};
}

Result<void> RecordSet::save(const std::filesystem::path& file) const {
    const SavedHead head{kSavedMagic, entries_.size(), handles_.size()};
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(&head), sizeof head);
    out.write(reinterpret_cast<const char*>(entries_.data()),
              static_cast<std::streamsize>(entries_.size() * sizeof(Entry)));
    out.write(handles_.data(), static_cast<std::streamsize>(handles_.size()));
    out.close();
    if (out) return {};
    return Error{Errc::kUnavailable, fmt::format("{}: {}", file.string(), std::strerror(errno))};
}

Result<RecordSet> RecordSet::load(const std::filesystem::path& file, std::string_view saved) {
    SavedHead head{};
    std::memcpy(&head, saved.data(), sizeof head);
    saved.remove_prefix(sizeof head);
    const bool fits = head.entries <= saved.size() / sizeof(Entry) &&
                      saved.size() - head.entries * sizeof(Entry) == head.handle_bytes;
    if (!fits) return Error{Errc::kInvalid, file.string() + ": is not as long as it says"};
    RecordSet out;
    out.entries_.resize(head.entries);
    std::memcpy(out.entries_.data(), saved.data(), head.entries * sizeof(Entry));
    out.handles_.assign(saved.substr(head.entries * sizeof(Entry)));
    for (const Entry& entry : out.entries_) {
        const std::uint64_t end = (entry.place >> kLengthBits) + (entry.place & kLengthMask);
        if (end > head.handle_bytes)
            return Error{Errc::kInvalid, file.string() + ": a handle lies outside of it"};
    }
    return out;
}

Result<RecordSet> load_records(const std::filesystem::path& file) {
    const auto mapped = MappedFile::open(file);
    if (!mapped) return mapped.error();
    const std::string_view text = mapped->text();
    if (text.size() >= sizeof(SavedHead) &&
        text.starts_with({kSavedMagic.data(), kSavedMagic.size()}))
        return RecordSet::load(file, text);

    RecordSet out;
    if (auto read = read_lines(text, file.string(), out); !read) return read.error();
    if (out.size() == 0) return Error{Errc::kInvalid, file.string() + ": holds no record"};
    return out;
}

Result<RecordSet> generate_records(const RecordGenerator& generator, std::uint64_t count) {
    RecordSet out;
    std::string lines;
    for (std::uint64_t number = 0; number < count;) {
        lines.clear();
        while (number < count && lines.size() < kGeneratedBytes)
            generator.append_record(number++, lines);
        if (auto read = read_lines(lines, "generated record", out); !read) return read.error();
    }
    return out;
}

}  // namespace idnode::bench
