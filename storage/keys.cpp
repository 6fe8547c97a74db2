#include "storage/keys.h"

#include "proto/base/reader.h"
#include "proto/base/writer.h"

namespace idnode::storage {

std::string dictionary_key(std::uint8_t number) {
    return std::string(kMetaDictionary) + static_cast<char>(number);
}

std::string log_key(model::TransactionId id) {
    std::string key(kLogKeyBytes, '\0');
    for (std::size_t i = 0; i < kLogKeyBytes; ++i) {
        key[kLogKeyBytes - 1 - i] = static_cast<char>(id >> (8U * i));
    }
    return key;
}

model::TransactionId log_id(std::string_view key) {
    if (key.size() != kLogKeyBytes) return 0;
    ByteReader in(as_bytes_view(key));
    return in.u64("id");
}

std::string object_key(model::Table table, std::string_view key) {
    std::string out(1, static_cast<char>(table));
    return out.append(key);
}

std::string key_after_prefix(std::string_view prefix) {
    std::string after(prefix);
    while (!after.empty() && after.back() == '\xFF') after.pop_back();
    if (!after.empty()) after.back() = static_cast<char>(after.back() + 1);
    return after;
}

}  // namespace idnode::storage
