#pragma once

#include <string>
#include <vector>

#include "proto/idnode/v1/enterprise.pb.h"
#include "registry/http/snms/call.h"
#include "registry/http/snms/fault.h"

/// Lists in pages, as Spring writes them (§5).
namespace idnode::http::snms {

/// What a list is asked for. Times are 0 where they are not given.
struct Page {
    std::uint64_t number = 1;  // counted from 1
    std::uint64_t size = 10;
    model::TimeMs from = 0;
    model::TimeMs to = 0;

    bool holds(model::TimeMs time) const {
        return (from == 0 || time >= from) && (to == 0 || time <= to);
    }
};
Outcome<Page> read_page(const SnmsCall& call);

/// The whole data member; `items` are all that there are, each complete JSON.
std::string page_json(const Page& page, const std::vector<std::string>& items);

/// `yyyy-MM-dd HH:mm:ss` in the node's zone.
std::string date_time(const google::protobuf::Timestamp& time);

}  // namespace idnode::http::snms
