#include "registry/events/lots.h"

#include <set>
#include <string>

#include "proto/schemes/text.h"
#include "registry/events/vocabulary.h"

namespace idnode::events {

namespace {

constexpr std::string_view kGtin = "gs1:/01/";
constexpr std::size_t kGtinEnd = kGtin.size() + 14;
constexpr std::string_view kLot = "/10/";

using Lots = std::set<std::string>;

void add_lot(std::string_view cid, std::string_view batch, const schemes::Options& options,
             Lots& lots) {
    const bool is_gtin = cid.starts_with(kGtin) && cid.size() > kGtinEnd;
    if (is_gtin && cid.substr(kGtinEnd).starts_with(kLot)) {
        lots.emplace(cid.substr(0, cid.find('/', kGtinEnd + kLot.size())));
        return;
    }
    if (batch.empty()) return;
    std::string uri(batch);
    if (!is_uri(batch)) {
        if (!is_gtin) return;
        uri.assign(cid.substr(0, kGtinEnd)).append(kLot);
        schemes::append_encoded(batch, uri);
    }
    if (auto lot = schemes::parse_uri(uri, options)) lots.insert(lot->cid);
}

}  // namespace

void find_lots(std::string_view batch, const schemes::Options& options, v1::EventRecord& record) {
    Lots lots;
    for (const std::string& cid : record.epcs()) add_lot(cid, batch, options, lots);
    for (const std::string& cid : record.children()) add_lot(cid, {}, options, lots);
    for (const std::string& cid : record.inputs()) add_lot(cid, {}, options, lots);
    for (const std::string& cid : record.outputs()) add_lot(cid, batch, options, lots);
    for (const std::string& lot : lots) record.add_lots(lot);
}

}  // namespace idnode::events
