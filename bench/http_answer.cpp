#include "bench/http_answer.h"

#include <algorithm>
#include <charconv>

#include "proto/base/text.h"

namespace idnode::bench {
namespace {

constexpr std::string_view kEndOfLine = "\r\n";
constexpr int kHexadecimal = 16;

/// What stands after `name` in the head; empty: there is no such field.
std::string_view field(std::string_view head, std::string_view name) {
    for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n')) {
        head.remove_prefix(at + 1);
        if (!starts_with_folded(head, name)) continue;
        const std::string_view line = head.substr(name.size(), head.find('\r') - name.size());
        return line.substr(std::min(line.find_first_not_of(": "), line.size()));
    }
    return {};
}

bool read_number(std::string_view text, int base, std::size_t& number) {
    return std::from_chars(text.data(), text.data() + text.size(), number, base).ec == std::errc{};
}

}  // namespace

bool HttpAnswer::add(std::string_view octets) {
    received_ += octets;
    for (;;) {
        switch (part_) {
            case Part::kHead:
                if (received_.find("\r\n\r\n") == std::string::npos) return true;
                if (!read_head()) return false;
                break;
            case Part::kBody:
                take_body(left_);
                if (left_ > 0) return true;
                part_ = Part::kEnd;
                break;
            case Part::kChunkHead:
                if (received_.find(kEndOfLine) == std::string::npos) return true;
                if (!read_chunk_head()) return false;
                break;
            case Part::kChunk:
                take_body(left_);
                if (left_ > 0 || received_.size() < kEndOfLine.size()) return true;
                received_.erase(0, kEndOfLine.size());
                part_ = Part::kChunkHead;
                break;
            case Part::kChunksEnd:
                if (received_.size() < kEndOfLine.size()) return true;
                received_.erase(0, kEndOfLine.size());
                part_ = Part::kEnd;
                break;
            case Part::kEnd:
                return received_.empty();
        }
    }
}

bool HttpAnswer::read_head() {
    const std::size_t end = received_.find("\r\n\r\n");
    const std::string_view head(received_.data(), end + kEndOfLine.size());
    std::size_t status = 0;
    constexpr std::string_view kVersion = "HTTP/1.1 ";
    if (!head.starts_with(kVersion)) return false;
    if (!read_number(head.substr(kVersion.size()), 10, status)) return false;
    status_ = static_cast<unsigned>(status);
    const std::string_view length = field(head, "content-length");
    left_ = 0;
    if (!length.empty() && !read_number(length, 10, left_)) return false;
    part_ = field(head, "transfer-encoding") == "chunked" ? Part::kChunkHead : Part::kBody;
    received_.erase(0, end + 2 * kEndOfLine.size());
    return true;
}

bool HttpAnswer::read_chunk_head() {
    const std::size_t end = received_.find(kEndOfLine);
    if (!read_number(std::string_view(received_).substr(0, end), kHexadecimal, left_)) return false;
    received_.erase(0, end + kEndOfLine.size());
    part_ = left_ == 0 ? Part::kChunksEnd : Part::kChunk;
    return true;
}

void HttpAnswer::take_body(std::size_t octets) {
    const std::size_t taken = std::min(octets, received_.size());
    body_.append(received_, 0, taken);
    received_.erase(0, taken);
    left_ -= taken;
}

void HttpAnswer::clear() {
    part_ = Part::kHead;
    received_.clear();
    body_.clear();
}

}  // namespace idnode::bench
