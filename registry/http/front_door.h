#pragma once

#include <string>
#include <utility>
#include <vector>

#include "registry/http/handler.h"

namespace idnode::http {

/// The parts of the HTTP interface behind one port: each has the paths with its beginnings, one has
/// the rest. The parts must outlive it.
class FrontDoor final : public Handler {
  public:
    explicit FrontDoor(Handler& rest) : rest_(rest) {}

    /// Before the first request. The first beginning that fits counts.
    void add(std::string beginning, Handler& part) {
        parts_.emplace_back(std::move(beginning), &part);
    }

    Response handle(const Request& request, const Caller& caller) override {
        return part_for(request).handle(request, caller);
    }
    std::optional<Response> turn_away(const RequestHeader& header,
                                      boost::beast::http::status status,
                                      std::string_view text) const override {
        return part_for(header).turn_away(header, status, text);
    }
    bool gives_download(const Request& request) const override {
        return part_for(request).gives_download(request);
    }
    DownloadStart begin_download(const Request& request, const Caller& caller) override {
        return part_for(request).begin_download(request, caller);
    }
    std::size_t body_bytes_max(const RequestHeader& header, std::size_t usual) const override {
        return part_for(header).body_bytes_max(header, usual);
    }
    bool takes_upload(const RequestHeader& header) const override {
        return part_for(header).takes_upload(header);
    }
    UploadStart begin_upload(const RequestHeader& header, const Caller& caller) override {
        return part_for(header).begin_upload(header, caller);
    }

  private:
    Handler& part_for(const RequestHeader& header) const {
        const std::string_view target(header.target().data(), header.target().size());
        for (const auto& [beginning, part] : parts_) {
            if (target.starts_with(beginning)) return *part;
        }
        return rest_;
    }

    Handler& rest_;
    std::vector<std::pair<std::string, Handler*>> parts_;
};

}  // namespace idnode::http
