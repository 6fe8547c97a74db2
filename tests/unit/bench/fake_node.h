#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/hash.h"
#include "bench/record_set.h"
#include "proto/base/bytes.h"
#include "proto/base/limits.h"
#include "proto/handle/fragment.h"
#include "proto/handle/message.h"
#include "proto/handle/resolution.h"
#include "proto/handle/value.h"

namespace idnode::bench::test {

/// How a fake node answers, rightly or not.
enum class Manner {
    kRight,
    kOtherData,
    kOtherIndex,
    kOtherType,
    kValueLeftOut,
    kOtherHandle,
    kNotFound,
    kOtherOperation,
    kCutOff,
};

inline handle::Value make_value(std::int32_t index, std::string type, std::string_view data) {
    handle::Value out;
    out.index = index;
    out.timestamp = 1'700'000'000;
    out.type = std::move(type);
    out.data = to_bytes(data);
    return out;
}

/// The values that the fake node gives back for every handle.
inline std::vector<handle::Value> node_values() {
    return {make_value(1, "URL", "http://example.cn/1"), make_value(2, "DESC", "泵")};
}

inline std::uint64_t node_values_hash(const std::vector<handle::Value>& values = node_values()) {
    std::uint64_t hash = 0;
    for (const auto& value : values)
        hash += hash_value(value.index, value.type, hash64(value.data));
    return hash;
}

/// A set of `count` handles that all have `values`.
inline RecordSet make_records(std::size_t count = 10,
                              const std::vector<handle::Value>& values = node_values()) {
    RecordSet out;
    for (std::size_t i = 0; i < count; ++i) {
        IDNODE_ASSERT(
            out.add("88.100.1/P-" + std::to_string(i), node_values_hash(values)).has_value());
    }
    return out;
}

inline std::vector<handle::Value> bend(std::vector<handle::Value> values, Manner manner) {
    if (manner == Manner::kOtherData) values[0].data.back() ^= std::byte{1};
    if (manner == Manner::kOtherIndex) values[0].index = 7;
    if (manner == Manner::kOtherType) values[0].type = "URLS";
    if (manner == Manner::kValueLeftOut) values.pop_back();
    return values;
}

/// The answer to one request, envelope first. A handle with `-absent-` is not found.
inline Bytes answer(BytesView request, Manner manner,
                    const std::vector<handle::Value>& values = node_values()) {
    const auto envelope = handle::decode_envelope(request);
    IDNODE_ASSERT(envelope.has_value());
    const auto message = handle::decode_message(*envelope, request.subspan(limits::kEnvelopeBytes));
    IDNODE_ASSERT(message.has_value());
    const auto question = handle::decode_resolution_request(message->body);
    IDNODE_ASSERT(question.has_value());

    handle::Header header{.op = handle::OpCode::kResolution,
                          .response = handle::ResponseCode::kSuccess,
                          .flags = 0x99000000};
    if (manner == Manner::kOtherOperation) header.op = handle::OpCode::kGetSiteInfo;
    Bytes out;
    handle::MessageWriter writer(out);
    if (manner == Manner::kNotFound ||
        question->handle.find("-absent-") != std::string_view::npos) {
        header.response = handle::ResponseCode::kHandleNotFound;
    } else {
        writer.body().text_u32(manner == Manner::kOtherHandle ? "88.100.1/P-other"
                                                              : question->handle);
        Bytes encoded = handle::encode_values(bend(values, manner));
        if (manner == Manner::kCutOff) encoded.resize(encoded.size() - 3);
        writer.body().raw(encoded);
    }
    writer.finish({.version = envelope->version,
                   .suggested = envelope->suggested,
                   .request_id = envelope->request_id},
                  header);
    return out;
}

inline std::vector<Bytes> to_datagrams(const Bytes& message) {
    std::vector<Bytes> out;
    const std::size_t count = handle::datagram_count(message.size() - limits::kEnvelopeBytes);
    for (std::uint32_t i = 0; i < count; ++i) {
        out.emplace_back();
        handle::write_datagram(message, i, out.back());
    }
    return out;
}

}  // namespace idnode::bench::test
