#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace idnode::bench {

/// One answer of HTTP/1.1 after the other, put together as its octets come. For a load generator's
/// own node: it believes lengths, and its buffers grow with them.
class HttpAnswer {
  public:
    /// Takes octets, which end with an answer's last at most. False: this is no answer.
    bool add(std::string_view octets);
    /// Its last octet is there.
    bool is_whole() const { return part_ == Part::kEnd; }
    unsigned status() const { return status_; }
    /// What has come of the body; the caller may take beginnings away.
    std::string& body() { return body_; }
    /// For the next answer.
    void clear();

  private:
    enum class Part : std::uint8_t { kHead, kBody, kChunkHead, kChunk, kChunksEnd, kEnd };

    bool read_head();
    bool read_chunk_head();
    void take_body(std::size_t octets);

    Part part_ = Part::kHead;
    unsigned status_ = 0;
    std::string received_;  // and not yet understood
    std::size_t left_ = 0;  // of the body or chunk
    std::string body_;
};

}  // namespace idnode::bench
